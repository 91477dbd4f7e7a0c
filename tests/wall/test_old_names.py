"""What NumPy and Python once had works in student code, is noted where it does, and only there."""

from __future__ import annotations

import collections
import functools
import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from grader.worker import bridges, old_calls, old_numpy, old_python
from grader.worker.bridges import NOTHING, Use, is_plausible
from grader.worker.modules import StudentFiles
from tests.wall.loading import load

Tried = dict[str, tuple[bool, str]]
HEAD = "import array, base64, collections, fractions, inspect, itertools, math, string, time\n"
ARRAYS = (
    "a, b, c, e = np.array([2.5]), np.zeros(2), np.array([1, 2]), np.array([]); "
    "i = np.zeros(2, int); m = c > 1"
)
NONE = "comparing an array with None as a whole"
ONE = "an array with one element used as a number"
RAGGED = "an array of sequences of different lengths"


MODULES = {
    "numpy": old_numpy.numpy_names(),
    "numpy.lib": old_numpy.lib_names(),
    **{name: old_python.names_of(name) for name in old_python._PYTHON},
}


@pytest.fixture(scope="module")
def tried() -> dict[str, tuple[Tried, set[str], set[str]]]:
    """By module: whether each name is found and what was said, what was noted, what NumPy has."""
    text = (
        "import importlib\n"
        "def try_all(module, names):\n"
        "    module = importlib.import_module(module)\n"
        "    for name in names:\n"
        "        try:\n"
        "            getattr(module, name)\n"
        "            yield name, (True, '')\n"
        "        except AttributeError as error:\n"
        "            yield name, (False, str(error))\n"
    )

    def body(loaded: StudentFiles) -> Any:
        setattr(bridges, "_MAX_USES", 10_000)  # noqa: B010
        layers = loaded.load("layers.py")
        return {
            module: (
                dict(layers.try_all(module, names)),
                {use.what.rpartition(".")[2] for use in bridges.taken()},
                vars(importlib.import_module(module)).keys() & names.keys(),
            )
            for module, names in MODULES.items()
        }

    found: dict[str, tuple[Tried, set[str], set[str]]] = load({"layers.py": text}, body)
    return found


@pytest.mark.parametrize("module", MODULES)
def test_every_old_name_is_there_or_said_to_be_gone(
    tried: dict[str, tuple[Tried, set[str], set[str]]], module: str
) -> None:
    results, noted, there = tried[module]
    for name, gone in MODULES[module].items():
        is_there, said = results[name]
        if name in there:
            assert is_there
            assert name not in noted
        elif gone.meaning is NOTHING:
            assert said.endswith(f"{name} is gone since {gone.since}, and not available here")
            assert name not in noted
        else:
            assert is_there, said
            assert name in noted


def test_all_that_numpy_says_it_removed_is_known() -> None:
    gone = importlib.import_module("numpy._expired_attrs_2_0").__expired_attributes__
    former = np.__former_attrs__
    assert len(gone) > 50
    assert {*gone, *former} - old_numpy.numpy_names().keys() == set()


@functools.cache
def _all_values() -> dict[str, tuple[Any, list[tuple[str, str]]]]:
    """What each expression gives, or why it fails, and what was noted, from one process."""
    every = [case[0] for case in (*RIGHT, *FAILING)] + CURRENT
    functions = (
        f"def f{n}():\n    {ARRAYS}\n    return ({text})\n" for n, text in enumerate(every)
    )

    def body(loaded: StudentFiles) -> Any:
        module = loaded.load("layers.py")
        assert loaded.problems == []
        return {text: _called(getattr(module, f"f{n}"), 3 * n + 5) for n, text in enumerate(every)}

    text = HEAD + "import numpy as np\n" + "".join(functions)
    found: dict[str, Any] = load({"layers.py": text}, body)
    return found


def _called(function: Callable[[], Any], line: int) -> tuple[Any, list[tuple[str, str]]]:
    try:
        value = function()
    except Exception as error:
        value = type(error).__name__
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    uses = bridges.taken()
    assert {use.line for use in uses} <= {line}
    return value, [(use.what, use.since) for use in uses]


