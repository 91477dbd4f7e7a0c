"""Places where student code may run, each probed before it is used."""
