"""The proof of a test bank: what it kills, what it lets live, and whether it ever flakes.

The bank is run, in this process and without a wall, over code of ours only: the reference, its
valid variants, the known mistakes, and automatic mutants of the reference. `docs/verify.md` says
how to read what comes out.
"""
