"""Where a course is kept: tables, their migrations, and functions that take and give records."""
