"""Objects of the student's that stay behind the wall, used as Python writes it.

    a, b = student.Tensor(x), student.Tensor(w)
    loss = (a @ b + 1).sum()
    loss.backward()
    assert_close("a.grad", a.grad.read(), ...)

An operator gives another object that stays there, whatever the student's code makes of it. A check
judges what it reads: `t.read()` is a copy of a plain value, and `float(t)`, `int(t)`, `bool(t)` and
`len(t)` are numbers. A method returns what the contract says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

import numpy as np

from grader.model.call import Call
from grader.model.contract import ContractEntry
from grader.model.result import Finding
from grader.model.verdicts import Wrong
from grader.protocol.wire import Callback, Handle
from grader.student.replies import malformed, must_have

Request = dict[str, Any]
SHAPES: Final = "value.shape"
"""Among `returns`: not the value, but the shapes in it."""
MOST_ITEMS: Final = 10_000
"""Of one iteration. What goes on for longer has no end, as far as a check is concerned."""
MOST_LENGTH: Final = 1 << 24
"""`list()` makes room for as many before it has seen one."""


class LastCall(Protocol):
    """What a student was asked last; see `grader.student.transcript.Transcript`."""

    last: Call | None

    @property
    def call(self) -> str:
        """As a student would write it."""


class Asker(Protocol):
    """Who has a student's code answer; see `grader.student.proxy.Student`."""

    @property
    def transcript(self) -> LastCall:
        """What it was asked last."""

    @property
    def contract(self) -> Mapping[str, ContractEntry]:
        """The assignment's."""

    def ask(self, request: Request, *, about: str) -> Any:
        """Send a request and return the value of its answer."""

    def hand_over(self, function: Callable[..., Any]) -> Callback:
        """What stands for a function of the check's on the student's side."""


class Remote:
    """An object that stays behind the wall, or something inside it (`model.params["W1"]`)."""

    __slots__ = ("_about", "_handle", "_label", "_of", "_path", "_student")
    _about: str
    _handle: Handle
    _label: str
    _of: str
    _path: tuple[Any, ...]
    _student: Asker
    __array_ufunc__ = None  # `array + remote` is for the student's object to answer

    def __init__(
        self,
        student: Asker,
        handle: Handle,
        about: str,
        path: tuple[Any, ...],
        label: str,
        of: str = "",
    ) -> None:
        """Begin to stand for an object.

        Args:
            student: whose it is.
            handle: of the object.
            about: the contract name that it came from.
            path: from the object to what is meant.
            label: what the contract calls it.
            of: its class, if that is known to be one of the contract's.
        """
        values = student, handle, about, path, label, of
        for name, value in zip(
            ("_student", "_handle", "_about", "_path", "_label", "_of"), values, strict=True
        ):
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Remote:
        if name.startswith("__") and name.endswith("__"):  # Python and NumPy ask for such ones
            raise AttributeError(name)
        return self._inside(name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._inside(name).write(value)

    def __getitem__(self, key: Any) -> Remote:
        return self._inside((_key(self._student, key),))

    def __setitem__(self, key: Any, value: Any) -> None:
        self[key].write(value)

    def _inside(self, step: Any) -> Remote:
        path = (*self._path, step)
        return Remote(self._student, self._handle, self._about, path, self._label, self._of)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.read(), dtype=dtype)

    def read(self) -> Any:
        """A copy of the value."""
        return self._student.ask(get_request(self), about=self._about)

    def shapes(self) -> Any:
        """The shapes of a dict's arrays, by key; what is not a dict comes as it is."""
        return self._student.ask(get_request(self, SHAPES), about=self._about)

    def write(self, value: Any) -> None:
        """Put a value in its place: set the attribute or the item."""
        self._student.ask(put_request(self, value), about=self._about)

    def __call__(self, *args: Any, returns: Sequence[str] = (), **kwargs: Any) -> Any:
        """Call it; `returns` says what comes back, if the contract does not."""
        request = call_request(self, *args, returns=returns or _returns(self), **kwargs)
        name = ".".join([self._about, *(step for step in self._path if isinstance(step, str))])
        self._student.transcript.last = Call(name, args, kwargs)
        value = self._student.ask(request, about=self._about)
        return incoming(value, request["returns"], self._student, self._about)

    def __iter__(self) -> Iterator[Remote]:
        """Its items one by one, as they are asked for, each an object that stays there."""
        items = _operate(self, "iter", "iter({})", self)
        for _ in range(MOST_ITEMS):
            item = self._student.ask({"op": "next", "on": items._handle}, about=self._about)
            if item is None:
                return
            yield remote(self._student, item, self._about, "item")
        text = f"{self._about}: iterating over it gives more than {MOST_ITEMS} items."
        raise Wrong(text, Finding(kind="arity", call=self._student.transcript.call))

    def __enter__(self) -> Any:
        return self._inside("__enter__")(returns=("value*",))

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        try:
            self._inside("__exit__")(None, None, None, returns=("_",))
        except Exception:
            if error is None:
                raise

    def __bool__(self) -> bool:
        return bool(self._converted("bool", bool))

    def __int__(self) -> int:
        return int(self._converted("int", int))

    def __float__(self) -> float:
        return float(self._converted("float", np.floating))

    def __contains__(self, item: Any) -> bool:
        return bool(self._converted("contains", bool, item))

    def __len__(self) -> int:
        length = self._converted("len", (int, type(None)))
        if length is None:
            text = f"{self._about}: the returned value has no length."
            raise _NoLength(text, Finding(kind="type", call=self._student.transcript.call))
        if length > MOST_LENGTH:
            text = f"{self._about}: len() is {length}, which cannot be right."
            raise Wrong(text, Finding(kind="values", call=self._student.transcript.call))
        return int(length)

    def _converted(self, name: str, kind: Any, *more: Any) -> Any:
        """What Python makes of it; of a type that Python sees to, unless the worker lies."""
        args = [outgoing(self._student, value) for value in (self, *more)]
        self._student.transcript.last = Call(name, (self, *more), {})
        request = {"op": "convert", "name": name, "args": args}
        value = self._student.ask(request, about=self._about)
        if not isinstance(value, kind):
            raise malformed()
        return value

    def __eq__(self, other: object) -> Any:
        return _operate(self, "eq", "{} == {}", self, other)

    def __ne__(self, other: object) -> Any:
        return _operate(self, "ne", "{} != {}", self, other)

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"<{self._label} of the student's>"


