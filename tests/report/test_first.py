"""What to fix is told once, in the order in which to do it, wherever it is shown."""

from __future__ import annotations

import io
import re
import subprocess
import sys

import pytest
from msgspec.structs import replace
from rich.console import Console

from grader.model.result import Cause, CheckResult, Outcome, Result, SourceSpan, Visibility
from grader.report.card_text import CardLine, card_lines
from grader.report.cards import Card, cards_of
from grader.report.cell_output import fragment, plain
from grader.report.html import student_page
from grader.report.strings import Lang, Texts
from grader.report.terminal import summary
from tests.report import sample

FILE = "layers.py, line 12: unexpected indent"
UNTIL: dict[Lang, str] = {"en": "cannot be judged until it is fixed", "zh": "改正之后才能评判"}


def faulty() -> Result:
    """A layer that is wrong, three checks of a net that depend on it, and two of a broken file."""
    checks = [sample.check("affine_forward", "layers", Outcome.FAILED, message="out is wrong.")]
    checks += [
        sample.check(f"net_{n}", "nets", Outcome.ERROR, message=f"Net {n} raised.",
                     follows_from="affine_forward")
        for n in range(3)
    ]  # fmt: skip
    checks += [
        sample.check(f"adam_{n}", "optim", Outcome.ERROR, message=f"Adam {n}.", follows_from=FILE)
        for n in range(2)
    ]
    return sample.selfcheck(checks)


def on_terminal(result: Result, lang: Lang) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(summary(result, lang=lang))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def shown(result: Result, lang: Lang = "en") -> dict[str, str]:
    texts = {
        "terminal": on_terminal(result, lang),
        "page": student_page(result, lang=lang),
        "notebook": fragment(result, lang=lang),
        "text": plain(result, lang=lang),
    }
    return {where: re.sub(r"<(style|script)>.*?</\1>|<[^>]*>", "", text, flags=re.S)
            for where, text in texts.items()}  # fmt: skip


def test_work_that_was_not_graded_says_why_everywhere() -> None:
    for where, text in shown(sample.ungraded("hw", "The archive is encrypted.")).items():
        assert "The archive is encrypted." in text, where
        assert "0 of 0" not in text, where


def made(*checks: CheckResult, **stands_on: list[str]) -> list[Card]:
    return cards_of(checks, titles={"layers": "Layers"}, stands_on=stands_on)


def wrong(name: str, case: str = "a", **fields: object) -> CheckResult:
    values: dict[str, object] = {"targets": [name], "message": f"{name} is wrong.", **fields}
    return sample.check(f"{name}[{case}]", "layers", Outcome.FAILED, **values)


def mistake(id: str, function: str = "scale", *, certain: bool = True, choice: int = 0) -> Cause:
    return Cause(id=id, kind="mistake", function=function, title=id, certain=certain, choice=choice)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_each_fault_is_named_once_with_what_depends_on_it(lang: Lang) -> None:
    for where, text in shown(faulty(), lang).items():
        assert text.count("out is wrong.") == 1, where
        assert FILE in text, where
        assert text.count(UNTIL[lang]) == 2, where


def test_what_depends_on_another_fault_is_not_spelt_out() -> None:
    for where, text in shown(faulty()).items():
        assert "3 checks of Fully connected networks depend on this" in text, where
        assert "Net 1 raised." not in text, where


def test_a_file_that_cannot_be_used_comes_before_all_else() -> None:
    for where, text in shown(faulty()).items():
        assert text.index(FILE) < text.index("out is wrong."), where


def test_a_notebook_is_no_broken_file_whatever_its_name() -> None:
    cards = made(wrong("scale"), wrong("two-layer net"), *faulty().checks[-2:])
    assert [card.what for card in cards] == [FILE, "scale", "two-layer net"]


