"""The assignments that are shipped, each a folder of its own."""
