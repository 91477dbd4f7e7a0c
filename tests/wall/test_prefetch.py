"""Prefetching: faster, and otherwise as if every request waited for the answer before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from grader.model.submission import SourceFile, Submission
from grader.model.verdicts import CouldNotRun, NotDone
from grader.protocol import frames
from grader.runner.prefetch.prefetcher import CheckChannel, Prefetcher
from grader.runner.prefetch.request_script import RecordedRequest, RequestScript
from grader.sandbox.sandboxes import Sandbox, open_sandbox
from grader.student.channel import CallLimits, WorkerChannel
from grader.student.expected_reply import ExpectedReply
from grader.student.proxy import Reply, Request

CODE = """
import os
import numpy as np
heard = []

def old(x):
    return np.product(x)

def note(x):
    heard.append(x)
    return list(heard)

def double(x):
    return 2 * x

def die(x):
    os._exit(x)

def hang(x):
    while True:
        pass
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    opened = open_sandbox("auto")
    yield opened
    opened.close()


@pytest.fixture
def channel(sandbox: Sandbox) -> Iterator[WorkerChannel]:
    names = ("note", "double", "die", "hang", "old")
    submission = Submission(
        id="ann",
        path="ann",
        package="cs231n",
        files={"layers.py": SourceFile(text=CODE)},
        locations=dict.fromkeys(names, "layers.py"),
    )
    with WorkerChannel(sandbox, submission, calls=CallLimits(call_seconds=0.3)) as opened:
        yield opened


def call(name: str, *args: Any) -> Request:
    return {"op": "call", "on": name, "path": [], "args": list(args), "kwargs": {},
            "returns": ["out"]}  # fmt: skip


def script(*requests: Request, independent: int | None = None) -> RequestScript:
    first, *rest = requests
    every = tuple(map(recorded, ({**first, "fresh": True}, *rest)))
    return RequestScript(every, len(every) if independent is None else independent)


def recorded(request: Request) -> RecordedRequest:
    return RecordedRequest(b"".join(frames.encode(request)), str(request.get("on", "it")), None)


def prefetcher(channel: WorkerChannel, **scripts: RequestScript) -> Prefetcher:
    return Prefetcher(channel, ("one", "two", "three"), scripts)


def value(check: CheckChannel, request: Request) -> Any:
    reply: Reply = check.ask(request, about=str(request.get("on", "it")))
    assert reply["status"] == "ok", reply
    return reply["value"]


def test_what_was_foreseen_is_asked_once_and_answered_in_order(channel: WorkerChannel) -> None:
    one, two = [call("note", 1), call("double", 2)], [call("note", 3), call("double", 4)]
    asking = prefetcher(channel, one=script(*one), two=script(*two))
    first = asking.channel_for("one")
    assert [value(first, request) for request in one] == [[1], 4]
    second = asking.channel_for("two")
    assert [value(second, request) for request in two] == [[1, 3], 8]


def test_the_next_check_begins_before_one_has_ended(channel: WorkerChannel) -> None:
    asking = prefetcher(channel, one=script(call("note", 1)), two=script(call("note", 2)))
    check = asking.channel_for("one")
    assert value(check, call("note", 1)) == [1]
    heard = value(check, call("note", 9))  # nobody foresaw that: the check is begun anew
    assert heard == [1, 2, 1, 9]
    assert value(asking.channel_for("two"), call("note", 2)) == [*heard, 2]


def test_what_an_answer_used_counts_only_if_it_was_asked_for(channel: WorkerChannel) -> None:
    """Else the notes of a submission would depend on whether others are graded with it."""
    asking = prefetcher(channel, one=script(call("note", 1)), two=script(call("old", 2)))
    check = asking.channel_for("one")
    value(check, call("note", 1))
    value(check, call("note", 9))
    assert not channel.uses
    assert value(asking.channel_for("two"), call("old", 2)) == 2
    assert [use.what for use in channel.uses] == ["np.product"]