class Named:
    """A function or class of the contract, which can be handed to the student's code, too."""

    def handle(self) -> Handle:
        """What stands for it there."""
        raise NotImplementedError


class _NoLength(Wrong, TypeError):
    """An object that has no length; `list()` takes a `TypeError` for an answer."""


_BINARY: Final = {
    "add": "+", "sub": "-", "mul": "*", "matmul": "@", "truediv": "/", "floordiv": "//", "mod": "%",
    "pow": "**", "lshift": "<<", "rshift": ">>", "and": "&", "or": "|", "xor": "^",
}  # fmt: skip
_COMPARISONS: Final = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_UNARY: Final = {"neg": "-{}", "pos": "+{}", "abs": "abs({})", "invert": "~{}"}


def _operator(method: str, name: str, shown: str, *, swapped: bool = False) -> Callable[..., Any]:
    def operate(self: Remote, *other: Any, returns: Sequence[str] | None = None) -> Any:
        """With `returns` the method itself is called, as a check may write it out."""
        if returns is not None:
            return self._inside(method)(*other, returns=returns)
        operands = (*other, self) if swapped else (self, *other)
        return _operate(self, name, shown, *operands)

    return operate


for _name, _sign in _BINARY.items():
    _own = f"{_name}_" if _name in ("and", "or") else _name
    setattr(Remote, f"__{_name}__", _operator(f"__{_name}__", _own, f"{{}} {_sign} {{}}"))
    setattr(
        Remote,
        f"__r{_name}__",
        _operator(f"__r{_name}__", _own, f"{{}} {_sign} {{}}", swapped=True),
    )
    setattr(Remote, f"__i{_name}__", _operator(f"__i{_name}__", f"i{_name}", f"{{}} {_sign}= {{}}"))
