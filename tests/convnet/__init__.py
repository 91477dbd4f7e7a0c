"""The assignment convnet."""
