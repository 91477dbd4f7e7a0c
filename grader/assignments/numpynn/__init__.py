"""A small neural-network library in NumPy."""
