"""The worker's side of a conversation, in this process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest

from grader.protocol import wire
from grader.protocol.wire import Handle
from grader.worker.dispatcher import Dispatcher
from grader.worker.worker import MAX_OUTPUT, Session


def dispatcher(**names: Any) -> Dispatcher:
    return Dispatcher(names.__getitem__, lambda file: file == __file__)


def call(on: Any, *args: Any, returns: tuple[str, ...] = ("value",), **rest: Any) -> dict[str, Any]:
    return {
        "op": "call",
        "on": on,
        "path": rest.pop("path", []),
        "args": list(args),
        "kwargs": rest,
        "returns": list(returns),
    }


def test_a_starred_value_stays_and_can_be_passed_back() -> None:
    worker = dispatcher(make=lambda x: (x, {"x": x}), use=lambda cache: cache["x"] + 1)
    out, cache = worker.answer(call("make", 1, returns=("out", "cache*")))["value"]
    assert out == 1
    assert isinstance(cache, Handle)
    assert worker.answer(call("use", cache))["value"] == 2


def test_tuples_and_lists_of_own_types_come_as_plain_ones() -> None:
    class Pair(NamedTuple):
        first: int
        second: int

    class Numbers(list[int]):
        def __init__(self) -> None:
            super().__init__([3, 4])

    worker = dispatcher(pair=lambda: Pair(1, 2), numbers=Numbers)
    assert worker.answer(call("pair"))["value"] == (1, 2)
    assert type(worker.answer(call("numbers"))["value"]) is list


def test_attributes_and_items_are_read_written_and_called() -> None:
    class Model:
        def __init__(self) -> None:
            self.params = {"W": np.zeros(2)}

        def loss(self, scale: float) -> float:
            return scale * float(self.params["W"].sum())

    worker = dispatcher(Model=Model)
    model = worker.answer(call("Model", returns=("model*",)))["value"]
    at = {"on": model, "path": ["params", ("W",)]}
    worker.answer({"op": "set", **at, "value": np.ones(2)})
    assert worker.answer({"op": "get", **at, "returns": ["W"]})["value"].tolist() == [1, 1]
    assert worker.answer(call(model, 3.0, path=["loss"]))["value"] == 6.0


def test_several_items_are_put_in_their_places_at_once() -> None:
    params = {"W": np.zeros(2), "b": np.zeros(1)}
    worker = dispatcher(make=lambda: params)
    handle = worker.answer(call("make", returns=("params*",)))["value"]
    update = {"op": "update", "on": handle, "path": [], "items": {"W": np.ones(2), "c": 3}}
    assert worker.answer(update) == {"status": "ok", "value": None}
    assert {name: np.sum(value) for name, value in params.items()} == {"W": 2, "b": 0, "c": 3}


def test_of_a_value_the_kind_can_be_asked() -> None:
    values = {"f": [1.0], "g": np.ones(2, dtype=np.float32)}
    worker = dispatcher(**{name: lambda value=value: value for name, value in values.items()})
    assert worker.answer(call("f", returns=("out.type",)))["value"] == ["list", ""]
    assert worker.answer(call("g", returns=("out.type",)))["value"] == ["ndarray", "float32"]


def test_of_some_values_only_the_shapes_are_told() -> None:
    worker = dispatcher(f=lambda: {"b": 0, "W": np.ones((2, 3))}, g=lambda: None)
    shapes = worker.answer(call("f", returns=("params.shape",)))["value"]
    assert shapes == {"W": [2, 3], "b": []}
    assert worker.answer(call("g", returns=("params.shape",)))["value"] is None


def test_what_is_the_same_looks_the_same() -> None:
    """However a dict was filled, and whether a loss is a scalar of NumPy's or of Python's."""
    worker = dispatcher(
        one=lambda: (np.float64(1.5), {"b": 1, "W": 2}), two=lambda: (1.5, {"W": 2, "b": 1})
    )
    replies = [worker.answer(call(name, returns=("loss", "grads"))) for name in ("one", "two")]
    heads = [wire.pack(reply)[0] for reply in replies]
    assert heads[0] == heads[1]


@pytest.mark.parametrize(
    ("value", "returns", "what"),
    [
        (np.ones((2, 3)), ("out", "cache*"), "a single array of shape (2, 3)"),
        ((1, 2, 3), ("out", "cache*"), "3 values"),
        (None, ("out", "cache*"), "nothing (None)"),
        (1.0, ("out", "cache*"), "a single float"),
        (np.array([None]), ("out",), "out as an array of Python objects (dtype object)"),
        ({"a": object()}, ("grads",), "grads['a'] as an object of type object"),
    ],
)
def test_a_wrong_kind_of_return_is_described(
    value: Any, returns: tuple[str, ...], what: str
) -> None:
    reply = dispatcher(f=lambda: value).answer(call("f", returns=returns))
    assert reply == {"status": "bad_return", "what": what}


def test_an_exception_comes_with_the_students_own_frames_only() -> None:
    def bad() -> None:
        np.ones(2) @ np.ones(3)

    reply = dispatcher(f=bad).answer(call("f"))
    assert reply["status"] == "raised"
    assert reply["type"] == "ValueError"
    assert [frame["function"] for frame in reply["frames"]] == ["answer", "bad"][1:]


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
def test_no_exception_of_the_student_ends_the_worker(error: BaseException) -> None:
    def bad() -> None:
        raise error

    assert dispatcher(f=bad).answer(call("f"))["type"] == type(error).__name__


def test_an_exception_that_cannot_be_shown_is_still_an_answer() -> None:
    class Nasty(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    def bad() -> None:
        raise Nasty

    reply = dispatcher(f=bad).answer(call("f"))
    assert reply["message"] == "(its message cannot be shown)"


def test_a_subclass_of_array_loses_its_tricks() -> None:
    class Liar(np.ndarray):
        def __eq__(self, other: object) -> Any:
            return True

    lie = np.zeros(3).view(Liar)
    value = dispatcher(f=lambda: lie).answer(call("f"))["value"]
    assert type(value) is np.ndarray
    assert not (value == 1).any()


def test_a_batch_stops_where_it_goes_wrong() -> None:
    seen: list[int] = []

    def f(x: int) -> int:
        seen.append(x)
        return 1 // x

    batch = {"op": "batch", "requests": [call("f", x) for x in (1, 0, 2)]}
    assert dispatcher(f=f).answer(batch)["type"] == "ZeroDivisionError"
    assert seen == [1, 0]


@pytest.fixture(autouse=True)
def _own_imports(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A session makes the student's files importable in its process: here, only for the test."""
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    before = {name: sys.modules.pop(name) for name in list(sys.modules) if _is_package(name)}
    yield
    for name in filter(_is_package, list(sys.modules)):
        del sys.modules[name]
    sys.modules.update(before)