RIGHT: list[tuple[str, Any, str, str]] = [
        ("np.zeros(2, dtype=np.float)", [0, 0], "np.float", "NumPy 1.24"),
        ("np.product([2, 3])", 6, "np.product", "NumPy 2.0"),
        ("np.round_(a, 1)", [2.5], "np.round_", "NumPy 2.0"),
        ("np.msort([[2], [1]])", [[1], [2]], "np.msort", "NumPy 2.0"),
        ("np.asfarray([1])", [1.0], "np.asfarray", "NumPy 2.0"),
        ("np.trapz([1, 2])", 1.5, "np.trapz", "NumPy 2.4"),
        ("np.in1d([1, 5], [5])", [False, True], "np.in1d", "NumPy 2.4"),
        ("np.math.floor(2.5)", 2, "np.math", "NumPy 2.0"),
        ("np.asarray(np.mat('1 2'))", [[1, 2]], "np.mat", "NumPy 2.0"),
        ("np.cast['int'](2.5)", 2, "np.cast", "NumPy 2.0"),
        ("np.rank([[1]])", 2, "np.rank", "NumPy 1.18"),
        ("np.asscalar(a)", 2.5, "np.asscalar", "NumPy 1.23"),
        ("np.find_common_type([np.float32], [])", np.float32, "np.find_common_type", "NumPy 2.0"),
        ("np.lib.pad(a, 1, 'constant')", [0, 2.5, 0], "np.lib.pad", "NumPy 2.0"),
        ("np.testing.rand(1).shape", (1,), "np.testing.rand", "NumPy 1.18"),
        ("np.arange(3).ptp()", 2, "ndarray.ptp", "NumPy 2.0"),
        ("np.arange(6).reshape(2, 3).ptp(axis=1)", [2, 2], "ndarray.ptp", "NumPy 2.0"),
        ("a.tostring() == a.tobytes()", True, "ndarray.tostring", "NumPy 2.3"),
        ("(a.itemset(0, 7), a)[1]", [7], "ndarray.itemset", "NumPy 2.0"),
        ("(a.itemset(7), a)[1]", [7], "ndarray.itemset", "NumPy 2.0"),
        ("float(a)", 2.5, ONE, "NumPy 2.4"),
        ("int(np.ones((1, 1)))", 1, ONE, "NumPy 2.4"),
        ("complex(a)", 2.5 + 0j, ONE, "NumPy 2.4"),
        ("'%.1f' % a", "2.5", ONE, "NumPy 2.4"),
        ("'%d %s' % (a, 1)", "2 1", ONE, "NumPy 2.4"),
        ("math.sqrt(a * a)", 2.5, ONE, "NumPy 2.4"),
        ("list(map(float, [a]))", [2.5], ONE, "NumPy 2.4"),
        ("np.arange(a)", [0, 1, 2], ONE, "NumPy 2.4"),
        ("float(np.matrix([[2.5]]))", 2.5, ONE, "NumPy 2.4"),
        ("(b.__setitem__(0, a), b)[1]", [2.5, 0], ONE, "NumPy 2.4"),
        ("(i.__setitem__(0, np.ones((1, 1))), i)[1]", [1, 0], ONE, "NumPy 2.4"),
        ("1 if e else 2", 2, "an empty array used as false", "NumPy 2.2"),
        ("np.sum(x * x for x in [1, 2])", 5, "np.sum of a generator", "NumPy 2.4"),
        ("np.array([[1], [2, 3]])[1]", [2, 3], RAGGED, "NumPy 1.24"),
        ("len(np.copy(([1], [2, 3])))", 2, RAGGED, "NumPy 1.24"),
        ("np.array([1, 2], copy=False)", [1, 2], "copy=False where a copy is needed", "NumPy 2.0"),
        ("np.reshape(a, newshape=(1, 1))", [[2.5]], "newshape= of np.reshape", "NumPy 2.4"),
        ("1 if c == None else 2", 2, NONE, "NumPy 1.13"),
    ("1 if a is a and c != None else 2", 1, NONE, "NumPy 1.13"),
    ("not c == None", True, NONE, "NumPy 1.13"),
    ("-(c > 1)", [True, False], "minus before an array of truth values", "NumPy 1.13"),
    ("-m", [True, False], "minus before an array of truth values", "NumPy 1.13"),
    ("m - (c > 0)", [True, False], "minus between arrays of truth values", "NumPy 1.13"),
    ("np.corrcoef([1, 2], [2, 4], bias=1)[0, 0].round()", 1, "bias= of np.corrcoef", "NumPy 2.4"),
    ("np.vstack(x for x in [a, a])", [[2.5], [2.5]], "stacking a generator of arrays",
         "NumPy 1.24"),
        ("np.percentile([1, 2], 50, interpolation='lower')", 1, "interpolation= of np.percentile",
         "NumPy 2.4"),
        ("np.zeros((2.0, 1))", [[0], [0]], "a float used as a size", "NumPy 1.12"),
        ("np.random.randn(2.0).shape", (2,), "a float used as a size", "NumPy 1.12"),
        ("np.fromstring(a.tobytes())", [2.5], "np.fromstring of bytes", "NumPy 2.3"),
        ("isinstance({}, collections.Mapping)", True, "collections.Mapping", "Python 3.10"),
        ("time.clock() >= 0", True, "time.clock", "Python 3.8"),
        ("fractions.gcd(4, 6)", 2, "fractions.gcd", "Python 3.9"),
        ("inspect.getargspec(lambda x: x).args", ["x"], "inspect.getargspec", "Python 3.11"),
        ("string.maketrans('a', 'b')", {97: 98}, "string.maketrans", "Python 3"),
        ("base64.encodestring(b'')", b"", "base64.encodestring", "Python 3.9"),
        ("list(itertools.izip([1], [2]))", [(1, 2)], "itertools.izip", "Python 3"),
        ("array.array('b', [1]).tostring()", b"\1", "array.array.tostring", "Python 3.9"),
    ]  # fmt: skip


