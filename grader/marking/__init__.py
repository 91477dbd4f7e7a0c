"""Marks that people give to written answers: the sheet for them, and what they change."""
