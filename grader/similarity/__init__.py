"""Similar submissions: what two students wrote alike and neither was given."""
