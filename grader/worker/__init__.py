"""What runs beside student code, and is never trusted."""
