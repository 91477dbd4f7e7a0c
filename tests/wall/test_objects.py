"""Objects of the student's, used by checks as Python writes it, whatever the student made them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np
import pytest

from grader.model.contract import ContractEntry
from grader.model.submission import SourceFile, Submission
from grader.model.verdicts import CouldNotRun, Wrong
from grader.protocol import frames, wire
from grader.sandbox.sandboxes import Sandbox, open_sandbox
from grader.student import remote
from grader.student.channel import CallLimits, WorkerChannel
from grader.student.proxy import Reply, Request, Student

CODE = """
import numpy as np

class Tensor:
    __array_ufunc__ = None  # an array on the left leaves the operator to a tensor
    made = 0

    def __init__(self, data, name=""):
        self.data = np.asarray(data, dtype=np.float64)
        self.grad = None
        self.parts = {"a": [1.0, 2.0]}
        Tensor.made += 1

    def __add__(self, other):
        return Tensor(self.data + getattr(other, "data", other))

    __radd__ = __add__

    def __rsub__(self, other):
        return Tensor(other - self.data)

    def __matmul__(self, other):
        return Tensor(self.data @ other.data)

    def __neg__(self):
        return Tensor(-self.data)

    def __iadd__(self, other):
        self.data = self.data + other
        return self

    def __lt__(self, other):
        return bool((self.data < other.data).all())

    def __eq__(self, other):
        return bool((self.data == getattr(other, "data", other)).all())

    def __getitem__(self, key):
        return Tensor(self.data[key])

    def __len__(self):
        return len(self.data)

    def __float__(self):
        return float(self.data.sum())

    def __bool__(self):
        return bool(self.data.any())

    def __contains__(self, item):
        return item in self.data

    def __call__(self, x, *, scale=1):
        return self.data.sum() * x * scale

    def __iter__(self):
        return (Tensor(row) for row in self.data)

    def __enter__(self):
        self.grad = "entered"
        return self

    def __exit__(self, *error):
        self.grad = error == (None, None, None)

    def total(self):
        return self.data.sum()

    def twice(self):
        return self + self

    @classmethod
    def zeros(cls, *shape):
        return cls(np.zeros(shape))

    @staticmethod
    def count(things):
        return len(things)

def forever():
    n = 0
    while True:
        yield n
        n += 1

def three():
    yield from (1, 2, 3)

def kind(cls, things):
    return isinstance(things["all"][0], cls)

class Liar:
    def __len__(self):
        return 2**40

    def __bool__(self):
        return "yes"

    def __float__(self):
        raise ValueError("no number")

    def __iter__(self):
        return self

    def __next__(self):
        return self

    def __add__(self, other):
        return np.ones(2)

    def __sub__(self, other):
        import os
        os._exit(3)

    def __eq__(self, other):
        self.__class__.asked = getattr(self, "asked", 0) + 1
        return 10**9999
