"""Running, judging and showing the notebooks of a submission."""
