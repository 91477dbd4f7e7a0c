"""What NumPy and Python once had, given back to code that was right when it was written."""

from __future__ import annotations

import builtins
import functools
import pickle
import sys
from types import ModuleType
from typing import Any, Final

import numpy as np

from grader.worker import old_calls, old_numpy, old_operators, old_python, old_types


def _integers(a: Any, b: Any) -> bool:
    return all(np.asarray(value).dtype.kind in "iub" for value in (a, b))


def floor_divide(a: Any, b: Any) -> Any:
    """`a / b` as Python 2 meant it: floored where both are integers."""
    return a // b if _integers(a, b) else a / b


_PYTHON2: Final[dict[str, dict[str, Any]]] = {
    "past": {},
    "past.builtins": {
        "xrange": range,
        "basestring": str,
        "unicode": str,
        "long": int,
        "raw_input": input,
        "reduce": functools.reduce,
        "range": range,
        "str": str,
    },
    "past.utils": {"old_div": floor_divide},
    "future": {},
    "future.standard_library": {"install_aliases": lambda: None},
    "future.utils": {
        "iteritems": lambda d: iter(d.items()),
        "itervalues": lambda d: iter(d.values()),
    },
    "six": {
        "iteritems": lambda d: iter(d.items()),
        "iterkeys": iter,
        "itervalues": lambda d: iter(d.values()),
        "string_types": (str,),
        "integer_types": (int,),
        "text_type": str,
        "PY2": False,
        "PY3": True,
    },
    "six.moves": {"xrange": range, "range": range, "cPickle": pickle, "zip": zip, "map": map},
    "six.moves.cPickle": vars(pickle),
    "__builtin__": vars(builtins),
}


def divide_in_place(a: Any, b: Any) -> Any:
    """`a /= b` as Python 2 meant it; an array stays the same array."""
    if _integers(a, b):
        a //= b
    else:
        a /= b
    return a


def install() -> None:
    """Give it to this process. Only ever called in a worker."""
    old_types.install()
    old_calls.install()
    old_operators.install()
    old_numpy.install()
    old_python.install()
    for name, content in _PYTHON2.items():
        if name not in sys.modules:
            module = ModuleType(name)
            vars(module).update({k: v for k, v in content.items() if not k.startswith("__")})
            module.__path__ = []
            sys.modules[name] = module
            parent, _, child = name.rpartition(".")
            if parent:
                setattr(sys.modules[parent], child, module)
