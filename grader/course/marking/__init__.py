"""Marking written answers by hand: schemes, marks made from them, groups, who marks what."""