def test_nothing_goes_ahead_of_a_check_that_will_ask_more(channel: WorkerChannel) -> None:
    one = script(call("note", 1), call("note", 9), independent=1)
    asking = prefetcher(channel, one=one, two=script(call("note", 2)))
    check = asking.channel_for("one")
    assert value(check, call("note", 1)) == [1]
    assert value(check, call("note", 9)) == [1, 9]


def test_objects_are_made_again_where_the_check_goes_another_way(channel: WorkerChannel) -> None:
    kept: Request = {"op": "keep", "value": {"t": 1}}
    foreseen = script(kept, call("double", 1), call("double", 2))
    asking = prefetcher(channel, one=foreseen, two=script({"op": "keep", "value": 5}))
    check = asking.channel_for("one")
    handle = value(check, kept)
    assert value(check, call("double", 7)) == 14
    read: Request = {"op": "get", "on": handle, "path": [("t",)], "returns": ["value"]}
    assert value(check, read) == 1


@pytest.mark.parametrize("asked", [0, 1, 2])
def test_a_check_may_end_early(channel: WorkerChannel, asked: int) -> None:
    one = [call("double", number) for number in range(3)]
    two = [call("double", number) for number in range(10, 13)]
    asking = prefetcher(channel, one=script(*one), three=script(*two))
    check = asking.channel_for("one")
    assert [value(check, request) for request in one[:asked]] == [0, 2, 4][:asked]
    check = asking.channel_for("three")
    assert [value(check, request) for request in two] == [20, 22, 24]


def test_frames_larger_than_what_may_be_under_way_cross(channel: WorkerChannel) -> None:
    arrays = [np.full(60_000, float(number)) for number in range(4)]
    requests = [call("double", array) for array in arrays]
    asking = prefetcher(channel, one=script(*requests), two=script(*requests))
    for name in ("one", "two"):
        check = asking.channel_for(name)
        for request, array in zip(requests, arrays, strict=True):
            assert np.array_equal(value(check, request), 2 * array)


@pytest.mark.parametrize("deadly", [call("die", 3), call("hang", 3)], ids=["exits", "hangs"])
def test_nobody_is_blamed_for_what_was_not_asked(channel: WorkerChannel, deadly: Request) -> None:
    two = script(call("note", 2), deadly)
    asking = prefetcher(
        channel, one=script(call("note", 1)), two=two, three=script(call("note", 3))
    )
    assert value(asking.channel_for("one"), call("note", 1)) == [1]
    assert value(asking.channel_for("two"), call("note", 2))[-1] == 2
    assert value(asking.channel_for("three"), call("note", 3))[-1] == 3


@pytest.mark.parametrize("deadly", [call("die", 3), call("hang", 3)], ids=["exits", "hangs"])
def test_a_check_that_goes_another_way_is_not_blamed_either(
    channel: WorkerChannel, deadly: Request
) -> None:
    asking = prefetcher(channel, one=script(call("note", 1)), two=script(deadly))
    check = asking.channel_for("one")
    assert value(check, call("note", 1)) == [1]
    assert value(check, call("note", 9)) == [1, 9]  # of a new process
    assert value(check, call("note", 10)) == [1, 9, 10]


def test_who_asks_for_it_is_blamed_and_the_next_goes_on(channel: WorkerChannel) -> None:
    one = [call("double", 1), call("die", 3), call("double", 2)]
    asking = prefetcher(channel, one=script(*one), two=script(call("note", 2)))
    check = asking.channel_for("one")
    assert value(check, one[0]) == 2
    with pytest.raises(CouldNotRun, match="die ended the whole process") as caught:
        check.ask(one[1], about="die")
    assert "exit code 3" in caught.value.message
    assert value(asking.channel_for("two"), call("note", 2)) == [2]


