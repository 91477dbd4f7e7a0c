"""What to fix first is named once, and what follows from it is folded, wherever it is shown."""

from __future__ import annotations

import io

import pytest
from msgspec.structs import replace
from rich.console import Console

from grader.model.result import CheckResult, Outcome, Result
from grader.report.cell_output import fragment, plain
from grader.report.html import student_page
from grader.report.strings import Lang
from grader.report.terminal import summary
from tests.report import sample

FIRST: dict[Lang, str] = {"en": "Fix first", "zh": "请先修复"}
FILE = "layers.py, line 12: unexpected indent"


def faulty() -> Result:
    """A layer that is wrong, three checks of a net that depend on it, and two of a broken file."""
    checks = [sample.check("affine_values", "layers", Outcome.FAILED, message="out is wrong.")]
    checks += [
        sample.check(f"net_{n}", "nets", Outcome.ERROR, message=f"Net {n} raised.",
                     follows_from="affine_forward")
        for n in range(3)
    ]  # fmt: skip
    checks += [
        sample.check(f"adam_{n}", "optim", Outcome.ERROR, message=f"Adam {n}.", follows_from=FILE)
        for n in range(2)
    ]
    return sample.tally(replace(sample.result(), checks=checks))


def on_terminal(result: Result, lang: Lang) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(summary(result, lang=lang))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def shown(lang: Lang) -> dict[str, str]:
    result = faulty()
    checks: list[CheckResult] = result.checks
    return {
        "terminal": on_terminal(result, lang),
        "page": student_page(result, lang=lang),
        "notebook": fragment(checks, lang=lang),
        "text": plain(checks, lang=lang),
    }


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_comes_first_is_named_with_what_depends_on_it(lang: Lang) -> None:
    for where, text in shown(lang).items():
        assert FIRST[lang] in text, where
        assert "affine_forward" in text, where
        assert FILE in text, where
        assert "out is wrong." in text, where


def test_what_follows_is_not_spelt_out() -> None:
    for where, text in shown("en").items():
        assert "3 other checks depend on it" in text, where
        assert "2 checks cannot be judged" in text, where
        if where != "page":
            assert "Net 1 raised." not in text, where
    page = student_page(faulty())
    assert page.index("3 checks that wait for affine_forward") < page.index("Net 1 raised.")


def test_nothing_comes_first_where_nothing_follows() -> None:
    assert FIRST["en"] not in student_page(sample.result())
    assert FIRST["en"] not in on_terminal(sample.result(), "en")
