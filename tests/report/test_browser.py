"""The pages in a real browser: accessible in every view, quiet, and their controls work."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from msgspec.structs import replace

from grader.course.requests import read_request
from grader.model.result import Result
from grader.report.cell_output import fragment
from grader.report.class_statistics import report_href
from grader.report.html import class_page, ranking_page, student_page
from grader.report.oral_page import oral_page
from grader.report.regrade_page import regrade_page
from grader.report.request_form import RequestForm
from grader.report.similar_page import pair_page, similar_page
from grader.report.term_page import term_page
from grader.report.text import number
from tests.chromium import needs_browser, run_script
from tests.report import sample

TOKEN = "a" * 26

pytestmark = needs_browser


def _write(folder: Path, pages: dict[str, str]) -> list[Path]:
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return [folder / f"{name}.html" for name in pages]


def _notebook(cell: str) -> str:
    """A cell in the colours of a light and a dark notebook."""
    light, dark = "background: #fff; color: #212121", "background: #111; color: #e0e0e0"
    style = f"body {{ {light} }} @media (prefers-color-scheme: dark) {{ body {{ {dark} }} }}"
    head = f'<meta name="viewport" content="width=device-width"><style>{style}</style>'
    return f'<!doctype html><html lang="en">{head}<title>n</title><main><h1>n</h1>{cell}</main>'


def test_no_view_of_a_page_has_an_accessibility_violation(tmp_path: Path) -> None:
    pages = {
        "student": student_page(sample.result()),
        "student-copy-zh": student_page(sample.result(), audience="student", lang="zh"),
        "ungraded": student_page(sample.ungraded("hw", "The archive is encrypted.")),
        "hostile": student_page(sample.hostile()),
        "class": class_page(
            sample.class_results(),
            title="A class",
            made="2026-03-02",
            assignment="Networks",
            gradebook="gradebook.csv",
        ),
        "leaderboard": ranking_page(sample.leaderboard(), title="Round 1"),
        "class-hostile": class_page([sample.hostile(text) for text in sample.HOSTILE], title="x"),
        "class-notebooks": class_page(sample.notebook_results(30), title="Notebooks"),
        "student-notebooks": student_page(
            replace(sample.result(), notebooks=[*sample.notebooks(3), *sample.notebooks(7)])
        ),
        "class-large": class_page(sample.class_results(520), title="Many"),
        "class-empty": class_page([], title="Nobody"),
        "regrade": regrade_page(sample.regraded(), title="Networks"),
        "term": term_page(sample.term(), made="2026-03-02"),
        "settled": student_page(sample.settled(), ask=RequestForm(TOKEN, "x", "ta@example.org")),
        "cell": _notebook(fragment(sample.selfcheck(sample.checks()))),
        "oral": oral_page(sample.oral_sheet(), made="2026-03-02"),
        "similar": similar_page(sample.similar_report(), title="A class", made="2026-03-02"),
        "pair": pair_page(
            sample.similar_report(),
            sample.similar_report().pairs[0],
            sample.programs_alike(),
            title="A class",
        ),
        "class-similar": class_page(
            sample.class_results(3), title="A class", similar=sample.similar_report()
        ),
    }
    views = run_script("axe.mjs", *_write(tmp_path, pages))
    assert len(views) == 4 * len(pages)
    assert [view for view in views if view["violations"] or view["incidents"]] == []
    assert [view for view in views if view["overflow"] > 0] == []


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Any:
    pages = {
        "class": class_page(
            [*sample.class_results(58), sample.result("zuse-10"), sample.result("zuse-9")],
            title="A class",
        ),
        "student": student_page(
            sample.result(), ask=RequestForm(TOKEN, "Networks & more", "ta@example.org")
        ),
    }
    return run_script("behaviour.mjs", *_write(tmp_path_factory.mktemp("pages"), pages))


@pytest.fixture(scope="module")
def many() -> list[Result]:
    return sample.class_results(1200)


@pytest.fixture(scope="module")
def turned(many: list[Result], tmp_path_factory: pytest.TempPathFactory) -> Any:
    page = class_page([*many, sample.ungraded("aaa", "Empty.")], title="Large")
    paths = _write(tmp_path_factory.mktemp("pages"), {"large": page})
    return run_script("paging.mjs", *paths, "TURING-Ada")


def test_a_large_table_is_turned_page_by_page(turned: Any) -> None:
    pages = [turned[name] for name in ("first", "second", "back")]
    assert [page["range"] for page in pages] == [
        *("1–500 of 1,201", "501–1,000 of 1,201", "1–500 of 1,201"),
    ]
    assert [len(page["names"]) for page in pages] == [500, 500, 500]
    assert [(page["previous"], page["next"]) for page in pages] == [
        *((True, False), (False, False), (True, False)),
    ]
    assert turned["first"]["names"] == turned["back"]["names"]
    assert not set(turned["first"]["names"]) & set(turned["second"]["names"])


def test_rows_made_by_the_script_are_as_those_of_the_page(turned: Any, many: list[Result]) -> None:
    every = [r for r in many if r.graded]
    scores = {result.submission: number(result.final) for result in every}
    shown = dict(zip(turned["second"]["names"], turned["second"]["scores"], strict=True))
    assert {name: scores.get(name, "–") for name in shown} == {
        name: score.replace("late −7 ", "") for name, score in shown.items()
    }
    assert turned["second"]["hrefs"] == [report_href(name) for name in turned["second"]["names"]]


def test_the_search_finds_who_is_on_no_page(turned: Any, many: list[Result]) -> None:
    wanted = [r.submission for r in many if "turing-ada" in r.submission]
    assert sorted(turned["found"]["names"]) == sorted(wanted)
    assert not set(wanted) <= set(turned["first"]["names"])
    assert turned["found"]["status"] == f"{len(wanted)} of 1,201 shown"
    assert (turned["found"]["previous"], turned["found"]["next"]) == (True, True)


def test_a_large_table_sorts_as_a_whole(turned: Any, many: list[Result]) -> None:
    best = sorted((r.final for r in many if r.graded), reverse=True)
    assert turned["byScore"]["scores"] == [number(score) for score in best[:500]]


def test_the_notebooks_of_a_large_table_sort_by_failed_cells(tmp_path: Path) -> None:
    page = class_page(sample.notebook_results(600), title="Notebooks")
    seen = run_script("paging.mjs", *_write(tmp_path, {"large": page}), "hopper")
    shown = seen["byNotebooks"]["notebooks"]
    ran = [cell for cell in shown if "/" in cell]
    assert set(ran) == {"3 / 4", "2 / 4", "1 / 4"}
    assert ran == shown[: len(ran)] == sorted(ran, reverse=True)
    assert set(shown[len(ran) :]) == {"not submitted", "–"}
    assert "not submitted" in seen["second"]["notebooks"]


def test_a_large_page_loads_nothing(turned: Any) -> None:
    assert [i for i in turned["incidents"] if not i.startswith("request: file:")] == []


def _numbers(cells: list[str]) -> list[float]:
    return [float(cell) for cell in cells if cell != "–"]


def test_the_table_sorts_by_score_both_ways_with_the_ungraded_last(seen: Any) -> None:
    down, up = seen["class"]["byScore"], seen["class"]["byScoreUp"]
    assert _numbers(down) == sorted(_numbers(down), reverse=True)
    assert _numbers(up) == sorted(_numbers(up))
    ungraded = down.count("–")
    assert ungraded >= 2
    assert down[-ungraded:] == up[-ungraded:] == ["–"] * ungraded


def test_the_table_sorts_by_part_and_by_name(seen: Any) -> None:
    part = _numbers(seen["class"]["byPart"])
    assert part == sorted(part, reverse=True)
    assert seen["class"]["byName"] != seen["class"]["byScore"]
    ascii_names = [name for name in seen["class"]["byName"] if name.isascii()]
    surnames = [name.split("-")[0] for name in ascii_names]
    assert surnames == sorted(surnames)
    assert ascii_names[-2:] == ["zuse-9", "zuse-10"]


def test_the_sorted_column_is_announced(seen: Any) -> None:
    assert [mark for mark in seen["class"]["initial"] if mark] == ["ascending"]
    assert seen["class"]["byScoreMark"][:3] == [None, "descending", None]


def test_the_search_narrows_the_table_and_says_so(seen: Any) -> None:
    hoppers = [name for name in seen["class"]["names"] if "hopper" in name]
    assert sorted(seen["class"]["found"]) == sorted(hoppers)
    assert 0 < len(hoppers) < seen["class"]["all"] == 60
    assert seen["class"]["status"] == f"{len(hoppers)} of 60 shown"


def test_details_open_together_and_stay_folded_on_paper(seen: Any) -> None:
    student = seen["student"]
    assert student["closed"] == student["closedAgain"] == student["printed"] == 0
    assert student["opened"] == student["details"] > 0


def test_of_what_passed_paper_has_the_remarks_alone(seen: Any) -> None:
    assert seen["student"]["passedOnPaper"] == [True]


def test_a_request_is_saved_and_mailed_as_it_was_written(seen: Any, tmp_path: Path) -> None:
    student, file = seen["student"], tmp_path / seen["student"]["savedAs"]
    file.write_text(student["saved"], encoding="utf-8")
    saved = read_request(file)
    file.write_text(unquote(student["mail"].partition("&body=")[2]), encoding="utf-8")
    mailed = read_request(file)
    part = sample.result().parts[0].id
    for request in (saved, mailed):
        assert request[:3] == (TOKEN, part, "Mine is right, & yours?")
    assert saved.asked is not None
    assert file.name == "regrade-aaaaaaaa.json"
    assert student["mail"].startswith(
        "mailto:ta@example.org?subject=Regrade%20request%3A%20Networks"
    )


def test_scripts_are_admitted_and_nothing_else_happens(seen: Any) -> None:
    assert seen["class"]["incidents"] == seen["student"]["incidents"] == []


def test_a_script_that_is_not_ours_is_blocked(tmp_path: Path) -> None:
    page = student_page(replace(sample.result(), title="x"))
    injected = page.replace("</main>", "<script>alert(1)</script></main>")
    assert injected != page
    views = run_script("axe.mjs", *_write(tmp_path, {"injected": injected}))
    for view in views:
        assert any("Content Security Policy" in incident for incident in view["incidents"])
        assert not any(incident.startswith("dialog") for incident in view["incidents"])