def test_after_an_early_end_it_goes_one_by_one(channel: WorkerChannel) -> None:
    asking = prefetcher(
        channel,
        one=script(call("die", 3)),
        two=script(call("note", 2)),
        three=script(call("note", 3)),
    )
    with pytest.raises(CouldNotRun):
        asking.channel_for("one").ask(call("die", 3), about="die")
    check = asking.channel_for("two")
    assert value(check, call("note", 2)) == [2]
    assert value(check, call("note", 9)) == [2, 9]


def test_what_is_not_there_is_missing_where_it_is_asked_for(channel: WorkerChannel) -> None:
    asking = prefetcher(channel, one=script(call("note", 1)), two=script(call("gone", 1)))
    check = asking.channel_for("one")
    assert value(check, call("note", 1)) == [1]
    assert value(check, call("note", 2))[-1] == 2
    with pytest.raises(NotDone):
        asking.channel_for("two").ask(call("gone", 1), about="gone")


DIES_WHEN_LOADED = (
    "import os\nimport grader.worker.reference_stubs as s\ns.install = lambda *a: os._exit(4)\n"
)


def test_modules_that_cannot_be_loaded_are_said_so_of_each_check(sandbox: Sandbox) -> None:
    submission = Submission(
        id="ann",
        path="ann",
        package="cs231n",
        files={"layers.py": SourceFile(text=f"def note(x):\n    pass\n{DIES_WHEN_LOADED}")},
        locations={"note": "layers.py"},
    )
    with WorkerChannel(sandbox, submission) as channel:
        every = {check: script(call("note", 1), call("note", 2)) for check in ("one", "two")}
        asking = prefetcher(channel, **every)
        for check in ("one", "two", "three"):
            with pytest.raises(CouldNotRun, match="Importing the submission's modules"):
                asking.channel_for(check).ask(call("note", 1), about="note")


def with_answers(*pairs: tuple[Request, Any], independent: int | None = None) -> RequestScript:
    """A script with the answers that are right."""
    expected = tuple(
        ExpectedReply({"status": "ok", "value": value, "stdout": "", "warnings": []})
        for _, value in pairs
    )
    requests = (request for request, _ in pairs)
    return script(*requests, independent=independent)._replace(expected=expected)


def test_a_check_whose_replies_are_as_expected_need_not_run(channel: WorkerChannel) -> None:
    one = with_answers((call("double", 1), 2), (call("double", np.ones(2)), np.full(2, 2.0)))
    asking = prefetcher(channel, one=one, two=script(call("note", 3)))
    assert asking.channel_for("one").replies_as_expected()
    assert value(asking.channel_for("two"), call("note", 3)) == [3]


def test_without_expected_replies_it_must(channel: WorkerChannel) -> None:
    asking = prefetcher(channel, one=script(call("note", 1)))
    assert not asking.channel_for("one").replies_as_expected()
    assert not asking.channel_for("two").replies_as_expected()
    assert value(asking.channel_for("two"), call("note", 2)) == [2]


def test_where_one_is_another_the_check_gets_them_all(channel: WorkerChannel) -> None:
    requests = [call("double", number) for number in (1, 2, 3)]
    one = with_answers(*zip(requests, (2, 5, 6), strict=True))
    asking = prefetcher(channel, one=one, two=script(call("note", 1)))
    check = asking.channel_for("one")
    assert not check.replies_as_expected()
    assert [value(check, request) for request in requests] == [2, 4, 6]
    assert value(asking.channel_for("two"), call("note", 1)) == [1]


def test_what_came_early_and_was_not_asked_is_begun_anew(channel: WorkerChannel) -> None:
    one = with_answers((call("note", 1), [1]), (call("note", 2), [7]))
    asking = prefetcher(channel, one=one)
    check = asking.channel_for("one")
    assert not check.replies_as_expected()
    assert value(check, call("note", 1)) == [1]
    assert value(check, call("note", 9)) == [1, 2, 1, 9]
    assert value(check, call("note", 10)) == [1, 2, 1, 9, 10]