@pytest.mark.parametrize(("expression", "expected", "what", "since"), RIGHT)
def test_what_was_right_is_right_and_noted(
    expression: str, expected: Any, what: str, since: str
) -> None:
    value, noted = _all_values()[expression]
    assert value == expected
    if not (what.startswith("inspect") and sys.version_info < (3, 11)):
        assert (what, since) in noted
    assert is_plausible(Use(what, since, "layers.py", 1), expression)


FAILING = [
    ("float(np.ones(2))", "TypeError"),
    ("float(e)", "TypeError"),
    ("'%d' % np.ones(2)", "TypeError"),
    ("np.zeros(3).__setitem__(0, np.ones(2))", "ValueError"),
    ("bool(np.ones(2))", "ValueError"),
    ("np.sum(1 / x for x in [0])", "ZeroDivisionError"),
    ("np.array([[1], [2, 3]], dtype=float)", "ValueError"),
    ("np.reshape(np.ones(3), newshape=(2, 2))", "ValueError"),
    ("np.zeros('a')", "TypeError"),
    ("np.zeros(float('nan'))", "TypeError"),
    ("np.vstack(x for x in [a, np.ones((2, 2))])", "ValueError"),
    ("a.itemset(0, 'x')", "ValueError"),
    ("np.ones(3).ptp(axis=5)", "AxisError"),
    ("np.fv(1, 2, 3, 4)", "AttributeError"),
    ("np.no_such_name", "AttributeError"),
    ("1 if c == 2 else 3", "ValueError"),
    ("-(c > np.ones(3))", "ValueError"),
    ("a.no_such_name", "AttributeError"),
]


@pytest.mark.parametrize(("expression", "error"), FAILING)
def test_what_fails_is_never_noted(expression: str, error: str) -> None:
    assert _all_values()[expression] == (error, [])


CURRENT = [
    "float(np.array(2.5))",
    "int(np.float32(2))",
    "np.array(a, copy=False) is a",
    "np.sum([1, 2])",
    "np.reshape(a, (1, 1))",
    "np.fromstring('1 2', sep=' ')",
    "bool(a)",
    "np.zeros((2, 1))",
    "np.round(a)",
    "np.ptp(a)",
    "np.bool",
    "-c",
    "1 if None == None else 2",
    "1 if 0 == None else 2",
    "c - m",
    "-(2 > 1)",
    "(2 > 1) - (1 > 2)",
    "c == None",
]


@pytest.mark.parametrize("expression", CURRENT)
def test_what_numpy_has_today_is_not_noted(expression: str) -> None:
    value, noted = _all_values()[expression]
    assert value not in ("TypeError", "ValueError", "AttributeError")
    assert noted == []


def test_libraries_do_not_see_the_old_names() -> None:
    """Such as one that asks `hasattr(np, "float_")` to find out the release."""
    code = "found = [hasattr(np, 'float_'), hasattr(collections, 'Mapping')]"
    library = compile(code, bridges._LIBRARIES[0] + "library.py", "exec")

    def body(loaded: StudentFiles) -> Any:
        names: dict[str, Any] = {"np": np, "collections": collections}
        exec(library, names)
        return names["found"], bridges.taken()

    found, noted = load({"layers.py": ""}, body)
    assert found == [False, sys.version_info < (3, 10)]
    assert noted == []


def test_old_imports_work() -> None:
    statements = [
        "from numpy import float, trapz",
        "from numpy.lib.function_base import average",
        "from numpy.lib.index_tricks import ndindex",
        "from numpy.linalg.linalg import norm",
        "from numpy.core.umath_tests import inner1d",
        "from collections import Mapping, OrderedDict",
        "from cgi import escape",
        "import cPickle as pickle; pickle.dumps(1)",
        "from StringIO import StringIO",
        "import Queue; Queue.Queue()",
        "import imp; imp.reload",
        "from asyncio import coroutine",
        "import numpy as np; np.zeros(2, dtype='float_')",
    ]
    text = "\n".join(statements)
    assert load({"layers.py": text}, lambda f: (f.load("layers.py"), f.problems)[1]) == []


def test_what_a_newer_numpy_has_lost_is_not_wrapped() -> None:
    """As `row_stack` of NumPy 2.5: a worker that could not start would fail every check."""
    newer = ModuleType("newer")
    old_calls._bridge(newer, "row_stack", old_calls._Change("a generator", "1.24", lambda *_: None))
    assert not hasattr(newer, "row_stack")
