"""Questions for an oral about a student's own code, answered by running it with one change."""
