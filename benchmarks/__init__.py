"""Programs that measure: each prints its figures, which the docs quote."""
