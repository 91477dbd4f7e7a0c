"""What was used of older NumPy is remarked on once, with its places."""

from __future__ import annotations

from grader.grading.compat_notes import old_use_notes
from grader.worker.bridges import Use


def test_each_thing_is_remarked_on_once_with_its_places() -> None:
    uses = [Use("np.float", "NumPy 1.24", "optim.py", line) for line in (9, 3, 12, 4)]
    clock = Use("time.clock", "Python 3.8", "layers.py", 7)
    assert old_use_notes([*uses, clock, uses[0]]) == [
        "time.clock (layers.py:7) is no longer supported (removed in Python 3.8); "
        "it was run with its old meaning.",
        "np.float (optim.py:3, optim.py:4, optim.py:9 and 1 more) is no longer supported "
        "(removed in NumPy 1.24); it was run with its old meaning.",
    ]


def test_nothing_is_remarked_on_where_nothing_was_used() -> None:
    assert old_use_notes([]) == []
