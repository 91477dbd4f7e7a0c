"""Frames that were well formed once: damaged, they give a value within limits or a `WireError`."""

from __future__ import annotations

import socket
import time
import tracemalloc
from contextlib import suppress
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.protocol import frames, wire
from tests.wall.test_wire import VALUES

DTYPES: st.SearchStrategy[Any] = st.sampled_from(
    [*sorted(wire.DTYPES), "|O", "|S8", "<U4", ">f8", "<f16", "<M8[s]", "|V0", "f8", "", "<f8,<f8",
     "i4\0", "object", [], None, 8]
)  # fmt: skip
SIZES: st.SearchStrategy[Any] = st.one_of(
    st.integers(-(2**63), 2**64 - 1),
    st.sampled_from([0, 1, 2, 3, -1, 2**28, 2**31, 2**32]),
    st.none(),
    st.booleans(),
    st.floats(),
)


def framed(value: Any) -> tuple[bytes, bytearray]:
    head, buffers = wire.pack(value)
    return head, bytearray(b"".join(bytes(buffer) for buffer in buffers))


def within_limits(value: Any, depth: int = 0) -> bool:
    """Whether a value is one that the wire promises."""
    if isinstance(value, dict):
        return all(within_limits(part, depth + 1) for part in value.values())
    if isinstance(value, (list, tuple)) and not isinstance(value, wire.Handle):
        return all(within_limits(part, depth + 1) for part in value)
    if isinstance(value, np.ndarray):
        return value.dtype.str in wire.DTYPES and value.nbytes <= wire.MAX_BODY
    plain = (type(None), bool, int, float, str, np.generic, wire.Handle, type)
    return isinstance(value, plain) and depth <= wire.MAX_DEPTH + 2


def unpacked(head: bytes, body: bytearray) -> None:
    with suppress(wire.WireError):
        assert within_limits(wire.unpack(head, body))


@settings(max_examples=300)
@given(VALUES, st.data())
def test_flipped_bits(value: Any, data: st.DataObject) -> None:
    head, body = framed(value)
    broken = bytearray(head)
    for _ in range(data.draw(st.integers(1, 4))):
        bit = data.draw(st.integers(0, 8 * len(broken) - 1))
        broken[bit // 8] ^= 1 << bit % 8
    unpacked(bytes(broken), body)


@settings(max_examples=300)
@given(VALUES, st.data())
def test_pieces_cut_out_repeated_and_joined(value: Any, data: st.DataObject) -> None:
    head, body = framed(value)
    cut = sorted(data.draw(st.integers(0, len(head))) for _ in range(2))
    unpacked(head[: cut[0]], body)
    unpacked(head[: cut[0]] + head[cut[1] :], body)
    unpacked(head[: cut[1]] + head[cut[0] :], body)
    unpacked(head, body[: data.draw(st.integers(0, len(body)))])


@settings(max_examples=500)
@given(DTYPES, st.lists(SIZES, max_size=5) | st.integers() | st.text(max_size=3), st.binary())
def test_forged_arrays(dtype: Any, shape: Any, body: bytes) -> None:
    with suppress(OverflowError):  # a number that msgpack cannot say
        unpacked(msgspec.msgpack.encode({"~a": [dtype, shape]}), bytearray(body))
        unpacked(msgspec.msgpack.encode({"~s": dtype}), bytearray(body))


@pytest.mark.parametrize(
    "shape",
    [[0, 2**28], [2**28, 0], [0] * 33, [1] * 40, [0, *[2**20] * 30], [2**28, 2**28, 0], [True]],
    ids=str,
)
def test_shapes_that_promise_much_and_bring_nothing(shape: list[int]) -> None:
    unpacked(msgspec.msgpack.encode({"~a": ["<f8", shape]}), bytearray())


@pytest.mark.parametrize("count", [30, 100, 10_000, 300_000])
@pytest.mark.parametrize("unit", [b"\x91", b"\x81\xa2~t\x91", b"\x81\xa2~d\x91\x92\xa0"], ids=repr)
def test_nests(unit: bytes, count: int) -> None:
    unpacked(unit * count + b"\xc0", bytearray())


@pytest.mark.parametrize("start", [b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff",
                                   b"\xdb\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff",
                                   b"\xc9\xff\xff\xff\xff\x00"], ids=repr)  # fmt: skip
def test_lengths_that_are_lies(start: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(wire.WireError):
            wire.unpack(start + b"\x90" * 100, bytearray())
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("unit", [b"\x90", b"\x81\xa2~t\x90", b"\x80"], ids=repr)
def test_the_largest_head_is_no_memory_bomb(unit: bytes) -> None:
    count = 40_000
    head = b"\xdd" + count.to_bytes(4, "big") + unit * count
    tracemalloc.start()
    try:
        unpacked(head, bytearray())
        growth = tracemalloc.get_traced_memory()[1] / len(head)
        assert growth * frames.MAX_HEAD < 160 << 20
    finally:
        tracemalloc.stop()


def test_two_arrays_never_share_bytes() -> None:
    """A body holds each array once: a second one that claims the same bytes finds none."""
    one = {"~a": ["<f8", [2]]}
    with pytest.raises(wire.WireError, match="beyond"):
        wire.unpack(msgspec.msgpack.encode([one, one]), bytearray(16))
    first, second = wire.unpack(msgspec.msgpack.encode([one, one]), bytearray(32))
    first[:] = 1
    assert not second.any()


@settings(max_examples=200)
@given(st.binary(max_size=64) | st.builds(lambda rest: b"GW01" + rest, st.binary(max_size=64)))
def test_any_bytes_on_the_socket(data: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours:
        theirs.sendall(data)
        theirs.close()
        with suppress(wire.WireError):
            assert within_limits(frames.receive(ours, deadline=time.monotonic() + 30))
