"""Making an assignment: a folder, a contract and a first bank out of a reference solution."""
