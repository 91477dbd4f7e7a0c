"""The pages are self-contained, escape what students wrote, and keep hidden checks hidden."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from jinja2 import UndefinedError
from msgspec.structs import replace

from grader.model.release import ReleaseInfo
from grader.model.result import Audience, CheckResult, Finding, Outcome, Result, Visibility
from grader.report.cell_output import fragment, plain
from grader.report.html import class_page, environment, prose, student_page
from grader.report.strings import Lang, Texts
from tests.report import sample

URL_ATTRIBUTES = {"src", "href", "xlink:href", "action", "formaction", "data", "poster", "srcset"}
REST = re.compile(r'<script type="application/json" id="rest">(.*?)</script>', re.DOTALL)
LANGS: tuple[Lang, ...] = ("en", "zh")
AUDIENCES: tuple[Audience, ...] = ("instructor", "student")


class Page(HTMLParser):
    """What a browser would make of a page: its elements and their text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.words: list[str] = []
        self._inside = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        into = {"script": self.scripts, "style": self.styles}.get(self._inside, self.words)
        into.append(data)

    @property
    def text(self) -> str:
        """The words, with white space run together."""
        return " ".join(" ".join(self.words).split())

    def attributes(self) -> Iterator[tuple[str, str, str]]:
        """Element, attribute and value, of all."""
        for tag, attributes in self.elements:
            for name, value in attributes.items():
                yield tag, name, value


def _pages(result: Result) -> dict[str, str]:
    pages = {
        f"student-{audience}-{lang}": student_page(result, audience=audience, lang=lang)
        for audience in AUDIENCES
        for lang in LANGS
    }
    pages["class"] = class_page([result, sample.result()], title=result.title)
    pages["ungraded"] = student_page(sample.ungraded(result.submission, result.package))
    pages["class of ungraded"] = class_page(
        [sample.ungraded(result.submission, result.package, "internal")], title=result.submission
    )
    pages["cell"] = fragment(result)
    return pages


def _every_hostile_page() -> Iterator[tuple[str, str]]:
    for at, text in enumerate((*sample.HOSTILE, sample.NASTY)):
        made = replace(sample.hostile(text), title=text)
        yield from ((f"{at}: {name}", page) for name, page in _pages(made).items())


@pytest.fixture(scope="module")
def hostile_pages() -> dict[str, str]:
    return dict(_every_hostile_page())


@pytest.fixture(scope="module")
def skeletons() -> dict[str, list[tuple[str, list[str]]]]:
    """Elements and attribute names of the pages of a submission that wrote plain words."""
    made = replace(sample.hostile("plain"), title="plain")
    return {name: _skeleton(page) for name, page in _pages(made).items()}


def _skeleton(page: str) -> list[tuple[str, list[str]]]:
    elements = [(tag, sorted(attributes)) for tag, attributes in Page(page).elements]
    return sorted(elements)  # a class is sorted by names, which differ


def test_hostile_text_adds_no_element_and_no_attribute(
    hostile_pages: dict[str, str], skeletons: dict[str, list[tuple[str, list[str]]]]
) -> None:
    for name, page in hostile_pages.items():
        kind = name.split(": ")[1]
        assert _skeleton(page) == skeletons[kind], name


def test_no_page_has_a_script_or_style_but_ours(hostile_pages: dict[str, str]) -> None:
    for name, page in hostile_pages.items():
        parsed = Page(page)
        tags = [tag for tag, _ in parsed.elements]
        scripts = 0 if name.endswith("cell") else 1
        assert (tags.count("script"), tags.count("style")) == (scripts, 1), name
        assert all("alert(" not in text for text in parsed.scripts + parsed.styles), name


def test_no_page_has_an_event_handler_or_an_inline_style(hostile_pages: dict[str, str]) -> None:
    for name, page in hostile_pages.items():
        for tag, attribute, _ in Page(page).attributes():
            assert not attribute.startswith("on"), (name, tag, attribute)
            assert attribute != "style", (name, tag)


