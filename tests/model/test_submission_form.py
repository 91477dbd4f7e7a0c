"""What a submission's folders and files are called."""

from __future__ import annotations

import pytest

from grader.model.submission_form import UNKNOWN, SubmissionForm

FORM = SubmissionForm(
    ["layers", "nets.fc_net", "layers", "notebook:Fit"], ["pkg"], ["assignment2", "hw2", "final"]
)


@pytest.mark.parametrize(
    ("folder", "preferred", "another"),
    [
        ("assignment2/pkg", True, False),
        ("spring Assignment 02/pkg", True, False),
        ("work/HW_2", True, False),
        ("final/pkg", True, False),
        ("finals/pkg", False, False),
        ("assignment3/pkg", False, True),
        ("hw1", False, True),
        ("assignment12", False, True),
        ("homework1/pkg", False, False),
        ("pkg", False, False),
    ],
)
def test_the_assignments_folder_is_told_from_that_of_another(
    folder: str, preferred: bool, another: bool
) -> None:
    assert (FORM.prefers(folder), FORM.is_another(folder)) == (preferred, another)


def test_modules_are_found_by_the_last_part_of_their_names() -> None:
    assert FORM.stems == {"layers", "fc_net"}
    assert FORM.plain_stems == {"layers", "fcnet"}
    assert not FORM.is_single_file
    assert SubmissionForm(["hw1", "hw1"]).is_single_file
    assert not SubmissionForm(["notebook:Fit"]).is_single_file


def test_without_an_assignment_nothing_is_preferred() -> None:
    assert not UNKNOWN.prefers("assignment2")
    assert not UNKNOWN.is_another("assignment2")