"""
TENSOR = ContractEntry(
    "tensor",
    ("t*",),
    methods={
        "twice": ContractEntry("tensor", ("Tensor*",)),
        "zeros": ContractEntry("tensor", ("Tensor*",)),
    },
)
API = {
    "Tensor": TENSOR,
    "Liar": ContractEntry("tensor", ("liar*",)),
    "forever": ContractEntry("tensor", ("numbers*",)),
    "kind": ContractEntry("tensor", ("yes",)),
    "three": ContractEntry("tensor", ("numbers*",)),
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    opened = open_sandbox("auto")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def channel(sandbox: Sandbox) -> Iterator[WorkerChannel]:
    submission = Submission(
        id="ann",
        path="ann",
        package="lib",
        files={"tensor.py": SourceFile(text=CODE)},
        locations=dict.fromkeys(API, "tensor.py"),
    )
    with WorkerChannel(sandbox, submission, calls=CallLimits(call_seconds=1)) as opened:
        yield opened


@pytest.fixture
def student(channel: WorkerChannel) -> Student:
    return Student(channel, API)


X = np.array([[1.0, 2.0], [3.0, 4.0]])


def test_operators_give_objects_that_stay_there(student: Student) -> None:
    a, b = student.Tensor(X), student.Tensor(X.T)
    assert (a + b).data.read().tolist() == (X + X.T).tolist()
    assert (2 + a).data.read().tolist() == (2 + X).tolist()
    assert (X - a).data.read().tolist() == np.zeros((2, 2)).tolist()
    assert (np.float64(3) - a).data.read().tolist() == (3 - X).tolist()
    assert (-(a @ b)).data.read().tolist() == (-(X @ X.T)).tolist()
    a += 1
    assert a.data.read().tolist() == (X + 1).tolist()


def test_comparisons_are_the_students(student: Student) -> None:
    a, b = student.Tensor(X), student.Tensor(X + 1)
    assert a < b
    assert not b < a
    assert a == student.Tensor(X)
    assert a != b
    assert a == X
    assert b in [a, b]


def test_conversions_are_of_their_types(student: Student) -> None:
    a = student.Tensor(X)
    assert (len(a), float(a), bool(a), 3.0 in a, 7 in a) == (2, 10.0, True, True, False)
    assert not student.Tensor(0 * X)
    assert np.asarray(a.data).tolist() == X.tolist()


def test_indices_of_every_kind(student: Student) -> None:
    a = student.Tensor(X)
    assert a[0].data.read().tolist() == [1, 2]
    assert a[:, 1].data.read().tolist() == [2, 4]
    assert a[..., ::-1].data.read().tolist() == X[..., ::-1].tolist()
    assert a[np.array([True, False])].data.read().tolist() == [[1, 2]]
    a.data[1, 1] = 9.0
    assert float(a) == 15
    assert a.parts["a"][1].read() == 2


def test_attributes_are_written_as_python_writes_them(student: Student) -> None:
    a = student.Tensor(X)
    a.grad = np.ones(3)
    assert a.grad.read().tolist() == [1, 1, 1]
    a.grad = student.Tensor(X)  # an object of theirs, not a copy
    assert a.grad.data.read().tolist() == X.tolist()
    a.data[0] += 1
    assert a.data.read().tolist() == [[2, 3], [3, 4]]


def test_methods_give_what_the_contract_says(student: Student) -> None:
    a = student.Tensor(X)
    assert a.total() == 10
    assert a.twice().twice().total() == 40
    assert (a + a).twice().total() == 40  # what an operator gives is taken for the same class
    assert student.Tensor.zeros(2, 3).data.read().shape == (2, 3)
    assert student.Tensor.count([a, a]) == 2
    assert a(2.0, scale=3) == 60
    assert student.kind(student.Tensor, {"all": [a]}) is True
    with pytest.raises(Wrong, match="an object of type Tensor"):
        student.Tensor.zeros(2, returns=("value",))


def test_what_is_inside_an_object_can_be_an_argument(student: Student) -> None:
    a, b = student.Tensor(X), student.Tensor(2 * X)
    a.grad = b
    assert (a + a.grad).total() == 30


def test_iteration_asks_for_one_item_at_a_time(student: Student) -> None:
    rows = list(student.Tensor(X))
    assert [row.data.read().tolist() for row in rows] == X.tolist()
    assert [int(n) for n in islice(student.forever(), 3)] == [0, 1, 2]
    assert list(map(int, list(student.three()))) == [1, 2, 3]  # `list` asks for a length first
    _, second = student.Tensor(X)
    assert second.data.read().tolist() == [3, 4]


def test_with_enters_and_leaves(student: Student) -> None:
    a = student.Tensor(X)
    with a as inside:
        assert a.grad.read() == "entered"
        assert inside.data.read().tolist() == X.tolist()
    assert a.grad.read() is True
    with pytest.raises(ZeroDivisionError), a:
        _ = 1 / 0


def test_what_has_no_end_ends(student: Student, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "MOST_ITEMS", 50)
    for endless in (student.forever(), student.Liar()):
        with pytest.raises(Wrong, match="more than 50 items"):
            sum(1 for _ in endless)


def test_lies_are_verdicts(student: Student) -> None:
    liar = student.Liar()
    with pytest.raises(Wrong, match="cannot be right"):
        len(liar)
    with pytest.raises(Wrong, match="cannot be right"):
        list(liar)  # makes room for as many as it says that it has
    with pytest.raises(CouldNotRun, match="TypeError"):
        bool(liar)
    with pytest.raises(CouldNotRun, match="no number"):
        float(liar)
    with pytest.raises(Wrong, match="has no length"):
        len(student.forever())
    with pytest.raises(Wrong, match="an integer of more than 64 bits"):
        (liar == 1).read()
    with pytest.raises(CouldNotRun, match="exit code 3"):
        liar - 1


def test_an_object_of_another_kind_is_not_ours_to_stumble_over(student: Student) -> None:
    other = student.Liar() + 1
    with pytest.raises(CouldNotRun, match="AttributeError"):
        other.grad.read()
    with pytest.raises(CouldNotRun, match="has no attribute 'twice'"):
        other.twice()
    assert other.read().tolist() == [1, 1]


class Forged:
    """A worker that answers as it likes."""

    def __init__(self, value: object) -> None:
        self.reply = frames.decode(b"".join(frames.encode({"status": "ok", "value": value})))

    def ask(self, request: Request, *, about: str, cpu_seconds: float | None = None) -> Reply:
        is_asked = request["op"] not in ("call", "keep")
        return self.reply if is_asked else {"status": "ok", "value": wire.Handle(1)}


@pytest.mark.parametrize("value", [None, "1", [1], 2.5, {"a": 1}, np.ones(2)])
def test_forged_answers_are_malformed(value: object) -> None:
    thing = Student(Forged(value), API).Tensor(1)
    for ask in (bool, int, lambda t: t + 1, lambda t: 1 in t):
        with pytest.raises(CouldNotRun, match="malformed"):
            ask(thing)
    if value is not None:  # that is how a thing without a length answers
        with pytest.raises(CouldNotRun, match="malformed"):
            len(thing)


def test_python_and_numpy_ask_nothing_by_themselves(student: Student) -> None:
    a = student.Tensor(X)
    before = student.Tensor.made
    assert not hasattr(a, "__array_interface__")
    assert repr(a) == "<t of the student's>"
    assert hash(a) == hash(a)
    with pytest.raises(AttributeError):
        _ = before.__wrapped__
