"""The assignment "convnet": convolutional networks."""
