"""Grading at any scale: a server that grades, executors that feed it, results as they come."""
