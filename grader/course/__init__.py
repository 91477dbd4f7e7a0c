"""What a class adds to a grade: lateness, marks, rankings."""
