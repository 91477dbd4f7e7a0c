"""The time that a first bank may take has a bound, and what was found by then is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from grader.authoring import unit_reports
from grader.authoring.allowance import Allowance
from grader.authoring.mutant_trials import Trials, Tried
from grader.authoring.native_reference import NativeReference, tried
from grader.authoring.new_assignment import Made
from grader.authoring.next_steps import summary_of
from grader.authoring.reference_source import ReferenceSource
from grader.authoring.survey import survey
from grader.authoring.unit_reports import explored
from grader.model.contract import ContractEntry
from grader.sandbox.forked_tasks import Done
from grader.verify.mutants import Mutant, make_mutants
from grader.verify.observation import Observation


def test_nothing_is_left_of_nothing_but_a_task_gets_a_moment() -> None:
    allowance = Allowance(0.0)
    assert allowance.left == 0
    assert allowance.task(60) == 2
    assert Allowance(1e6).task(60) == 60
    assert Allowance(1e6).part(0.25).task(1e9) <= 250_000


class _Soon(Allowance):
    """Is spent after it was looked at a few times."""

    def __init__(self, seconds: float, looks: int = 12) -> None:
        super().__init__(1e6)
        self.looks = looks

    @property
    def left(self) -> float:
        self.looks -= 1
        return float(max(0, self.looks))

    def part(self, share: float) -> Allowance:
        return Allowance(1e6)

    def task(self, most: float) -> int:
        return int(most)


SUMS = "def f(x, y):\n    return 2 * x + y.sum(axis=0) ** 2\n"


def test_the_best_bank_so_far_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setattr("grader.authoring.survey.Allowance", _Soon)
    found = survey(ReferenceSource("sums", {"sums.py": SUMS}), 1, lambda *_: None)
    assert found.chosen
    assert 0 < found.mutants < found.mutants + found.untried
    lines = list(summary_of(Made(tmp_path_factory.getbasetemp(), found)))
    assert any(f"before {found.untried} further mutants were tried" in line for line in lines)


SLOW = "def f(x):\n    return x + 1\n\n\nwhile True:\n    f(1)\n"
LACKING = "import no_such_library\n\n\ndef g(x):\n    return no_such_library.double(x)\n"


def test_why_a_module_cannot_be_used_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit_reports, "_IMPORT_SECONDS", 0.1)
    source = ReferenceSource("parts", {"slow.py": SLOW, "lacking.py": LACKING})
    left_out = explored(source, 1, Allowance(600), lambda *_: None).left_out
    assert 'put what runs then under `if __name__ == "__main__":`' in left_out["f"]
    assert "No module named 'no_such_library'" in left_out["g"]


LOST = """\
class Thrown:
    first = True

    def __del__(self):
        while Thrown.first:
            Thrown.first = False
            while True:
                pass


def endless(x):
    while True:
        Thrown()
"""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_call_is_stopped_whatever_it_throws_away() -> None:
    source = ReferenceSource("lost", {"lost.py": LOST})
    reference = NativeReference(source.files, "lost")
    done, _ = tried(lambda: reference.resolve("lost", "endless")(1), seconds=0.1)
    assert not done


def test_a_check_that_ends_its_process_costs_those_beside_it_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("grader.authoring.mutant_trials._BATCH", 1)
    source = ReferenceSource("ends", {"ends.py": "import os\n\n\ndef f(x):\n    os._exit(3)\n"})
    body = "def test_it(student, reference, inputs):\n    "
    checks = {"fine": body + "assert True\n", "ends": body + "student.f(1)\n"}
    contract = {"f": ContractEntry("ends", ("out",))}
    found = Trials(source, contract, checks).on_reference()
    assert list(found.passed) == ["fine"]
    assert found.refused == {"ends": "trying it ends: exit status 3"}


def test_a_check_whose_own_function_returns_the_answer_is_refused() -> None:
    text = "def apply(f, x):\n    return f(x)\n\n\ndef twice(f, x):\n    return 2 * f(x)\n"
    source = ReferenceSource("given", {"given.py": text})
    body = "def test_it(student, reference, inputs):\n    for side in (reference, student):\n"
    checks = {
        name: f"{body}        side.{name}(lambda v: 3.5 * v, 2.0)\n" for name in ("apply", "twice")
    }
    contract = {name: ContractEntry("given", ("out",)) for name in checks}
    found = Trials(source, contract, checks).on_reference()
    assert list(found.passed) == ["twice"]
    assert found.refused == {"apply": "a function that it hands over returns the answer"}


def test_what_depends_on_memory_that_nobody_filled_is_refused() -> None:
    text = "import numpy as np\n\n\ndef f(n):\n    return np.empty(n)\n"
    body = "def test_it(student, reference, inputs):\n    "
    checks = {"empty": body + "assert_same('f', student.f(3), reference.f(3))\n"}
    source = ReferenceSource("blank", {"blank.py": text})
    found = Trials(source, {"f": ContractEntry("blank", ("out",))}, checks).on_reference()
    assert found.refused["empty"].startswith("Wrong: ")


def test_the_order_in_which_mutants_end_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def backwards(
        tasks: Iterable[tuple[int, Mutant]], *_: object, **__: object
    ) -> Iterator[Done[tuple[int, Mutant]]]:
        return reversed([Done(task, b'"it"\n', "") for task in tasks])

    monkeypatch.setattr("grader.authoring.mutant_trials.run_forked", backwards)
    source = ReferenceSource("sum", {"sum.py": "def f(x, n):\n    return x + 2 * n - 1\n"})
    contract = {"f": ContractEntry("sum", ("out",))}
    mutants = make_mutants(source.files, Observation(contract))
    nothing = Tried({}, {}, Observation(contract), {})
    runs = Trials(source, contract, {}).on_mutants(nothing, mutants, [], 2, Allowance(60))
    assert [mutant for mutant, _ in runs] == mutants
