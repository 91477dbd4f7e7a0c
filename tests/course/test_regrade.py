"""Grading again: previews change nothing, and a run is put in force as a whole or not at all."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from grader.batches.fingerprint import Fingerprints
from grader.batches.regrading import changed_checks, check_digests, put_in_force, recover
from grader.batches.run_history import FolderHistory, run_in_force
from grader.batches.storage import Folder
from grader.course.regrade import regrade, score_change
from grader.course.submission_worth import Worth
from grader.grading import Settings
from grader.model.errors import InputError, UsageError
from grader.model.result import Outcome, Result
from grader.report.atomic_write import result_file
from grader.report.regrade_page import regrade_page
from tests.course import room as room_module
from tests.course.room import BASE, Room


def _fixed(result: Result) -> Result:
    """With its first failed check passed, for three more points."""
    at = next(n for n, check in enumerate(result.checks) if check.outcome is Outcome.FAILED)
    checks = list(result.checks)
    checks[at] = replace(checks[at], outcome=Outcome.PASSED, points=3.0)
    return replace(result, checks=checks, score=result.score + 3)


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    """Two who were graded; ann submitted again, and grading gives more now."""
    room = Room(tmp_path, monkeypatch)
    room.hand_in("ann", "One.")
    room.hand_in("bob", "Two.")
    room.batch()
    room.hand_in("ann", "Another.")
    monkeypatch.setattr(room_module, "BASE", _fixed(BASE))
    return room


def _state(room: Room) -> dict[str, Any]:
    """What can be read of the output, without the history and the preview of it."""
    skipped = ("history.sqlite", "preview", "batch.sqlite")
    return {
        str(path.relative_to(room.out)): json.loads(path.read_bytes())
        if path.suffix == ".json"
        else path.read_bytes()
        for path in sorted(room.out.rglob("*"))
        if path.is_file() and not str(path.relative_to(room.out)).startswith(skipped)
    }


def _essence(room: Room) -> dict[str, str]:
    return {name: row["score"] for name, row in room.gradebook().items()} | {
        f"result of {name}": str(room.result(name).score) for name in ("ann", "bob")
    }


def test_a_preview_changes_nothing_and_says_what_would_change(room: Room) -> None:
    before = _state(room)
    said = room.batch("--preview")
    assert _state(room) == before
    assert "Submissions: 2, Changed: 1, More points: 1, Fewer points: 0" in said
    assert "the submission changed" in said
    with (room.out / "preview" / "changes.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["submission"], row["change"]) == ("ann", "3")
    assert row["checks"].endswith("Wrong → Passed")
    assert "+3" in (room.out / "preview" / "index.html").read_text("utf-8")


def test_accepting_grades_nothing_and_undoing_gives_back_what_there_was(room: Room) -> None:
    before, essence = _state(room), _essence(room)
    room.batch("--preview")
    room.executor.graded.clear()
    assert "changed: 1" in room.batch("--accept")
    assert room.executor.graded == []
    assert room.result("ann").score == BASE.score + 3
    after = _essence(room)
    assert after != essence
    room.batch("--undo", "last")
    undone = _state(room)
    assert undone.pop("index.html")
    del before["index.html"]  # it says when it was made
    assert undone == before
    room.batch("--undo", "2")
    assert _essence(room) == after


def test_what_was_accepted_is_not_graded_again(room: Room) -> None:
    room.batch("--preview")
    room.batch("--accept")
    room.batch()
    assert room.executor.graded == []


def test_a_plain_run_can_be_undone_too(room: Room) -> None:
    essence = _essence(room)
    room.batch()
    assert _essence(room) != essence
    room.batch("--undo", "1")
    assert _essence(room) == essence


def test_marks_that_were_given_meanwhile_are_kept(room: Room) -> None:
    room.batch("--preview")
    room.batch("--undo", "1")
    room.batch("--marks", room.fill({("bob", "1"): ("2", "Well said.")}))
    room.batch("--undo", "1")
    assert room.result("bob").notebooks[0].answers[0].mark == 2


def test_a_run_that_grades_nothing_else_is_not_kept(room: Room) -> None:
    room.batch()
    room.batch()
    room.batch("--marks", room.fill({("bob", "1"): ("2", "Well said.")}))
    assert [run.id for run in FolderHistory(room.out).runs()] == [1, 2]


def _crashing_after(monkeypatch: pytest.MonkeyPatch, calls: int) -> None:
    """Let the process die at the file that is put in its place after so many."""
    real, left = os.replace, [calls]

    def dying(source: Any, target: Any) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        real(source, target)

    monkeypatch.setattr(os, "replace", dying)


def _accepted(room: Room, fingerprints: Fingerprints) -> bool:
    """Whether accepting was not stopped."""
    history = FolderHistory(room.out)
    run = history.runs()[-1].id
    with contextlib.suppress(KeyboardInterrupt):
        put_in_force(
            run, history, [], lambda _: Worth(), folder=room.out, fingerprints=fingerprints
        )
        return True
    return False


def test_a_crash_leaves_one_state_or_the_other(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.batch("--preview")
    before, kept = _essence(room), tmp_path / "kept"
    shutil.copytree(room.out, kept)
    fingerprints = Fingerprints(Settings(assignment="numpynn-notebooks"))
    states: list[tuple[bool, bool]] = []
    done = False
    while not done:
        shutil.rmtree(room.out)
        shutil.copytree(kept, room.out)
        with monkeypatch.context() as patch:
            _crashing_after(patch, len(states))
            done = _accepted(room, fingerprints)
        history = FolderHistory(room.out)
        recover(room.out, history)
        run = run_in_force(history)
        assert run is not None
        states.append((run.id == 1, _essence(room) == before))
        scores = {room.result("ann").score, float(room.gradebook()["ann"]["score"])}
        assert (len(scores), (room.out / ".staged").exists()) == (1, False)
    assert len(states) > 10
    assert set(states) == {(True, True), (False, False)}


def test_without_a_preview_there_is_nothing_to_accept(room: Room) -> None:
    with pytest.raises(UsageError, match="no preview"):
        room.batch("--accept")
    with pytest.raises(UsageError, match="no run 7"):
        room.batch("--undo", "7")
    with pytest.raises(UsageError, match="'soon' is not a run"):
        room.batch("--undo", "soon")
    with pytest.raises(UsageError, match="exclude each other"):
        room.batch("--undo", "1", "--preview")


def test_a_damaged_history_is_named(room: Room) -> None:
    for path in room.out.glob("history.sqlite*"):
        path.unlink()
    (room.out / "history.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(InputError, match=r"history\.sqlite: cannot be used"):
        room.batch()


def test_causes_are_named_the_nearest_first() -> None:
    after = _fixed(BASE)
    (fixed,) = [c for c in after.checks if c not in BASE.checks]
    family = fixed.id.partition("[")[0]
    change = score_change(BASE, after, ("bank", "settings"), frozenset({family}))
    assert change is not None
    assert (change.causes, change.by) == (["check", "settings"], 3.0)
    other = score_change(BASE, after, ("bank",), frozenset())
    assert other is not None
    assert other.causes == ["bank"]
    released = score_change(BASE, replace(after, release=None), (), frozenset())
    assert released is not None
    assert released.causes == ["release"]
    assert score_change(BASE, replace(BASE, duration=9.0), ("settings",), frozenset()) is None


def test_the_largest_change_comes_first() -> None:
    results = [replace(BASE, submission=name, score=score) for name, score in
               (("a", 60.0), ("b", 20.0), ("c", 51.0))]  # fmt: skip
    befores = [replace(result, score=50.0) for result in results]
    found = [score_change(*pair, (), frozenset()) for pair in zip(befores, results, strict=True)]
    ordered = regrade(3, [change for change in found if change])
    assert [change.submission for change in ordered.changes] == ["b", "a", "c"]
    assert (ordered.gained, ordered.lost) == (2, 1)
    page = regrade_page(ordered, title="<b>hw</b>", lang="zh")
    assert "−30" in page
    assert "<b>hw</b>" not in page


def test_a_check_is_known_by_its_code_alone(tmp_path: Path) -> None:
    bank = tmp_path / "layers.py"

    def digests(text: str) -> dict[str, str]:
        bank.write_text(text, encoding="utf-8")
        return check_digests([bank])

    before = digests("def test_a():\n    assert 1\ndef test_b():\n    assert 2\n")
    after = digests("# moved\n\ndef test_a():\n    assert 1\ndef test_b():\n    assert 3\n")
    assert changed_checks(before, after) == {"layers::b"}
    assert changed_checks({}, after) == frozenset()


def test_a_run_of_which_something_could_not_be_written_is_not_put_in_force(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = FolderHistory(room.out)
    before = run_in_force(history)
    with monkeypatch.context() as full:
        write = Folder.write

        def refused(folder: Folder, name: str, content: Any) -> None:
            if name == result_file("ann"):
                raise InputError(f"Cannot write {name}: no space left on device.")
            write(folder, name, content)

        full.setattr(Folder, "write", refused)
        assert "no space left" in room.batch(code=3)
    assert run_in_force(history) == before
    room.batch()
    assert run_in_force(history) != before
