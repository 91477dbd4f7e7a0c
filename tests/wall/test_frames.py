"""Frames: a value goes through a socket whole, by the deadline, or it is said why not."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from grader.protocol import frames, wire


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


def test_frames_that_come_together_are_handed_out_one_by_one(pair: Pair) -> None:
    ours, theirs = pair
    values = [1, {"x": np.arange(3.0)}, np.arange(10_000.0), "end"]
    for value in values:
        frames.send(theirs, value)
    stream = frames.Stream(ours)
    received = [stream.receive() for _ in values]
    assert received[0] == 1
    assert received[3] == "end"
    assert received[1]["x"].tolist() == [0, 1, 2]
    assert np.array_equal(received[2], np.arange(10_000.0))
    assert not stream.has_more


def test_a_second_frame_is_too_much_where_one_was_asked_for(pair: Pair) -> None:
    ours, theirs = pair
    frames.send(theirs, 1)
    frames.send(theirs, 2)
    with pytest.raises(wire.WireError, match="more than the frame"):
        frames.receive(ours)


def test_two_that_both_write_first_do_not_wait_for_each_other(pair: Pair) -> None:
    ours, theirs = map(frames.Stream, pair)
    large, received = np.zeros(500_000), []

    def answer() -> None:
        theirs.send(large, deadline=time.monotonic() + 30)
        received.append(theirs.receive(deadline=time.monotonic() + 30))

    thread = threading.Thread(target=answer)
    ours.post(frames.encode(large))
    thread.start()
    received.append(ours.receive(deadline=time.monotonic() + 30))
    ours.send(0, deadline=time.monotonic() + 30)
    thread.join()
    assert [value.size for value in received] == [500_000, 500_000]


def test_what_was_answered_before_the_end_is_received(pair: Pair) -> None:
    ours, theirs = pair
    stream = frames.Stream(ours)
    frames.send(theirs, "last words")
    theirs.close()
    stream.post(frames.encode(np.zeros(10)))
    assert stream.receive() == "last words"
    with pytest.raises(frames.WireClosed):
        stream.receive()


def test_a_frame_is_read_back() -> None:
    frame = b"".join(frames.encode({"x": np.arange(2.0), "y": [1, (2,)]}))
    value = frames.decode(frame)
    assert value["x"].tolist() == [0, 1]
    assert value["y"] == [1, (2,)]


def test_only_a_whole_frame_that_was_read_is_handed_out_without_waiting(pair: Pair) -> None:
    ours, theirs = pair
    stream = frames.Stream(ours)
    first, second = (b"".join(frames.encode({"x": n, "y": np.ones(3)})) for n in (1, 2))
    theirs.sendall(first + second[:-5])
    assert stream.buffered() is None
    assert stream.receive()["x"] == 1
    assert stream.has_more
    assert stream.buffered() is None
    theirs.sendall(second[-5:] + first)
    assert stream.receive()["x"] == 2
    found = stream.buffered()
    assert found is not None
    assert wire.unpack(*found)["x"] == 1
    assert not stream.has_more
