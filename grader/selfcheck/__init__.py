"""The student's self-check: on the files in the folder they work in, public checks only."""
