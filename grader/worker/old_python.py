"""What Python's own modules once had, by the release that took it away."""

from __future__ import annotations

import collections.abc
import importlib
import importlib.abc
import importlib.machinery
import inspect
import itertools
import operator
import os
import string
import sys
import threading
import time
import types
from collections.abc import Callable, Iterable, Sequence
from types import ModuleType
from typing import Any, Final, NamedTuple

from grader.worker.bridges import NOTHING, Gone, serve, serve_when_imported


class ArgSpec(NamedTuple):
    """What `inspect.getargspec` gave."""

    args: list[str]
    varargs: str | None
    keywords: str | None
    defaults: tuple[Any, ...] | None


def _getargspec(function: Callable[..., Any]) -> ArgSpec:
    return ArgSpec(*inspect.getfullargspec(function)[:4])


def _gcd(a: Any, b: Any) -> Any:
    """With the sign of `b`, as `fractions.gcd` had it."""
    while b:
        a, b = b, a % b
    return a


def _escape(s: str, quote: bool = False) -> str:
    import html

    return html.escape(s, quote)


def _encode(s: bytes) -> bytes:
    import base64

    return base64.encodebytes(s)


def _decode(s: bytes) -> bytes:
    import base64

    return base64.decodebytes(s)


def _method(name: str) -> Callable[..., Any]:
    return lambda text, *args: getattr(str(text), name)(*args)


def _join(words: Iterable[str], sep: str = " ") -> str:
    return sep.join(words)


def _maketrans(frm: str, to: str) -> dict[int, int]:
    return str.maketrans(frm, to)


def _nothing(*_args: Any) -> None:
    """Once had an effect that has none on values."""


_ABSTRACT: Final = (
    "Awaitable", "Coroutine", "AsyncIterable", "AsyncIterator", "AsyncGenerator", "Hashable",
    "Iterable", "Iterator", "Generator", "Reversible", "Sized", "Container", "Callable",
    "Collection", "Set", "MutableSet", "Mapping", "MutableMapping", "MappingView", "KeysView",
    "ItemsView", "ValuesView", "Sequence", "MutableSequence", "ByteString",
)  # fmt: skip
_STRING_METHODS: Final = (
    "capitalize", "center", "count", "expandtabs", "find", "index", "ljust", "lower", "lstrip",
    "replace", "rfind", "rindex", "rjust", "rsplit", "rstrip", "split", "strip", "swapcase",
    "translate", "upper", "zfill",
)  # fmt: skip

_PYTHON: Final[dict[str, dict[str, dict[str, Any]]]] = {
    "asyncio": {"3.11": {"coroutine": types.coroutine}},
    "base64": {"3.9": {"encodestring": _encode, "decodestring": _decode}},
    "cgi": {"3.8": {"escape": _escape}},
    "collections": {
        "3.10": {name: getattr(collections.abc, name, NOTHING) for name in _ABSTRACT}
    },
    "fractions": {"3.9": {"gcd": _gcd}},
    "inspect": {
        "3.11": {"getargspec": _getargspec, "ArgSpec": ArgSpec, "formatargspec": NOTHING},
    },
    "itertools": {
        "3": {
            "izip": zip, "imap": map, "ifilter": filter, "izip_longest": itertools.zip_longest,
            "ifilterfalse": itertools.filterfalse,
        },
    },
    "operator": {
        "3": {
            "div": operator.truediv, "idiv": operator.itruediv, "isCallable": callable,
            "sequenceIncludes": operator.contains, "repeat": operator.mul,
        },
    },
    "os": {"3": {"getcwdu": os.getcwd}, "3.7": {"errno": importlib.import_module("errno")}},
    "platform": {"3.8": {"dist": NOTHING, "linux_distribution": NOTHING}},
    "random": {"3": {"jumpahead": _nothing}},
    "string": {
        "3": {
            **{name: _method(name) for name in _STRING_METHODS},
            "splitfields": _method("split"), "join": _join, "joinfields": _join,
            "letters": string.ascii_letters, "lowercase": string.ascii_lowercase,
            "uppercase": string.ascii_uppercase, "maketrans": _maketrans,
            "atoi": int, "atol": int, "atof": float,
        },
    },
    "sys": {
        "3": {"maxint": sys.maxsize, "exc_clear": _nothing},
        "3.9": {"setcheckinterval": _nothing},
    },
    "time": {"3.8": {"clock": time.process_time}},
    "types": {
        "3": {
            "StringType": str, "UnicodeType": str, "IntType": int, "LongType": int,
            "FloatType": float, "BooleanType": bool, "ListType": list, "TupleType": tuple,
            "DictType": dict, "StringTypes": (str,), "ObjectType": object, "TypeType": type,
            "ClassType": type, "ComplexType": complex, "FileType": NOTHING,
        },
    },
}  # fmt: skip

_MODULES: Final = {
    "StringIO": "io",
    "cStringIO": "io",
    "Queue": "queue",
    "ConfigParser": "configparser",
    "copy_reg": "copyreg",
    "cPickle": "pickle",
    "imp": "importlib",
    "cgi": "html",
}
"""Modules that are gone, or will be, and those that have what student code may want of them."""


def names_of(module: str) -> dict[str, Gone]:
    """Names that a module has had, and has no longer in some release."""
    return {
        name: Gone(f"Python {release}", meaning)
        for release, names in _PYTHON[module].items()
        for name, meaning in names.items()
    }


class _Substituted(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Comes last: a module that is not there is made of the one that has its content now."""

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        known = fullname in _MODULES
        return importlib.machinery.ModuleSpec(fullname, self) if known else None

    def exec_module(self, module: ModuleType) -> None:
        content = vars(importlib.import_module(_MODULES[module.__name__]))
        vars(module).update({k: v for k, v in content.items() if not k.startswith("__")})
        if module.__name__ in _PYTHON:
            serve(module, module.__name__, names_of(module.__name__))


def install() -> None:
    """Give the names back. Only ever called in a worker."""
    for name in _PYTHON:
        serve_when_imported(name, name, names_of(name))
    sys.meta_path.append(_Substituted())
    if not hasattr(threading.Thread, "isAlive"):
        threading.Thread.isAlive = threading.Thread.is_alive  # type: ignore[attr-defined]