@pytest.mark.parametrize("deadly", [call("die", 3), call("hang", 3)], ids=["exits", "hangs"])
def test_who_ends_instead_of_answering_is_blamed_when_it_is_asked(
    channel: WorkerChannel, deadly: Request
) -> None:
    one = with_answers((call("double", 1), 2), (deadly, 0), (call("double", 2), 4))
    asking = prefetcher(channel, one=one, two=script(call("note", 2)))
    check = asking.channel_for("one")
    assert not check.replies_as_expected()
    assert value(check, call("double", 1)) == 2
    with pytest.raises(CouldNotRun):
        check.ask(deadly, about=deadly["on"])
    assert channel.deaths == 1
    assert value(check, call("double", 5)) == 10
    assert value(asking.channel_for("two"), call("note", 2)) == [2]


def test_nobody_is_blamed_for_an_end_that_came_early_and_was_not_asked(
    channel: WorkerChannel,
) -> None:
    one = with_answers((call("note", 1), [1]), (call("die", 3), 0))
    check = prefetcher(channel, one=one).channel_for("one")
    assert not check.replies_as_expected()
    assert value(check, call("note", 1)) == [1]
    assert value(check, call("note", 9)) == [1, 9]  # of a new process


@pytest.fixture
def sent(channel: WorkerChannel, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The frames that are sent."""
    frames_sent: list[bytes] = []
    post = channel.post

    def posted(parts: Any) -> None:
        frames_sent.extend(map(bytes, parts))
        post(parts)

    monkeypatch.setattr(channel, "post", posted)
    return frames_sent


CHAIN = [(call("double", 1), 2), (call("double", 2), 4), (call("double", 4), 8)]
"""Each question is the answer to the one before."""


def test_what_depends_on_an_answer_is_sent_when_that_is_there(
    channel: WorkerChannel, sent: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = with_answers(*CHAIN, independent=1)
    asking = prefetcher(channel, one=one, two=script(call("note", 1)))
    received: list[int] = []
    fetch = channel.fetch

    def fetched(*args: Any) -> Any:
        received.append(len(sent))
        return fetch(*args)

    monkeypatch.setattr(channel, "fetch", fetched)
    assert asking.channel_for("one").replies_as_expected()
    assert received == [1, 2, 3]  # nothing more was sent before the reply was read
    assert value(asking.channel_for("two"), call("note", 1)) == [1]


def test_nothing_that_depends_on_an_answer_is_sent_after_another(
    channel: WorkerChannel, sent: list[bytes]
) -> None:
    one = with_answers((call("double", 1), 3), *CHAIN[1:], independent=1)
    check = prefetcher(channel, one=one).channel_for("one")
    assert not check.replies_as_expected()
    assert sent == [one.requests[0].frame]
    assert value(check, call("double", 1)) == 2
    assert value(check, call("double", 7)) == 14
    assert [frames.decode(frame).get("args") for frame in sent] == [[1], [7]]


def test_a_check_gets_what_came_before_the_other_answer(channel: WorkerChannel) -> None:
    one = with_answers(CHAIN[0], (call("note", 2), [2]), (call("note", 3), [9]), independent=1)
    check = prefetcher(channel, one=one).channel_for("one")
    assert not check.replies_as_expected()
    assert value(check, CHAIN[0][0]) == 2
    assert value(check, call("note", 2)) == [2]
    assert value(check, call("note", 3)) == [2, 3]
    assert value(check, call("note", 4)) == [2, 3, 4]


def test_a_worker_that_ends_is_asked_nothing_more(
    channel: WorkerChannel, sent: list[bytes]
) -> None:
    one = with_answers(CHAIN[0], (call("die", 3), 0), CHAIN[2], independent=1)
    check = prefetcher(channel, one=one).channel_for("one")
    assert not check.replies_as_expected()
    assert channel.deaths == 1
    sent.clear()
    assert value(check, CHAIN[0][0]) == 2
    assert sent == []
