"""Submissions of assignments that are not the shipped one."""

from __future__ import annotations

from pathlib import Path

from grader.model.contract import Contract
from grader.model.submission_form import SubmissionForm
from grader.submission import Submission, discover, load, single
from tests.submission.samples import write

CONTRACT = Contract.parse({"Tensor": "hw1: t*", "order": "hw1: order"})
FORM = SubmissionForm(["hw1"], ["hw1"])
DONE = "class Tensor:\n    pass\n\n\ndef order(x):\n    return sorted(x)\n"
STUB = "class Tensor:\n    pass\n\n\ndef order(x):\n    raise NotImplementedError\n"


def read(path: Path, form: SubmissionForm | None = FORM) -> Submission:
    return load(single(path), contract=CONTRACT, form=form)


def test_each_loose_file_is_a_submission_where_there_is_one_module(tmp_path: Path) -> None:
    names = ["ann_12_45_my_solution.py", "bob_123_456_hw1.py", "carol.py"]
    write(tmp_path / "class", dict.fromkeys(names, DONE))
    sources = list(discover(tmp_path / "class", FORM))
    assert [(source.path.name, source.problem) for source in sources] == [(n, "") for n in names]
    for source in sources:
        assert read(source.path).locations.keys() == {"Tensor", "order"}
        assert not any("Only" in note for note in read(source.path).notes)


def test_a_file_of_the_modules_name_is_a_submission_by_itself(tmp_path: Path) -> None:
    path = write(tmp_path / "ann", {"hw1.py": DONE})
    assert [source.path for source in discover(path, FORM)] == [path]


def test_of_several_folders_that_with_most_work_is_graded(tmp_path: Path) -> None:
    """Whatever the folders are called, if the assignment does not prefer one."""
    path = write(tmp_path / "ann", {"hw1/hw1.py": DONE, "hw2/hw1.py": STUB})
    assert read(path).package == "hw1"
    other = write(tmp_path / "bob", {"hw1/hw1.py": STUB, "hw2/hw1.py": DONE})
    assert read(other).package == "hw2"


def test_the_folder_that_the_assignment_prefers_wins(tmp_path: Path) -> None:
    path = write(tmp_path / "ann", {"week3/hw1.py": STUB, "week4/hw1.py": DONE})
    assert read(path, SubmissionForm(["hw1"], ["hw1"], ["week3"])).package == "week3"


def test_modules_of_one_package_may_lie_under_several_folders(tmp_path: Path) -> None:
    contract = Contract.parse({"Tensor": "needle.autograd: t*", "loss": "apps.simple: loss"})
    files = {
        "python/needle/autograd.py": "class Tensor:\n    pass\n",
        "python/needle/__init__.py": "",
        "apps/simple.py": "from needle.autograd import Tensor\n\n\ndef loss(a):\n    return a\n",
    }
    found = load(single(write(tmp_path / "ann", files)), contract=contract)
    assert found.locations.keys() == {"Tensor", "loss"}
    assert not found.missing
