"""A term of three assignments, made up with every trouble of a real one, and what each must get."""
