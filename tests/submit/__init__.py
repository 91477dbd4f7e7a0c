"""Tests of what a student packs and hands in."""
