"""Features on one scale."""

import numpy as np


class Scaler:
    """Takes the mean of each feature away and divides by its spread."""

    def __init__(self, epsilon: float = 1e-6) -> None:
        self.epsilon = epsilon
        self.mean = np.zeros(0)
        self.spread = np.zeros(0)

    def fit(self, X: np.ndarray) -> "Scaler":
        """Learn mean and spread of the features of X, of shape (N, D)."""
        self.mean = X.mean(axis=0)
        self.spread = np.sqrt(X.var(axis=0) + self.epsilon)
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """X, of shape (N, D), on the scale that was learnt."""
        return (X - self.mean) / self.spread
