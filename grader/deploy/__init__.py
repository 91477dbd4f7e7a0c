"""Grading where others run it: Gradescope's autograder, GitHub's workflows."""
