"""What the class page names and marks, and that nothing in it scrolls by itself."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from grader.model.result import Outcome
from grader.report.html import asset, class_page, student_page
from grader.report.strings import Lang, Texts
from tests.report import sample


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_assignment_is_named_and_the_gradebook_linked(lang: Lang) -> None:
    page = class_page(
        [sample.result()], title="spring <b>", assignment="Nets & more", gradebook="gradebook.csv",
        lang=lang,
    )  # fmt: skip
    assert "<title>Nets &amp; more · spring &lt;b&gt;</title>" in page
    assert "<h1>Nets &amp; more</h1>" in page
    assert f'<p class="kicker">{Texts(lang)("class.title")} · spring &lt;b&gt;</p>' in page
    assert f'<a href="gradebook.csv">{Texts(lang)("class.gradebook")}</a>' in page


def test_a_class_without_either_is_named_itself() -> None:
    page = class_page([sample.result()], title="spring")
    assert "<h1>spring</h1>" in page
    assert "gradebook.csv" not in page


def test_columns_say_their_maxima() -> None:
    one, other = sample.result("a"), sample.result("b")
    first = replace(other.parts[0], max_points=17.0)
    page = class_page([one, replace(other, parts=[first, *other.parts[1:]])], title="x")
    heads = re.findall(r'<span class="name">([^<]*)</span> <span class="dim max">([^<]*)<', page)
    assert [told for _, told in heads[:2]] == ["of 15–17", "of 10"]
    assert f'{Texts("en")("score")} <span class="dim max">of ' in page


def test_losses_are_marked_and_full_points_are_not() -> None:
    result = sample.result("a")
    parts = [replace(part, points=part.max_points) for part in result.parts]
    parts[0] = replace(parts[0], points=0.8 * parts[0].max_points)
    page = class_page([replace(result, parts=parts)], title="x")
    cells = dict(re.findall(r'<td class="num h(\d)"(?: data-label="([^"]*)")?', page))
    assert cells == {"3": parts[0].title, "4": ""}
    style = asset("page.css")
    assert re.search(r"\.students \.h3 \{ --lost: 0\.\d+; \}", style)
    assert ".students .h4" not in style


def test_no_box_of_the_page_scrolls() -> None:
    page = class_page(sample.notebook_results(30), title="x")
    assert 'class="scroll' not in page
    assert "tabindex" not in page.partition("<main")[2]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_nothing_is_headed_as_to_be_fixed_where_nothing_is(lang: Lang) -> None:
    texts = Texts(lang)
    result = sample.result("a")
    good = [check for check in result.checks if check.outcome is Outcome.PASSED]
    page = student_page(replace(result, checks=good, notebooks=[]), lang=lang)
    assert texts("student.to_fix") not in page
    assert texts("student.all_passed") in page
    assert texts("student.to_fix") in student_page(result, lang=lang)
    nothing = student_page(replace(result, checks=[], notebooks=[]), lang=lang)
    assert texts("student.all_passed") not in nothing


def test_a_question_stands_above_its_answer() -> None:
    page = student_page(replace(sample.result(), notebooks=sample.notebooks(3)))
    asked, answered = page.index("<strong>matter</strong>"), page.index("<em>noise</em>")
    assert asked < answered
    assert "</details>" not in page[asked:answered]


def test_a_curve_has_axes_with_titles_and_numbers() -> None:
    page = student_page(replace(sample.result(), notebooks=sample.notebooks(3)))
    figure = re.search(r"<figure>.*?</figure>", page, re.DOTALL)
    assert figure
    text = re.sub(r"<[^>]*>", " ", figure[0])
    assert "Accuracy in percent" in text
    assert "Measurement (usually one per epoch)" in text
    assert re.findall(r'<text class="x"[^>]*>([^<]*)<', figure[0]) == ["1", "2", "3"]
    assert re.findall(r'<text class="y"[^>]*>([^<]*)<', figure[0])[-1] == "100"
    assert "Vertical axis: Accuracy in percent, from 0 to 100." in figure[0]
    assert '<td class="num">35.0</td>' in figure[0]
