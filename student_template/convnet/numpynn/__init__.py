"""A small neural network library in NumPy, with the layers of convolutional networks."""
