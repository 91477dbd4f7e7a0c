"""The desk: a course in a browser, for those who teach it. Needs the extra `desk`."""
