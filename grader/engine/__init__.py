"""Grading at any scale: a server that grades, the pool that feeds it, results as they come.

Not called `batch`, since `grader.batch` is the function.
"""
