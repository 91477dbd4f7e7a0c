"""Naming the mistake behind a failed check.

What passed between a check and the student's code is kept (`trace`). Each known mistake of the
function at fault, patched into the reference (`packages`), is asked the same again (`rerun`), and
the one whose answers are the student's (`readings`, `chance`) is named (`search`, `diagnose`).
Where none is, the kind of error may still be seen (`structure`). `docs/diagnosis.md` has the whole.
"""