for _name, _sign in _COMPARISONS.items():
    setattr(Remote, f"__{_name}__", _operator(f"__{_name}__", _name, f"{{}} {_sign} {{}}"))
for _name, _shown in _UNARY.items():
    setattr(Remote, f"__{_name}__", _operator(f"__{_name}__", _name, _shown))


def _operate(self: Remote, name: str, shown: str, *operands: Any) -> Remote:
    student = self._student
    args = [outgoing(student, value) for value in operands]
    student.transcript.last = Call(shown, operands, {})
    handle = student.ask({"op": "operate", "name": name, "args": args}, about=self._about)
    return remote(student, handle, self._about, self._label, self._of)


def _returns(called: Remote) -> Sequence[str]:
    """What the contract says that a call of this returns; a plain value if it does not know."""
    steps = called._path or ("__call__",)
    known = called._of in called._student.contract and len(steps) == 1
    method = called._student.contract[called._of].methods.get(steps[0]) if known else None
    return method.returns if method is not None else ("value",)


def get_request(thing: Remote, returns: str = "value") -> Request:
    """The request that `read` makes, for `Student.batch`."""
    return _request(thing, "get", returns=[returns])


def put_request(thing: Remote, value: Any) -> Request:
    """The request that `write` makes, for `Student.batch`."""
    return _request(thing, "set", value=outgoing(thing._student, value))


def update_request(thing: Remote, items: Mapping[str, Any]) -> Request:
    """The request that puts several items in their places, for `Student.batch`."""
    return _request(thing, "update", items=outgoing(thing._student, dict(items)))


def call_request(thing: Remote, *args: Any, returns: Sequence[str], **kwargs: Any) -> Request:
    """The request that a call makes, for `Student.batch`."""
    return _request(
        thing,
        "call",
        args=[outgoing(thing._student, value) for value in args],
        kwargs={key: outgoing(thing._student, value) for key, value in kwargs.items()},
        returns=list(returns),
    )


def _request(thing: Remote, op: str, **rest: Any) -> Request:
    return {"op": op, "on": thing._handle, "path": list(thing._path), **rest}


def outgoing(student: Asker, value: Any) -> Any:
    """A value as it crosses the wall: objects of theirs and functions of ours by their handles."""
    kind = type(value)
    if kind is Remote:
        return _handle_of(student, value)
    if kind is dict:
        return {key: outgoing(student, item) for key, item in value.items()}
    if kind is list or kind is tuple:
        return kind(outgoing(student, item) for item in value)
    if isinstance(value, Named):
        return value.handle()
    if callable(value) and not isinstance(value, type):
        return student.hand_over(value)
    return value


def _handle_of(student: Asker, value: Remote) -> Handle:
    if not value._path:
        return value._handle
    handle = student.ask(get_request(value, "value*"), about=value._about)
    return remote(student, handle, value._about, value._label)._handle


def _key(student: Asker, key: Any) -> Any:
    """An index as it crosses the wall."""
    if isinstance(key, slice):
        return {"slice": [outgoing(student, part) for part in (key.start, key.stop, key.step)]}
    if key is ...:
        return {"ellipsis": None}
    if type(key) is tuple:
        return tuple(_key(student, part) for part in key)
    return outgoing(student, key)


def incoming(value: Any, returns: Sequence[str], student: Asker, about: str, of: str = "") -> Any:
    """What a call gives back: values as they are, starred names as `Remote`.

    An object of which the name is that of a class of the contract is one of these, else one `of`.
    """
    must_have(value, returns)
    if len(returns) == 1:
        return _one(value, returns[0], student, about, of)
    return tuple(
        _one(item, name, student, about, of) for item, name in zip(value, returns, strict=True)
    )


def _one(value: Any, name: str, student: Asker, about: str, of: str) -> Any:
    if not name.endswith("*"):
        return value
    label = name.rstrip("*")
    if label in student.contract:
        return remote(student, value, label, label, label)
    return remote(student, value, about, label, of)


def remote(student: Asker, handle: Any, about: str, label: str, of: str = "") -> Remote:
    """The object of a handle that came."""
    if not isinstance(handle, Handle):
        raise malformed()
    return Remote(student, handle, about, (), label, of)