def test_every_address_is_on_the_page_or_a_report_beside_it(hostile_pages: dict[str, str]) -> None:
    for name, page in hostile_pages.items():
        for tag, attribute, value in Page(page).attributes():
            if attribute in URL_ATTRIBUTES:
                assert re.fullmatch(r"#[\w-]+|instructor/[\w.~%-]+\.html", value), (
                    name,
                    tag,
                    value,
                )


def test_styles_and_scripts_load_nothing() -> None:
    for name in ("page.css", "student.js", "class.js", "base.html"):
        loader = environment().loader
        assert loader is not None
        source = loader.get_source(environment(), name)[0]
        assert not re.search(r"https?:|//[a-z]|url\(|@import|fetch\(|innerHTML|eval\(", source), (
            name
        )


def test_hostile_text_is_shown(hostile_pages: dict[str, str]) -> None:
    page = Page(hostile_pages["0: student-instructor-en"]).text
    assert "<script>alert(1)</script>" in page
    assert "{{ 7*7 }}" in Page(hostile_pages["9: student-instructor-en"]).text


def test_no_page_holds_a_control_or_direction_character(hostile_pages: dict[str, str]) -> None:
    unsafe = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
    for name, page in hostile_pages.items():
        assert not unsafe.search(page), name
    assert "[U+202E]" in hostile_pages["7: student-instructor-en"]


def test_endless_lines_are_cut(hostile_pages: dict[str, str]) -> None:
    for name, page in hostile_pages.items():
        parsed = Page(page)
        shown = [value for _, key, value in parsed.attributes() if key not in URL_ATTRIBUTES]
        assert not re.search("x{2100}", "\n".join(parsed.words + shown)), name
    assert "… (+9700)" in hostile_pages["12: student-instructor-en"]


def test_the_policy_admits_this_style_and_script_alone() -> None:
    for page in (student_page(sample.result()), class_page(sample.class_results(3), title="x")):
        parsed = Page(page)
        policy = next(
            attributes["content"]
            for tag, attributes in parsed.elements
            if attributes.get("http-equiv") == "Content-Security-Policy"
        )
        digests = [
            base64.b64encode(hashlib.sha256("".join(block).encode()).digest()).decode()
            for block in (parsed.styles, parsed.scripts)
        ]
        assert policy == (
            f"default-src 'none'; style-src 'sha256-{digests[0]}'; "
            f"script-src 'sha256-{digests[1]}'; base-uri 'none'; form-action 'none'"
        )


@pytest.mark.parametrize("audience", AUDIENCES)
def test_a_hidden_check_shows_neither_call_nor_values(audience: Audience) -> None:
    page = student_page(sample.result(), audience=audience)
    assert sample.SECRET not in page
    assert sample.SECRET.split("secret")[0] not in page
    assert "Batch norm backward on other inputs" in Page(page).text
    assert "0.01346091" in page, "a public check does show its values"


def _leaky(visibility: Visibility, outcome: Outcome) -> Result:
    secret = "canary"
    leak = Finding(
        kind="values", quantity=secret, call=secret, worst_index=[77], received=secret,
        expected=secret, error=0.777, wrong=secret, pattern=secret,
    )  # fmt: skip
    one = sample.check(
        "relu_forward", "layers", outcome, visibility=visibility, title="Public title",
        message=secret, finding=leak, stdout=secret, warnings=[secret], notes=[secret],
    )  # fmt: skip
    return sample.tally(replace(sample.result(), checks=[one]))


@pytest.mark.parametrize("outcome", list(Outcome))
def test_of_a_hidden_check_a_student_sees_the_outcome_alone(outcome: Outcome) -> None:
    result = _leaky(Visibility.HIDDEN, outcome)
    pages = [
        student_page(result, audience="student"),
        fragment(result),
        plain(result),
    ]
    for page in pages:
        assert "canary" not in page
        assert "[77]" not in page
        assert "0.78" not in page
    assert "Public title" in pages[0]


