"""A layer and a net that read dropout's number in two ways are each judged by their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from grader.assignment.folder import Assignment
from grader.assignment.plugin import CallForm
from grader.assignments.numpynn.rendering import reference_as
from grader.model.release import Release
from grader.runner.reference import LocalCode
from grader.student.proxy import Student
from tests.releases import form_of

KEEPS = ("layers.py", 'p, mode = (1 - dropout_param["p"]', 'p, mode = (dropout_param["p"]')
CONVERTS = ("classifiers/fc_net.py", "'p': dropout}", "'p': 1 - dropout}")
DROPS_NOTHING = ("layers.py", "draw(x.shape) < p", "draw(x.shape) < 2")


def observed(folder: Path, *edits: tuple[str, str, str]) -> Release:
    assignment = Assignment.load("numpynn")
    files = reference_as("cs231n-2017")
    for name, old, new in edits:
        old, new = old.replace('"', "'"), new.replace('"', "'")
        assert files[name].count(old) == 1, old
        files[name] = files[name].replace(old, new)
    package = folder / assignment.reference.name
    for name, text in files.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    channel = LocalCode(package, assignment).channel()
    plugin = assignment.plugin

    def student(release: Release | None) -> Student:
        return Student(channel, assignment.contract, CallForm(release, plugin))

    found = plugin.observe(plugin.releases["cs231n-2017"], student)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("edits", "layer", "net", "notes"),
    [
        ((), "drop", "drop", 0),
        ((KEEPS,), "keep", "keep", 1),
        ((CONVERTS,), "drop", "keep", 1),
        ((KEEPS, CONVERTS), "keep", "drop", 2),
        ((DROPS_NOTHING,), "drop", "drop", 0),
    ],
)
def test_layer_and_net_have_readings_of_their_own(
    tmp_path: Path, edits: tuple[tuple[str, str, str], ...], layer: str, net: str, notes: int
) -> None:
    release = observed(tmp_path, *edits)
    assert release.readings["dropout_p"] == layer
    assert release.readings["net_dropout"] == net
    assert len(release.notes) == notes


def test_a_net_is_asked_in_its_own_terms() -> None:
    asked: list[dict[str, object]] = []

    class Asked:
        def ask(
            self, request: dict[str, object], *, about: str, cpu_seconds: float | None = None
        ) -> dict[str, object]:
            asked.append(request)
            return {"status": "absent"}

    for net in ("keep", "drop"):
        form = form_of("cs231n-2017", dropout_p="keep", net_dropout=net)
        student = Student(Asked(), Assignment.load("numpynn").contract, form)
        for name, args, kwargs in (
            ("dropout_forward", (np.ones(2), {"mode": "train", "p": 0.25}), {}),
            ("FullyConnectedNet", ([3],), {"dropout_keep_ratio": 0.25}),
        ):
            with pytest.raises(Exception, match="is not there"):
                getattr(student, name)(*args, **kwargs)
    layer_keep, net_keep, layer_drop, net_drop = asked
    assert layer_keep["args"][1]["p"] == layer_drop["args"][1]["p"] == 0.25  # type: ignore[index]
    assert net_keep["kwargs"]["dropout"] == 0.25  # type: ignore[index]
    assert net_drop["kwargs"]["dropout"] == 0.75  # type: ignore[index]


def test_where_the_release_was_named_nobody_is_asked() -> None:
    """What everybody was given says what the number means."""
    plugin = Assignment.load("numpynn").plugin
    named = replace(plugin.releases["cs231n-2017"], chosen="rubric")

    def student(_release: Release | None) -> Student:
        raise AssertionError("asked")

    assert plugin.observe(named, student) is named
