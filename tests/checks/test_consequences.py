"""A fault is said once, where it is."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from grader.model.contract import Contract, EntryTable
from grader.model.result import CheckResult, Finding, Frame, Outcome
from grader.runner.consequences import standing, unusable_files, with_consequences

USES = {"nets::loss": ("affine_forward", "relu_forward")}
CRASH = Finding(
    kind="exception",
    traceback=[
        Frame(file="fc_net.py", line=9, function="loss"),
        Frame(file="layers.py", line=3, function="relu_forward"),
    ],
)


def check(
    id: str, target: str, outcome: Outcome = Outcome.FAILED, finding: Finding | None = None
) -> CheckResult:
    return CheckResult(
        id=id, title=id, part="p", targets=[target], outcome=outcome, points=0, max_points=1,
        finding=finding,
    )  # fmt: skip


def origins(*checks: CheckResult, settled: tuple[str, ...] = ()) -> list[str]:
    replaced = dict.fromkeys(USES, settled)
    return [told.follows_from for told in with_consequences(checks, USES, {}, replaced)]


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.ERROR, Outcome.MISSING])
def test_a_net_that_fails_with_its_layer_follows_from_it(outcome: Outcome) -> None:
    layer, net = check("layers::out", "affine_forward", outcome), check("nets::loss", "Net")
    assert origins(layer, net) == ["", "affine_forward"]


def test_what_could_not_be_judged_follows_too_unless_it_was_not_asked_for() -> None:
    layer = check("layers::out", "affine_forward")
    net = check("nets::loss", "Net", Outcome.SKIPPED)
    assert origins(layer, net)[-1] == "affine_forward"
    net = check("nets::loss", "Net", Outcome.SKIPPED, Finding(kind="not_asked"))
    assert origins(layer, net)[-1] == ""


def test_a_net_that_fails_by_itself_follows_from_nothing() -> None:
    layer = check("layers::out", "affine_forward", Outcome.PASSED)
    assert origins(layer, check("nets::loss", "Net")) == ["", ""]


def test_what_raised_is_what_comes_first() -> None:
    layers = [check("layers::a", "affine_forward"), check("layers::r", "relu_forward")]
    net = check("nets::loss", "Net", Outcome.ERROR, CRASH)
    assert origins(*layers, net)[-1] == "relu_forward"


def test_what_fails_with_the_layer_replaced_is_its_own_fault() -> None:
    layer, net = check("layers::out", "affine_forward"), check("nets::loss", "Net")
    assert origins(layer, net, settled=("affine_forward",)) == ["", ""]


def test_two_nets_are_not_blamed_for_each_other() -> None:
    nets = [check("nets::loss", "Net"), check("nets::other", "Other")]
    assert origins(*nets) == ["", ""]


def test_a_file_that_cannot_be_used_is_said_once() -> None:
    reason = "layers.py, line 12: unexpected indent"
    broken = {"affine_forward": reason, "relu_forward": reason, "adam": "optim.py, line 3: bad"}
    unusable = unusable_files(broken, {}, [])
    assert unusable == {"affine_forward": reason, "relu_forward": reason}, "one alone says it"
    load = Finding(kind="load")
    checks = [
        check("layers::a", "affine_forward", Outcome.ERROR, load),
        check("layers::r", "relu_forward", Outcome.ERROR, load),
        check("optim::a", "adam", Outcome.ERROR, load),
        check("nets::loss", "Net"),
    ]
    told = with_consequences(checks, USES, unusable, {})
    assert [each.follows_from for each in told] == [reason, reason, "", reason]


def test_names_that_a_file_should_define_go_with_what_it_raised() -> None:
    locations = {"affine_forward": "layers.py", "relu_forward": "layers.py", "adam": "optim.py"}
    raised = "layers.py: NameError: name 'np' is not defined"
    found = unusable_files({}, locations, [raised, "notes.py: OSError: no"])
    assert found == {"affine_forward": raised, "relu_forward": raised}
    gone = check("layers::a", "affine_forward", Outcome.MISSING, Finding(kind="missing"))
    wrong = check("layers::r", "relu_forward", Outcome.FAILED, Finding(kind="values"))
    told = with_consequences([gone, wrong], USES, found, {})
    assert [each.follows_from for each in told] == [raised, ""]


CONTRACT = Contract.parse(
    {
        "Net": EntryTable("nets", "net*", stands_on=["front"]),
        "front": "layers: out, cache*",
        "back": EntryTable("layers", "dx", backward_of="front"),
        "loss": "losses: loss",
        "step": "rules: w",
    }
)


def test_functions_at_fault_stand_on_those_that_the_contract_names() -> None:
    wrong = [check(f"p::{name}", name) for name in ("Net", "front", "back", "step")]
    assert standing(CONTRACT, wrong) == {"Net": ["front", "back"], "back": ["front"]}
    assert standing(CONTRACT, wrong[:1]) == {}, "none of the others is at fault"


def test_what_a_check_failed_or_passed_for_is_what_its_function_stands_on() -> None:
    net = replace(check("p::net", "Net", Outcome.SKIPPED), follows_from="loss")
    passed = replace(check("p::rule", "step", Outcome.PASSED), follow_through=["loss"])
    found = standing(CONTRACT, [net, passed, check("p::loss", "loss")])
    assert found == {"Net": ["loss"], "step": ["loss"]}
