"""A small autograd library."""
