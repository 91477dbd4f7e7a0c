"""Frames: a value goes through a socket whole, by the deadline, or it is said why not."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from grader.wall import frames, wire


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


Pair = tuple[socket.socket, socket.socket]


def test_a_large_array_crosses_a_socket(pair: Pair) -> None:
    ours, theirs = pair
    array = np.arange(500_000.0)
    thread = threading.Thread(target=frames.send, args=(theirs, {"x": array}))
    thread.start()
    received = frames.receive(ours, deadline=time.monotonic() + 30)
    thread.join()
    assert np.array_equal(received["x"], array)


def test_dripping_bytes_do_not_stretch_the_deadline(pair: Pair) -> None:
    ours, theirs = pair
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(0.02):
            theirs.send(b"G")

    thread = threading.Thread(target=drip)
    theirs.send(b"GW01" + (1000).to_bytes(4, "little") + (0).to_bytes(8, "little"))
    thread.start()
    try:
        with pytest.raises(frames.WireTimeout):
            frames.receive(ours, deadline=time.monotonic() + 0.3)
    finally:
        stop.set()
        thread.join()


def test_a_lie_about_the_size_costs_no_memory(pair: Pair) -> None:
    ours, theirs = pair
    theirs.send(b"GW01" + (0).to_bytes(4, "little") + (wire.MAX_BODY).to_bytes(8, "little"))
    theirs.shutdown(socket.SHUT_WR)
    with pytest.raises(frames.WireClosed):
        frames.receive(ours)


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\n", b"\0" * 16], ids=["text", "zeros"])
def test_other_bytes_are_no_frame(pair: Pair, start: bytes) -> None:
    ours, theirs = pair
    theirs.send(start)
    with pytest.raises(wire.WireError, match="not a frame"):
        frames.receive(ours)


def test_a_closed_connection_is_said_to_be_closed(pair: Pair) -> None:
    ours, theirs = pair
    theirs.close()
    with pytest.raises(frames.WireClosed):
        frames.receive(ours)
    with pytest.raises(frames.WireClosed):
        frames.send(ours, 1)
