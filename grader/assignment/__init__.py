"""Opening an assignment: its folder, its known mistakes, its template."""
