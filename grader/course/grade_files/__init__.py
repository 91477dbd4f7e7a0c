"""Grades in the files that learning platforms take."""
