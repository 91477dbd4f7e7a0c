"""Records that everybody shares. Imports nothing above it."""
