"""The wire: how plain values cross the wall, and nothing else.

A frame is a 16-byte preamble (magic, length of the head, length of the body), the head (msgpack)
and the body (the raw bytes of every array, one after the other). In the head, what msgpack cannot
say stands as a one-pair map whose key is a tag:

    {"~a": [dtype, shape]}    array; its bytes come next in the body, C order, little endian
    {"~s": dtype}             NumPy scalar; its bytes come next in the body
    {"~t": [...]}             tuple
    {"~d": [[key, value]..]}  dict
    {"~h": number}            handle: an object that stays in the worker
    {"~n": name}              dtype object, such as `np.float32` handed to a constructor

Both sides use this module, and the other side is never believed: any bytes give a value within the
limits below or a `WireError`. No pickle, no object dtype, no code.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

MAX_HEAD: Final = 1 << 20
"""Bytes of a head: generous, as it holds no numbers of arrays; each can become 130 in memory."""
MAX_BODY: Final = 256 << 20
"""Bytes of all arrays in a frame."""
MAX_DEPTH: Final = 32
MAX_NDIM: Final = 32
DTYPES: Final = frozenset(
    {"|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8"}
    | {"<f2", "<f4", "<f8", "<c8", "<c16"}
)
"""What a check can judge. No longdouble: its layout differs between platforms."""
DTYPE_NAMES: Final = frozenset(["bool", "int32", "int64", "float16", "float32", "float64"])

_PREAMBLE: Final = struct.Struct("<4sIQ")
_MAGIC: Final = b"GW01"
_INT64: Final = 1 << 63
_CHUNK: Final = 1 << 20
_PLAIN: Final = (type(None), bool, int, float, str)

Value = Any
"""None, bool, int, float, str, list, tuple, dict, ndarray, NumPy scalar, `Handle`, dtype."""


class WireError(Exception):
    """What came over the wire is no frame of ours, or breaks a limit."""


class WireClosed(WireError):
    """The other side closed the connection."""


class WireTimeout(WireError):
    """No whole frame came within the time allowed."""


class NotPlain(TypeError):
    """A value that cannot cross the wall; the text says what it is."""


class Handle(NamedTuple):
    """Stands for an object in the worker."""

    number: int


def pack(value: Value) -> tuple[bytes, list[memoryview]]:
    """Encode `value` as a head and the buffers of its body.

    Raises:
        NotPlain: something inside cannot cross; the text names its type.
    """
    buffers: list[memoryview] = []
    head = msgspec.msgpack.encode(_to_tree(value, buffers, 0))
    return head, buffers


def _to_tree(value: Value, buffers: list[memoryview], depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise NotPlain("a structure nested too deeply")
    if value is None or isinstance(value, (bool, float)):
        return value if value is None else bool(value) if isinstance(value, bool) else float(value)
    if isinstance(value, Handle):
        return {"~h": value.number}
    if isinstance(value, np.ndarray):
        return _array_tree(value, buffers)
    if isinstance(value, np.generic):
        tree = _array_tree(np.asarray(value), buffers)
        return {"~s": tree["~a"][0]}
    if isinstance(value, int):
        if not -_INT64 <= value < _INT64:
            raise NotPlain("an integer of more than 64 bits")
        return int(value)
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return _container_tree(value, buffers, depth + 1)


def _container_tree(value: Value, buffers: list[memoryview], depth: int) -> Any:
    if isinstance(value, tuple):
        return {"~t": [_to_tree(item, buffers, depth) for item in value]}
    if isinstance(value, list):
        return [_to_tree(item, buffers, depth) for item in value]
    if isinstance(value, dict):
        pairs = [
            [_to_tree(key, buffers, depth), _to_tree(item, buffers, depth)]
            for key, item in value.items()
        ]
        return {"~d": pairs}
    if isinstance(value, (type, np.dtype)):
        return {"~n": _dtype_name(value)}
    raise NotPlain(f"an object of type {type(value).__name__}")


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
    little = array.dtype.newbyteorder("<")
    if little.str not in DTYPES:
        raise NotPlain(f"an array of dtype {array.dtype}")
    if array.nbytes > MAX_BODY:
        raise NotPlain(f"an array of {array.nbytes} bytes")
    array = np.ascontiguousarray(array, dtype=little)
    buffers.append(array.reshape(-1).view(np.uint8).data)
    return {"~a": [little.str, list(value.shape)]}


def unpack(head: bytes | memoryview, body: bytearray) -> Value:
    """Decode a frame; arrays are views into `body`, writable.

    Raises:
        WireError: not a value within the limits.
    """
    try:
        tree = msgspec.msgpack.decode(head)
        reader = _Body(body)
        value = _from_tree(tree, reader, 0)
    except (msgspec.MsgspecError, RecursionError, TypeError, ValueError, OverflowError) as error:
        raise WireError(f"malformed frame: {error}") from None
    if reader.offset != len(body):
        raise WireError("the frame's body is longer than its arrays")
    return value


class _Body:
    """Hands out the bytes of the body in order."""

    def __init__(self, data: bytearray) -> None:
        self.data = data
        self.offset = 0

    def take(self, dtype: str, count: int) -> NDArray[Any]:
        kind = np.dtype(dtype)
        end = self.offset + kind.itemsize * count
        if end > len(self.data):
            raise WireError("an array reaches beyond the frame's body")
        piece = np.frombuffer(self.data, dtype=kind, count=count, offset=self.offset)
        self.offset = end
        return piece


def _from_tree(tree: Any, body: _Body, depth: int) -> Value:
    if depth > MAX_DEPTH:
        raise WireError("nested too deeply")
    if isinstance(tree, list):
        return [_from_tree(item, body, depth + 1) for item in tree]
    if not isinstance(tree, dict):
        if not isinstance(tree, _PLAIN) or _too_wide(tree):  # msgpack has bytes and times as well
            raise WireError(f"a {type(tree).__name__} where a value should be")
        return tree
    if len(tree) != 1:
        raise WireError("a tag map with more than one key")
    [(tag, content)] = tree.items()
    decode = _DECODERS.get(tag)
    if decode is None:
        raise WireError("an unknown tag")
    return decode(content, body, depth + 1)


def _too_wide(tree: Any) -> bool:
    return isinstance(tree, int) and not -_INT64 <= tree < _INT64


def _array(content: Any, body: _Body, _depth: int) -> NDArray[Any]:
    dtype, shape = content
    if dtype not in DTYPES or not isinstance(shape, list) or len(shape) > MAX_NDIM:
        raise WireError("an array of unknown dtype or shape")
    count = 1
    for size in shape:
        if type(size) is not int or not 0 <= size <= MAX_BODY:
            raise WireError("an array with an impossible shape")
        count *= size
        if count > MAX_BODY:
            raise WireError("an array that is too large")
    return body.take(dtype, count).reshape(shape)


def _scalar(content: Any, body: _Body, _depth: int) -> np.generic:
    if not isinstance(content, str) or content not in DTYPES:
        raise WireError("a scalar of unknown dtype")
    scalar: np.generic = body.take(content, 1)[0]
    return scalar


def _tuple(content: Any, body: _Body, depth: int) -> tuple[Value, ...]:
    if not isinstance(content, list):
        raise WireError("a tuple that is no list")
    return tuple(_from_tree(item, body, depth) for item in content)


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
        raise WireError("a handle that is no number")
    return Handle(content)


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
    "~n": _dtype,
}


def send(sock: socket.socket, value: Value, *, deadline: float | None = None) -> None:
    """Write one frame.

    Raises:
        NotPlain: `value` cannot cross; nothing was written.
        WireClosed, WireTimeout: the other side is gone or does not read.
    """
    head, buffers = pack(value)
    if len(head) > MAX_HEAD:
        raise NotPlain("a structure of too many parts")
    size = sum(len(buffer) for buffer in buffers)
    if size > MAX_BODY:
        raise NotPlain(f"{size} bytes of arrays")
    try:
        _send_all(sock, [_PREAMBLE.pack(_MAGIC, len(head), size) + head, *buffers], deadline)
    except TimeoutError:
        raise WireTimeout("the other side does not read") from None
    except OSError as error:
        raise WireClosed(str(error)) from None


def _send_all(sock: socket.socket, parts: list[Any], deadline: float | None) -> None:
    for part in parts:
        view = memoryview(part)
        while view:
            _arm(sock, deadline)
            view = view[sock.send(view[:_CHUNK]) :]


def receive(
    sock: socket.socket,
    *,
    deadline: float | None = None,
    waiting: Callable[[], None] | None = None,
) -> Value:
    """Read one frame.

    Args:
        sock: a connected stream socket.
        deadline: on the clock of `time.monotonic`, for the whole frame, however it drips.
        waiting: called about four times a second while nothing comes; may raise.

    Raises:
        WireClosed, WireTimeout, WireError: no whole frame came, or none of ours.
    """
    magic, head_size, body_size = _PREAMBLE.unpack(
        _receive_exactly(sock, _PREAMBLE.size, deadline, waiting)
    )
    if magic != _MAGIC or head_size > MAX_HEAD or body_size > MAX_BODY:
        raise WireError("not a frame of ours, or one beyond the limits")
    head = _receive_exactly(sock, head_size, deadline, waiting)
    return unpack(bytes(head), _receive_exactly(sock, body_size, deadline, waiting))


def _receive_exactly(
    sock: socket.socket,
    size: int,
    deadline: float | None,
    waiting: Callable[[], None] | None,
) -> bytearray:
    data = bytearray(min(size, _CHUNK))
    filled = 0
    while filled < size:
        if filled == len(data):  # grown as bytes come, so that a lie about the size costs nothing
            data.extend(bytes(min(size - filled, len(data))))
        try:
            _arm(sock, deadline, 0.25 if waiting else None)
            count = sock.recv_into(memoryview(data)[filled:])
        except TimeoutError:
            if waiting is None or (deadline is not None and time.monotonic() >= deadline):
                raise WireTimeout("no answer in time") from None
            waiting()
            continue
        except OSError as error:
            raise WireClosed(str(error)) from None
        if not count:
            raise WireClosed("the connection was closed")
        filled += count
    return data


def _arm(sock: socket.socket, deadline: float | None, at_most: float | None = None) -> None:
    left = None if deadline is None else deadline - time.monotonic()
    if left is not None and left <= 0:
        raise TimeoutError
    sock.settimeout(at_most if left is None else left if at_most is None else min(left, at_most))
