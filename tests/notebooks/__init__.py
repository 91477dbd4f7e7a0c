"""Notebooks: read, restored, run, judged, shown."""