def test_of_a_public_check_a_student_sees_everything() -> None:
    page = student_page(_leaky(Visibility.PUBLIC, Outcome.FAILED), audience="student")
    assert page.count("canary") >= 9
    assert "canary[77]" in page


def test_the_page_tells_score_parts_and_how_it_was_graded() -> None:
    text = Page(student_page(sample.result())).text
    for expected in (
        "69.27 of 100",
        "20 of 30 checks passed",
        "Batch and layer normalization",
        "9.38 / 25",
        "The course of 2017",
        "Python 2, converted",
        "bubblewrap (namespaces, seccomp, rlimits)",
        "python 3.11.7, numpy 2.4.6, grader 0.1.0",
        "Two candidate folders",
    ):
        assert expected in text, expected


def test_a_failed_check_is_explained() -> None:
    text = Page(student_page(sample.result())).text
    for expected in (
        "dx is off in every column",
        "Received -0.02911846 Expected 0.01346091",
        "Where dx[2, 1]",
        "30 of 30 elements",
        "Largest error 0.32 times the largest value of dx",
        "a constant added to each column",
        "Hint The variance depends on the mean too",
        "cs231n/optim.py, line 151, in adam",
        "RuntimeWarning: overflow",
        "config: {} step 1 step 2",
    ):
        assert expected in text, expected


def test_lines_of_the_traceback_are_marked_in_the_source() -> None:
    page = student_page(sample.result())
    marked = re.findall(r'<span class="line marked"><span class="n">(\d+)</span>', page)
    assert marked == ["151"]
    assert Page(page).text.count("148 def adam(w, dw, config=None):") == 1


def test_failed_checks_stand_before_passed_ones_and_passed_ones_are_closed() -> None:
    page = student_page(sample.result())
    assert page.index("What to fix") < page.index("Adam from an empty config")
    assert page.index("Adam from an empty config") < page.index('id="passed"')
    assert page.index('id="passed"') < page.index("Affine forward: values")
    passed = [attributes for tag, attributes in Page(page).elements
              if tag == "details" and attributes.get("class") == "passed-part"]  # fmt: skip
    assert [at for at, part in enumerate(passed) if "open" in part] == [1], "that with notes"


@pytest.mark.parametrize("lang", LANGS)
def test_each_outcome_has_its_own_words_and_sign(lang: Lang) -> None:
    page = student_page(sample.result(), lang=lang)
    labels = {Texts(lang).outcome(outcome) for outcome in Outcome}
    assert len(labels) == len(Outcome)
    for outcome in Outcome:
        assert Texts(lang).outcome(outcome) in page
        assert f'href="#i-{outcome}"' in page
        assert f'<symbol id="i-{outcome}"' in page


def test_a_fault_of_the_grader_says_that_no_points_are_lost() -> None:
    text = Page(student_page(sample.result(), audience="student")).text
    assert (
        "1 check could not be judged because the grader itself failed. No points are lost" in text
    )
    assert "It costs you no points" in text


def test_a_submission_that_could_not_be_graded_gets_the_reason() -> None:
    text = Page(student_page(sample.ungraded("hw.zip", "The archive `hw.zip` is encrypted."))).text
    assert "This submission could not be graded The archive hw.zip is encrypted." in text
    assert "0 of 100" not in text
    broken = student_page(sample.ungraded("hw", "No memory left.", "internal"))
    assert "not the student’s fault, and no points are lost" in broken


def test_lateness_is_taken_off_and_said() -> None:
    late = replace(sample.result(), penalty=7.0, submitted_at="2026-03-02T09:00:00+01:00")
    text = Page(student_page(late)).text
    assert "62.27 of 100 69.27 for the work, minus 7 for lateness" in text
    assert "Submitted 2026-03-02 09:00:00+01:00" in text
    rows = Page(class_page([late], title="x")).text
    assert "late −7 62.27" in rows
    assert "lateness" not in student_page(sample.result())