def _is_package(name: str) -> bool:
    return name.partition(".")[0] == "numpynn"


def session(text: str, **locations: str) -> Session:
    made = Session(lambda message: message)
    request = {
        "op": "load",
        "files": {"layers.py": (np.frombuffer(text.encode(), np.uint8), False, False)},
        "package": "numpynn",
        "import_names": ["numpynn"],
        "locations": {"f": "layers.py", **locations},
        "modules": {},
        "expected": {},
        "also": [],
        "substitute": [],
        "counted": {"callers": [], "called": [], "checkers": []},
    }
    assert made.answer(request)["status"] == "ok"
    return made


def test_prints_and_warnings_are_captured_and_capped() -> None:
    text = (
        "import sys, warnings\n"
        "def f():\n"
        "    print('x' * 100_000)\n"
        "    sys.stderr.write('err')\n"
        "    for i in range(3):\n"
        "        warnings.warn('again')\n"
        "    return 1\n"
    )
    reply = session(text).answer(call("f"))
    assert reply["value"] == 1
    assert reply["stdout"].startswith("xxx")
    assert len(reply["stdout"]) < MAX_OUTPUT + 50
    assert reply["warnings"] == ["UserWarning: again"]


def test_a_name_that_is_not_defined_is_absent() -> None:
    assert session("def g():\n    pass\n").answer(call("f"))["status"] == "absent"


def test_text_that_is_not_unicode_crosses_all_the_same() -> None:
    reply = session("def f():\n    raise ValueError('\\ud800')\n").answer(call("f"))
    head, _ = wire.pack(reply)
    assert wire.unpack(head, bytearray())["message"] == "?"
