"""The wire: what crosses comes out the same, and any bytes give a value or a `WireError`."""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.protocol import wire
from grader.protocol.wire import Handle

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.builds(Handle, st.integers(0, 2**40))
)
ARRAYS = hnp.arrays(
    dtype=st.sampled_from([np.float64, np.float32, np.int64, np.bool_, np.complex128, np.uint8]),
    shape=hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
    elements={"allow_nan": False},
)
VALUES = st.recursive(
    SCALARS | ARRAYS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=5) | st.integers(0, 9), inner, max_size=4)
    ),
    max_leaves=10,
)


def through(value: Any) -> Any:
    head, buffers = wire.pack(value)
    return wire.unpack(head, bytearray(b"".join(bytes(buffer) for buffer in buffers)))


def same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and np.array_equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and bool(a == b)


@given(VALUES)
def test_values_cross_unchanged(value: Any) -> None:
    assert same(value, through(value))


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12.0).reshape(3, 4).T,
        np.arange(10.0)[::-3],
        np.arange(6, dtype=">f8"),
        np.broadcast_to(np.float64(2), (3, 2)),
        np.array(5.0),
        np.zeros((0, 3)),
    ],
    ids=["transposed", "negative stride", "big endian", "zero stride", "no axes", "empty"],
)
def test_every_layout_of_an_array_crosses(array: np.ndarray) -> None:
    result = through(array)
    assert result.shape == array.shape
    assert np.array_equal(result, array)
    assert result.flags.writeable


def test_numpy_scalars_keep_their_type() -> None:
    assert type(through(np.float32(1.5))) is np.float32
    assert through(np.float32) is np.float32
    assert through(np.dtype("int64")) is np.int64


@pytest.mark.parametrize(
    "value",
    [object(), np.array([object()]), np.longdouble(1), {1, 2}, 2**70, b"bytes", lambda: 0, str],
    ids=lambda value: type(value).__name__,
)
def test_what_is_not_plain_is_refused(value: Any) -> None:
    with pytest.raises(wire.NotPlain):
        wire.pack([value])


def test_a_nest_without_bottom_is_refused() -> None:
    nest: list[Any] = []
    nest.append(nest)
    with pytest.raises(wire.NotPlain, match="nested"):
        wire.pack(nest)


@settings(max_examples=500)
@given(st.binary(max_size=200), st.binary(max_size=50))
def test_any_bytes_give_a_value_or_a_wire_error(head: bytes, body: bytes) -> None:
    try:
        wire.unpack(head, bytearray(body))
    except wire.WireError:
        return


TAGS = st.sampled_from(["~a", "~s", "~t", "~d", "~h", "~n", "x"])
LEAVES = st.none() | st.booleans() | st.integers(-5, 2**62) | st.text(max_size=4)
JSON_LIKE = st.recursive(
    LEAVES | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TAGS, inner, max_size=2),
    max_leaves=8,
)


@settings(max_examples=500)
@given(JSON_LIKE, st.binary(max_size=64))
def test_any_tree_of_tags_gives_a_value_or_a_wire_error(tree: Any, body: bytes) -> None:
    try:
        wire.unpack(msgspec.msgpack.encode(tree), bytearray(body))
    except wire.WireError:
        return


@pytest.mark.parametrize(
    ("tree", "reason"),
    [
        ({"~a": ["|O", [1]]}, "dtype"),
        ({"~a": ["<f8", [2**40]]}, "impossible"),
        ({"~a": ["<f8", [2**20, 2**20]]}, "too large"),
        ({"~a": ["<f8", [-1]]}, "impossible"),
        ({"~a": ["<f8", [1]]}, "beyond"),
        ({"~a": ["<f8", [1], 3]}, "malformed"),
        ({"~n": "object"}, "dtype"),
        ({"~h": -1}, "handle"),
        ({"~x": 1}, "unknown tag"),
        ({"~t": [], "b": 2}, "unknown tag"),
        ({1: 2}, "not a name"),
        ({"~d": [[[1], 2]]}, "dict key"),
        (b"raw", "bytes"),
        (datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC), "datetime"),
        (msgspec.msgpack.Ext(5, b"x"), "Ext"),
    ],
)
def test_forged_heads_are_named(tree: Any, reason: str) -> None:
    with pytest.raises(wire.WireError, match=reason):
        wire.unpack(msgspec.msgpack.encode(tree), bytearray())


def test_a_body_that_is_longer_than_its_arrays_is_refused() -> None:
    with pytest.raises(wire.WireError, match="longer"):
        wire.unpack(msgspec.msgpack.encode(1), bytearray(b"x"))
