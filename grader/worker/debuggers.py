"""Debuggers that were left in the student's code: nobody is there whom they could wait for.

A call of one is passed over, so that the code around it does what it does when nobody debugs it.
`grader.submission.debugger_calls` finds these calls, and the report names them.
"""

from __future__ import annotations

import pdb
import sys
from types import ModuleType
from typing import Any, Final

_OTHERS: Final = ("ipdb", "pudb")


def install() -> None:
    """Let `breakpoint()`, `pdb.set_trace()` and the like return at once."""
    sys.breakpointhook = _pass_over
    pdb.set_trace = _pass_over
    for name in _OTHERS:
        module = ModuleType(name)
        vars(module)["set_trace"] = _pass_over
        sys.modules.setdefault(name, module)


def _pass_over(*_args: Any, **_kwargs: Any) -> None:
    pass
