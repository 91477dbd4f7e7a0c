"""Making assignments: the contract, the bank and the folder."""