def test_no_isolation_is_said_aloud() -> None:
    bare = sample.result()
    assert bare.sandbox is not None
    bare = replace(bare, sandbox=replace(bare.sandbox, kind="none", layers=[], isolated=False))
    page = Page(student_page(bare))
    assert "No sandbox" in page.text
    assert not [name for _, name, _ in page.attributes() if name == "style"]
    assert "1 submission ran without isolation" in Page(class_page([bare], title="x")).text


def test_a_bare_result_makes_a_page() -> None:
    bare = Result(submission="a", assignment="b", score=0, max_score=0, parts=[], checks=[])
    assert "Every check passed" not in student_page(bare)
    assert "a" in student_page(bare)
    assert "1 student" in Page(class_page([bare], title="x")).text


def test_the_class_page_counts_and_links() -> None:
    results = sample.class_results(48)
    page = class_page(results, title="Autumn class", made="2026-03-02")
    text = Page(page).text
    assert "48 students" in text
    assert page.count('<a href="instructor/') == 48 + sum(not result.graded for result in results)
    assert 'href="instructor/%E7%8E%8B-srinivasa-2.html"' in page
    assert "The archive hw.zip is encrypted." in text
    assert "Hardest checks" in text
    assert 'role="img" aria-label="Histogram of the scores of' in page


def test_templates_are_spoken_of_where_an_assignment_has_some() -> None:
    bare = Result(submission="ann", assignment="hw", score=1.0, max_score=2.0, parts=[], checks=[])
    page = class_page([bare], title="x")
    assert ">Note<" in page
    assert "Template" not in page
    known = replace(bare, release=ReleaseInfo(id="of-2021"))
    assert ">Template<" in class_page([bare, known], title="x")


def test_addresses_can_be_given() -> None:
    page = class_page([sample.result("a b")], title="x", href=lambda result: "r/1.html")
    assert '<a href="r/1.html">a b</a>' in page


def test_two_thousand_submissions_make_a_page() -> None:
    page = class_page(sample.class_results(2000), title="Large")
    assert 500 < page.count("<tr>") < 600
    assert len(json.loads(REST.findall(page)[0])["rows"]) == 1500
    assert len(page) < 600_000


def test_rows_that_wait_as_data_cannot_leave_their_element() -> None:
    hostile = [sample.hostile(text) for text in sample.HOSTILE]
    many = [*sample.class_results(510), *hostile]
    page = class_page(many, title="x", href=lambda _: "reports/<!--</script>.html")
    (waiting,) = REST.findall(page)
    assert not re.search(r"[<>&]", waiting)
    names = {row[0] for row in json.loads(waiting)["rows"]}
    assert len(names) == len(many) - 500
    assert not [name for name in names if "\x1b" in name or "\u202e" in name]
    assert len(Page(page).scripts) == 2


def test_templates_are_strict_and_escape() -> None:
    assert environment().autoescape is True
    with pytest.raises(UndefinedError):
        environment().from_string("{{ absent }}").render()
    made = environment().from_string("{{ a }}|{{ a|upper }}|{{ 'x' ~ a }}").render(a="<\u202e")
    assert made == "&lt;[U+202E]|&lt;[U+202E]|x&lt;[U+202E]"


def test_prose_sets_backticks_as_code_and_escapes_the_rest() -> None:
    assert prose("use `a<b` & c") == "use <code>a&lt;b</code> &amp; c"
    assert prose("a ` b") == "a ` b"


def _shape(id: str, message: str, **fields: object) -> CheckResult:
    return sample.check(id, "layers", Outcome.FAILED, message=message, **fields)


