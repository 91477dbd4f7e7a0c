"""Reports: functions from `Result` records to HTML, CSV, terminal and notebook output.

Every text that a student can influence passes through `grader.report.text.visible`, and what an
audience may not see is taken away in `grader.report.redact` before any renderer looks at it.
"""
