"""The wire: how plain values are written down to cross the wall, and nothing else.

A value becomes a head (msgpack) and a body (the raw bytes of every array, one after the other);
`grader.protocol.frames` sends them. In the head, what msgpack cannot say stands as a one-pair map
whose key is a tag:

    {"~a": [dtype, shape]}    array; its bytes come next in the body, C order, little endian
    {"~s": dtype}             NumPy scalar; its bytes come next in the body
    {"~t": [...]}             tuple
    {"~d": [[key, value]..]}  dict with other keys than ASCII text, or with one like these tags
    {"~h": number}            handle: an object that stays in the worker
    {"~c": number}            callback: a function that stays on the trusted side
    {"~n": name}              dtype object, such as `np.float32` handed to a constructor

Both sides use this module, and the other side is never believed: any bytes give a value within the
limits below or a `WireError`. No pickle, no object dtype, no code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

MAX_BODY: Final = 256 << 20
"""Bytes of all arrays of a value."""
MAX_DEPTH: Final = 32
MAX_NDIM: Final = 32
DTYPES: Final = frozenset(
    {"|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8"}
    | {"<f2", "<f4", "<f8", "<c8", "<c16"}
)
"""What a check can judge. No longdouble: its layout differs between platforms."""
DTYPE_NAMES: Final = frozenset(["bool", "int32", "int64", "float16", "float32", "float64"])

_PLAIN: Final[tuple[type[Any], ...]] = (float, dict, list, tuple)
_WRITTEN_AS_IS: Final = frozenset({float, bool, type(None)})
"""Types that stand for themselves: met so often that a call for each would double the time."""
_READ_AS_IS: Final = _WRITTEN_AS_IS | {str}
_KINDS: Final = {name: np.dtype(name) for name in DTYPES}
_NAMES: Final = {kind: name for name, kind in _KINDS.items()}
_INT64: Final = 1 << 63
_COPIED: Final = 4096
"""Bytes of an array up to which a copy costs less than a view."""

Value = Any
"""None, bool, int, float, str, list, tuple, dict, ndarray, NumPy scalar, `Handle`, `Callback`,
dtype."""


class WireError(Exception):
    """What came over the wire is no frame of ours, or breaks a limit."""


class NotPlain(TypeError):
    """A value that cannot cross the wall; the text says what it is."""


class TooMuch(NotPlain):
    """A value that is plain, and larger or deeper than what may cross."""


class Handle(NamedTuple):
    """Stands for an object in the worker."""

    number: int


class Callback:
    """Stands for a function on the trusted side; only its number crosses the wall."""

    def __init__(
        self,
        number: int,
        function: Callable[..., Any] | None = None,
        perform: Callable[..., Any] | None = None,
    ) -> None:
        """`perform` is given the function, its arguments and its keyword arguments."""
        self.number = number
        self.function = function
        self._perform = perform

    def call(self, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """What the function returns."""
        if self._perform is None:
            raise TypeError("a function of the other side")
        return self._perform(self.function, args, kwargs)


def byte_size(value: Value) -> int:
    """Bytes of the arrays and texts in a value."""
    size, left = 0, [value]
    while left:
        item = left.pop()
        kind = type(item)
        if kind is np.ndarray:
            size += item.nbytes
        elif kind is str:
            size += len(item)
        elif kind is dict:
            left += item.values()
        elif kind is list or kind is tuple:
            left += item
    return size


def pack(value: Value) -> tuple[bytes, list[memoryview]]:
    """Encode `value` as a head and the buffers of its body.

    Raises:
        NotPlain: something inside cannot cross; the text names its type.
    """
    buffers: list[memoryview] = []
    head = msgspec.msgpack.encode(_to_tree(value, buffers, 0))
    return head, buffers


def _to_tree(value: Value, buffers: list[memoryview], depth: int) -> Any:
    """What stands for `value` in the head. The plain types come first, as they are nearly all."""
    kind = type(value)
    if kind in _WRITTEN_AS_IS:
        return value
    if kind is str:
        return value if value.isascii() else _text(value)
    if depth > MAX_DEPTH:
        raise TooMuch("a structure nested too deeply")
    if kind is np.ndarray:
        return _array_tree(value, buffers)
    if kind is dict:
        return _dict_tree(value, buffers, depth + 1)
    if kind is list:
        return _list_tree(value, buffers, depth + 1)
    if kind is tuple:
        return {"~t": _list_tree(value, buffers, depth + 1)}
    return _rarer_tree(value, buffers, depth)


def _list_tree(value: Iterable[Value], buffers: list[memoryview], depth: int) -> list[Any]:
    return [
        item if type(item) in _WRITTEN_AS_IS else _to_tree(item, buffers, depth) for item in value
    ]


def _rarer_tree(value: Value, buffers: list[memoryview], depth: int) -> Any:
    """The same for integers, scalars, handles, dtypes, and subclasses of the plain types."""
    if isinstance(value, Handle):
        return {"~h": value.number}
    if isinstance(value, Callback):
        return {"~c": value.number}
    if isinstance(value, np.ndarray):
        return _array_tree(value, buffers)
    if isinstance(value, np.generic):
        tree = _array_tree(np.asarray(value), buffers)
        return {"~s": tree["~a"][0]}
    if isinstance(value, int):
        if not -_INT64 <= value < _INT64:
            raise NotPlain("an integer of more than 64 bits")
        return int(value)
    if isinstance(value, (type, np.dtype)):
        return {"~n": _dtype_name(value)}
    if isinstance(value, str):
        return _text(value)
    for plain in _PLAIN:
        if isinstance(value, plain):
            return _to_tree(plain(value), buffers, depth)
    raise NotPlain(f"an object of type {type(value).__name__}")


def _text(value: str) -> str:
    return value.encode("utf-8", "replace").decode()


def _dict_tree(value: dict[Any, Value], buffers: list[memoryview], depth: int) -> Any:
    for key in value:
        if type(key) is not str or not key.isascii() or key[:1] == "~":
            return {
                "~d": [[_to_tree(part, buffers, depth) for part in pair] for pair in value.items()]
            }
    return {
        key: item if type(item) in _WRITTEN_AS_IS else _to_tree(item, buffers, depth)
        for key, item in value.items()
    }


def _dtype_name(value: Any) -> str:
    try:
        name = str(np.dtype(value).name)
    except TypeError:
        name = ""
    if name not in DTYPE_NAMES:
        raise NotPlain(f"the type {getattr(value, '__name__', value)}")
    return name


def _array_tree(value: NDArray[Any], buffers: list[memoryview]) -> dict[str, Any]:
    array = np.asarray(value)
    name = _NAMES.get(array.dtype) or _little_endian(array)
    if array.nbytes <= _COPIED:
        buffers.append(memoryview(array.astype(_KINDS[name], copy=False).tobytes()))
        return {"~a": [name, list(array.shape)]}
    if array.nbytes > MAX_BODY:
        raise TooMuch(f"an array of {array.nbytes} bytes")
    flat = np.ascontiguousarray(array, dtype=_KINDS[name]).reshape(-1)
    buffers.append(flat.view(np.uint8).data)
    return {"~a": [name, list(array.shape)]}


def _little_endian(array: NDArray[Any]) -> str:
    name = array.dtype.newbyteorder("<").str
    if name not in DTYPES:
        raise NotPlain(f"an array of dtype {array.dtype}")
    return name


def unpack(head: bytes | bytearray, body: bytearray) -> Value:
    """Decode a frame; arrays are views into `body`, writable.

    Raises:
        WireError: not a value within the limits.
    """
    return _read(head, _Body(body))


def places(head: bytes, body: bytearray) -> list[tuple[int, NDArray[Any]]]:
    """The arrays and scalars of a frame, each with the place of its first byte in the body.

    Raises:
        WireError: as of `unpack`.
    """
    survey = _Survey(body)
    _read(head, survey)
    return survey.places


def _read(head: bytes | bytearray, reader: _Body) -> Value:
    try:
        value = _from_tree(msgspec.msgpack.decode(head), reader, 0)
    except (msgspec.MsgspecError, RecursionError, TypeError, ValueError, OverflowError) as error:
        raise WireError(f"malformed frame: {error}") from None
    if reader.offset != len(reader.data):
        raise WireError("the frame's body is longer than its arrays")
    return value


class _Body:
    """Hands out the bytes of the body in order."""

    def __init__(self, data: bytearray) -> None:
        self.data = data
        self.offset = 0

    def take(self, kind: np.dtype[Any], shape: list[int], count: int) -> NDArray[Any]:
        """The next array, of so many elements."""
        start, self.offset = self.offset, self.offset + kind.itemsize * count
        if self.offset > len(self.data):
            raise WireError("an array reaches beyond the frame's body")
        return np.ndarray(shape, kind, self.data, start)


class _Survey(_Body):
    """Remembers what was handed out."""

    def __init__(self, data: bytearray) -> None:
        super().__init__(data)
        self.places: list[tuple[int, NDArray[Any]]] = []

    def take(self, kind: np.dtype[Any], shape: list[int], count: int) -> NDArray[Any]:
        """The next array, of so many elements."""
        start = self.offset
        array = super().take(kind, shape, count)
        self.places.append((start, array))
        return array


def _from_tree(tree: Any, body: _Body, depth: int) -> Value:
    kind = type(tree)
    if kind in _READ_AS_IS:
        return tree
    if depth > MAX_DEPTH:
        raise WireError("nested too deeply")
    if kind is list:
        return _list(tree, body, depth + 1)
    if kind is not dict:
        if kind is not int or not -_INT64 <= tree < _INT64:
            raise WireError(f"a {kind.__name__} where a value should be")
        return tree
    if len(tree) == 1:
        [(tag, content)] = tree.items()
        decode = _DECODERS.get(tag)
        if decode is not None:
            return decode(content, body, depth + 1)
    for key in tree:
        if type(key) is not str or key[:1] == "~":
            raise WireError("a key that is not a name, or an unknown tag")
    return {
        key: item if type(item) in _READ_AS_IS else _from_tree(item, body, depth + 1)
        for key, item in tree.items()
    }


def _list(tree: list[Any], body: _Body, depth: int) -> list[Value]:
    return [item if type(item) in _READ_AS_IS else _from_tree(item, body, depth) for item in tree]


def _array(content: Any, body: _Body, _depth: int) -> NDArray[Any]:
    dtype, shape = content
    if dtype not in _KINDS or type(shape) is not list or len(shape) > MAX_NDIM:
        raise WireError("an array of unknown dtype or shape")
    count = 1
    for size in shape:
        if type(size) is not int or not 0 <= size <= MAX_BODY:
            raise WireError("an array with an impossible shape")
        count *= size
        if count > MAX_BODY:
            raise WireError("an array that is too large")
    return body.take(_KINDS[dtype], shape, count)


def _scalar(content: Any, body: _Body, _depth: int) -> np.generic:
    if not isinstance(content, str) or content not in DTYPES:
        raise WireError("a scalar of unknown dtype")
    scalar: np.generic = body.take(_KINDS[content], [1], 1)[0]
    return scalar


def _tuple(content: Any, body: _Body, depth: int) -> tuple[Value, ...]:
    if not isinstance(content, list):
        raise WireError("a tuple that is not a list")
    return tuple(_list(content, body, depth))


def _dict(content: Any, body: _Body, depth: int) -> dict[Any, Value]:
    result = {}
    for key, item in content:
        name = _from_tree(key, body, depth)
        if not isinstance(name, (str, int, bool, type(None))):
            raise WireError("a dict key that is neither text nor number")
        result[name] = _from_tree(item, body, depth)
    return result


def _handle(content: Any, _body: _Body, _depth: int) -> Handle:
    if type(content) is not int or not 0 <= content < _INT64:
        raise WireError("a handle that is not a number")
    return Handle(content)


def _callback(content: Any, _body: _Body, _depth: int) -> Callback:
    if type(content) is not int or not 0 <= content < _INT64:
        raise WireError("a callback that is no number")
    return Callback(content)


def _dtype(content: Any, _body: _Body, _depth: int) -> type[Any]:
    if not isinstance(content, str) or content not in DTYPE_NAMES:
        raise WireError("an unknown dtype")
    return np.dtype(content).type


_DECODERS: Final[dict[Any, Callable[[Any, _Body, int], Value]]] = {
    "~a": _array,
    "~s": _scalar,
    "~t": _tuple,
    "~d": _dict,
    "~h": _handle,
    "~c": _callback,
    "~n": _dtype,
}
