"""Similar work and the roster on the desk: who is named to whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.course.course_folder import CourseFolder
from grader.model.similar_pairs import (
    ComparedSubmission,
    ScoreSpread,
    SimilarityReport,
    SimilarPair,
)
from tests.web.desk_room import ADA, BO, CEM, HW, PEOPLE, Browser

PAGE = "<!doctype html><title>two</title>"


@pytest.fixture
def compared(course: CourseFolder) -> CourseFolder:
    """A course with three pairs: of section A, of A and B, and with an earlier year."""
    people = [ComparedSubmission(id=key, name=key, section=PEOPLE[key]) for key in (ADA, CEM, BO)]
    before = ComparedSubmission(id="old", name="Old Hand", other="2025")
    pairs = [(0, 1), (0, 2), (0, 3)]
    report = SimilarityReport(
        submissions=[*people, before],
        pairs=[
            SimilarPair(first=a, second=b, score=0.9, stands_out=True, page=f"{n}.html")
            for n, (a, b) in enumerate(pairs)
        ],
        groups=[],
        spread=ScoreSpread(pairs=6, bins=[6], median=0.1, ninety_nine=0.2, threshold=0.5),
    )
    folder = course.out(HW) / "similar"
    folder.mkdir()
    (folder / "0.html").write_text(PAGE, encoding="utf-8")
    with course.changing("x") as change:
        change.put_comparison(HW, report)
    return course


def test_the_pairs_are_listed(compared: CourseFolder, owner: Browser) -> None:
    page = owner.get("/a/hw/similar").text
    assert f"{ADA} (A) and {CEM} (A)" in page
    assert "Old Hand (2025)" in page
    assert "not yet copied" in page


def test_an_assistant_sees_pairs_of_their_sections_alone(
    compared: CourseFolder, assistant: Browser
) -> None:
    page = assistant.get("/a/hw/similar").text
    assert f"{ADA} (A) and {CEM} (A)" in page
    assert BO not in page
    assert "Old Hand" not in page
    assert assistant.get("/a/hw/similar/1").status_code == 200
    for hidden in ("/a/hw/similar/2", "/a/hw/similar/2/programs", "/a/hw/similar/3"):
        assert assistant.get(hidden).status_code == 404


def test_programs_come_in_a_sandbox(compared: CourseFolder, owner: Browser) -> None:
    page = owner.get("/a/hw/similar/1/programs")
    assert page.text == PAGE
    assert page.headers["content-security-policy"].startswith("sandbox allow-scripts;")
    assert 'sandbox="allow-scripts"' in owner.get("/a/hw/similar/1").text


def test_a_page_that_is_gone_is_said(compared: CourseFolder, owner: Browser) -> None:
    gone = owner.get("/a/hw/similar/2/programs")
    assert gone.status_code == 404
    assert "grader similar" in gone.text
    assert owner.get("/a/hw/similar/99").status_code == 404


def test_a_page_cannot_lie_elsewhere(compared: CourseFolder, owner: Browser) -> None:
    secret = compared.path / "secret.html"
    secret.write_text("secret", encoding="utf-8")
    with compared.reading() as view:
        stored = view.comparison(HW)
    assert stored is not None
    (first, *rest) = stored.report.pairs
    moved = SimilarPair(
        first=first.first,
        second=first.second,
        score=1,
        stands_out=True,
        page="../../../secret.html",
    )
    with compared.changing("x") as change:
        change.put_comparison(HW, _with_pairs(stored.report, [moved, *rest]))
    assert owner.get("/a/hw/similar/1/programs").status_code == 404
    assert Path(secret).exists()


def _with_pairs(report: SimilarityReport, pairs: list[SimilarPair]) -> SimilarityReport:
    return SimilarityReport(
        submissions=report.submissions, pairs=pairs, groups=[], spread=report.spread
    )


def test_nothing_compared(owner: Browser) -> None:
    assert "grader similar --for hw" in owner.get("/a/hw/similar").text


def test_the_roster(owner: Browser, assistant: Browser) -> None:
    page = owner.get("/people").text
    assert "Ada Byron" in page
    assert "s2@uni.edu" in page
    assert "Kit &amp; &lt;b&gt;Co&lt;/b&gt;" in page
    assert "Bo Lin" not in assistant.get("/people").text
    found = owner.get("/people?text=oz&section=A").text
    assert "Cem Öz" in found
    assert "Ada Byron" not in found
    assert "Nobody fits" in owner.get("/people?text=nobody&page=x").text