def test_checks_with_the_same_complaint_share_a_card() -> None:
    checks = [
        _shape("affine_backward[images]", "`dx` has shape (3, 12); it should be (3, 2, 3, 2)."),
        _shape("affine_backward[one]", "`dx` has shape (1, 12); it should be (1, 2, 2, 3)."),
        _shape("affine_backward[far]", "`dx` is 2.5e-3 off."),
        _shape("relu_backward", "`dx` has shape (3, 12); it should be (3, 2, 3, 2)."),
        _shape("affine_backward[out]", "`dx` is 1.5e-7 off.", stdout="a print"),
    ]
    page = student_page(sample.tally(replace(sample.result(), checks=checks)))
    assert page.count('<article class="check failed"') == 2
    text = Page(page).text
    assert "affine_backward Affine and ReLU layers" in text
    assert "Affine backward[images] images dx has shape (3, 12)" in text
    assert "1 more check fails the same way Affine backward[one] one 0 / 2" in text
    assert "Also wrong Affine backward[far] far : dx is 2.5e-3 off." in text
    assert text.count("dx is 2.5e-3 off.") == 1
    assert "a print" in text


def test_a_cell_gathers_the_same_complaints_too() -> None:
    checks = [_shape(f"adam[{n}]", f"It is {n} off.") for n in range(9)]
    text = Page(fragment(sample.selfcheck(checks))).text
    assert text.count("8 more checks fail the same way") == 1
    assert text.count("It is") == 1


def test_what_the_message_says_is_not_said_again() -> None:
    told = Finding(kind="values", quantity="dx", wrong="3 of 4 elements", pattern="twice too large")
    check = _shape("adam", "`dx` is wrong (3 of 4 elements).", finding=told)
    text = Page(student_page(sample.tally(replace(sample.result(), checks=[check])))).text
    assert text.count("3 of 4 elements") == 1
    assert "Looks like twice too large" in text


def test_hidden_and_public_complaints_of_a_card_stay_apart() -> None:
    public = _shape("affine_backward[a]", "Wrong.")
    hidden = replace(public, id="layers::affine_backward[b]", visibility=Visibility.HIDDEN)
    page = student_page(sample.tally(replace(sample.result(), checks=[hidden, public])))
    assert page.count('<article class="check failed"') == 1
    text = Page(page).text
    assert text.index("[a] a Wrong.") < text.index("Also wrong Affine backward[a] b")


def _of_another_era() -> Result:
    unasked = [
        sample.check(
            "layernorm_forward[a]", "norm", Outcome.SKIPPED, max_points=0.0, message="No."
        ),
        sample.check(
            "layernorm_forward[b]", "norm", Outcome.SKIPPED, max_points=0.0, message="No."
        ),
    ]
    made = sample.tally(replace(sample.result(), checks=[sample.check("adam", "optim"), *unasked]))
    parts = [replace(part, total=0) if part.id == "norm" else part for part in made.parts]
    return replace(made, parts=parts)


def test_what_the_era_does_not_ask_for_is_not_to_be_fixed() -> None:
    page = student_page(_of_another_era())
    text = Page(page).text
    assert "1 of 1 checks passed" in text
    assert "Batch and layer normalization not asked for" in text
    assert "Every check passed." in text
    assert "Not asked for, or given complete, by this template 2 checks" in text
    assert page.index('id="unasked"') < page.index("Layernorm forward[a]")


def test_a_notebook_cell_is_html_or_text() -> None:
    result = sample.selfcheck([sample.check("relu_forward", "layers")])
    assert "1 of 1 checks passed" in fragment(result)
    assert plain(result) == "1 of 1 checks passed"


def test_a_fragment_has_no_id_and_scopes_its_style() -> None:
    parsed = Page(fragment(sample.selfcheck(sample.checks())))
    assert not [value for _, name, value in parsed.attributes() if name == "id"]
    rules = [rule for rule in "".join(parsed.styles).splitlines() if "{" in rule]
    assert rules
    assert all(part.strip().startswith(".grader-answer") for rule in rules
               for part in re.split(r",(?![^(]*\))", rule.split("{")[0]))  # fmt: skip


def test_a_check_of_an_unlisted_part_is_not_lost() -> None:
    stray: CheckResult = sample.check("relu_forward", "elsewhere", Outcome.FAILED)
    page = student_page(replace(sample.result(), checks=[stray]))
    assert "elsewhere" in page
    assert "Relu forward" in page
