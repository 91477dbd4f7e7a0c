"""Exports of learning platforms: what each looks like, and who submitted what in it."""