def test_a_check_for_no_function_goes_by_its_title() -> None:
    aimless = [wrong("nets_learn", case, targets=[], title="Nets learn") for case in "ab"]
    result = sample.selfcheck([wrong("scale"), *aimless])
    assert [card.what for card in made(*result.checks)] == ["scale", "Nets learn"]
    for where, text in shown(result).items():
        assert "Nets learn" in text, where
        assert "::" not in text, where


def test_nothing_comes_first_where_there_is_one_thing() -> None:
    alone = sample.selfcheck([wrong("scale")])
    for where, text in shown(alone).items():
        assert "first" not in text.casefold(), where


def test_all_failures_of_a_function_are_one_card() -> None:
    checks = [wrong("scale", "a"), wrong("scale", "b"), wrong("scale", "c", message="It is NaN."),
              replace(wrong("scale", "d"), outcome=Outcome.SKIPPED), wrong("shift")]  # fmt: skip
    cards = made(*checks)
    assert [card.what for card in cards] == ["scale", "shift"]
    assert (cards[0].count, len(cards[0].own), len(cards[0].waiting)) == (3, 2, 1)


def test_what_others_stand_on_comes_first() -> None:
    names = ["net", "back", "front", "other"]
    cards = made(*map(wrong, names), net=["back", "front"], back=["front"])
    assert [card.what for card in cards] == ["front", "back", "net", "other"]


def test_a_circle_ends() -> None:
    cards = made(wrong("a"), wrong("b"), a=["b"], b=["a"])
    assert sorted(card.what for card in cards) == ["a", "b"]


def test_a_check_belongs_to_the_function_whose_mistake_explains_it() -> None:
    net = wrong("net", causes=[mistake("m", "scale")])
    cards = made(net, wrong("scale", causes=[mistake("m", "scale")]))
    assert [card.what for card in cards] == ["scale"]
    assert cards[0].waiting == [net]


def test_a_mistake_is_told_once_and_as_surely_as_any_check_says() -> None:
    open_ = [mistake("m", certain=False, choice=1), mistake("n", certain=False, choice=1)]
    (card,) = made(wrong("scale", "a", causes=open_), wrong("scale", "b", causes=[mistake("m")]))
    assert [[cause.id for cause in group.causes] for group in card.cause_groups] == [["m"]]
    assert card.cause_groups[0].label == ""


def test_a_line_of_a_card_is_punctuated_in_its_language() -> None:
    cause = {
        "en": ("Summed, not averaged", "N times too large."),
        "zh": ("求和而不是平均", "大了 N 倍。"),
    }
    said = {lang: str(CardLine("cause", text, aside=more)) for lang, (text, more) in cause.items()}
    assert said == {
        "en": "Summed, not averaged. N times too large.",
        "zh": "求和而不是平均。大了 N 倍。",
    }
    span = SourceSpan(file="f.py", first_line=3, last_line=3)
    (card,) = made(wrong("scale", source=span))
    heads = [next(card_lines(card, Texts(lang), "student", points=True)).aside
             for lang in ("en", "zh")]  # fmt: skip
    assert heads == ["Layers, f.py, line 3, 0 / 2", "Layers，f.py，第 3 行，0 / 2"]


def test_the_check_that_may_show_its_values_is_told_in_full() -> None:
    hidden = wrong("scale", "a", visibility=Visibility.HIDDEN)
    (card,) = made(hidden, wrong("scale", "b"))
    assert card.shown is not None
    assert card.shown.check.id.endswith("[b]")


def test_what_is_not_there_yet_is_listed_apart() -> None:
    todo = sample.check("adam", "optim", Outcome.MISSING, message="adam is not implemented yet.")
    page = student_page(sample.selfcheck([todo]))
    assert "What to fix" not in page
    assert "Not done yet" in page
    assert "is not implemented yet" not in page, "the heading says so"


def test_what_students_see_of_their_own_check_needs_no_template_engine() -> None:
    """Their kit is small, and their notebook answers at once."""
    code = (
        "import sys, grader.report.cell_output; "
        "print(*{'jinja2', 'nbformat', 'numpy', 'rich', 'grader.verify', 'grader.diagnosis'}"
        " & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
