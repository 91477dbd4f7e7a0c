"""Formulas are set as MathML, and TeX brings nothing else onto a page."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree.ElementTree import Element

import nh3
import pytest

from grader.model.notebook_records import CellOutcome, NotebookCell, NotebookResult
from grader.report import formulas, markup, notebook_view
from grader.report.formulas import MAX_TEX, formula

REFERENCE = Path(__file__).parents[2] / "reference" / "numpynn"
PLAIN = re.compile(
    r"</?m[a-z]+((?: [a-z]+=\"[a-zA-Z0-9.+-]*\")|(?: class=\"[a-z ]+\"))*>|[^<>]+", re.ASCII
)
HOSTILE = [
    r"\text{<script>alert(1)</script>}", r"</math><script>alert(1)</script>", r"\tag{<b>}",
    r"\text{</mtext></math><img src=x onerror=alert(1)>}", r"\href{javascript:alert(1)}{x}",
    r"\color{red\" onclick=\"alert(1)}{x}", r"\style{position:fixed;inset:0}{x}", r"\class{top}{x}",
    r"\text{&lt;script&gt;alert(1)&lt;/script&gt;}", r"\cssId{notes}{x}", r"\hspace{9999em}x",
    r"\rule{100000em}{100000em}", r"\begin{array}{c@{<script>}}x\end{array}", r"\unicode{x202e}",
    "\u202egnp \x1b[31m", "\\", "{", "$", r"\frac", r"\begin{matrix}", "x^" * 99, "\x00",
    r"\newcommand{\a}{\b\b}\newcommand{\b}{xxxx}\a", r"\def\a{\a\a}\a",
]  # fmt: skip
DEEP = ["{", r"\frac{1}{", "x^{x", r"\sqrt{", r"\left(", r"\begin{matrix}", r"\not", r"\bar"]


def _formulas_of(notebook: Path) -> list[str]:
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    return [str(markup.markdown(text)) for text in texts if "$" in text]


@pytest.mark.parametrize("name", ["FullyConnectedNets", "BatchNormalization"])
def test_those_of_our_notebooks_are_set(name: str) -> None:
    pages = _formulas_of(REFERENCE / f"{name}.ipynb")
    assert pages
    assert all("<math" in page for page in pages)
    assert not [page for page in pages if "$" in page or "\\" in page]


@pytest.mark.parametrize(
    "text",
    [
        "a $x_1$ b", "$x_1$4", "$$\nx_1\n$$", r"\\(x_1\\)", "\\\\[\nx_1\n\\\\]",
        "\\begin{align}\nx_1\n\\end{align}", "- point\n$$\n\\begin{align}\nx_1&=2\n\\end{align}$$",
        "$x_1$ is *not* $y_1$", "| $x_1$ | b |\n|--|--|\n| $|a|$ | c |",
    ],
)  # fmt: skip
def test_every_way_to_write_one_is_known(text: str) -> None:
    page = str(markup.markdown(text))
    assert "<msub><mi>x</mi><mn>1</mn></msub>" in page
    assert "$" not in page
    assert "begin" not in page


@pytest.mark.parametrize(
    "text", ["$5 and $6", "`$x_1$`", "```\n$x_1$\n```", r"\$x_1\$", "$x_1", "$x\n\ny$", "a $ b"]
)
def test_what_is_none_stays_as_it_was_typed(text: str) -> None:
    page = str(markup.markdown(text))
    assert "<math" not in page
    assert "$" in page


@pytest.mark.parametrize(
    "text",
    ["$\\nosuchcommand_1{x}$", "$x^1^2$", r"$\newcommand{\R}{x}\R*a*b$", f"${'x' * MAX_TEX}x$"],
)
def test_what_cannot_be_set_is_shown_as_it_was_typed(text: str) -> None:
    assert text in str(markup.markdown(text))


@pytest.mark.parametrize(
    "tex",
    [
        r"\begin{aligned}a&=b\\c&=d\end{aligned}", r"\begin{eqnarray}a&=&b\end{eqnarray}",
        r"\begin{alignat}{2}a&=b\end{alignat}", r"\begin{gather}a\\b\end{gather}",
        r"\begin{equation}\label{one}a\nonumber\end{equation}", r"\arg\max_i x_i",
        r"\begin{cases}x & \text{if } x > 0\\ 0\end{cases}",
    ],
)  # fmt: skip
def test_environments_of_the_course_are_set_without_numbers(tex: str) -> None:
    made = str(formula(tex, block=True))
    assert made.startswith('<math display="block">')
    assert "(1)" not in made
    assert "\\" not in made


def test_columns_are_aligned_by_our_style_sheet() -> None:
    made = str(formula(r"\begin{align}a&=b\end{align}", block=True))
    assert '<mtable displaystyle="true" class="aligned">' in made
    assert '<mtd class="right">' in made


@pytest.mark.parametrize("tex", [*HOSTILE, *(f"{piece}$" for piece in HOSTILE)])
@pytest.mark.parametrize("form", ["$%s$", "$$%s$$", "\\begin{align}%s\\end{align}", "\\\\[%s\\\\]"])
def test_nothing_but_plain_mathml_comes_of_hostile_tex(tex: str, form: str) -> None:
    for page in (str(markup.markdown(form % tex)), str(markup.latex(form % tex))):
        inside = re.sub(r"<math.*?</math>", lambda match: _checked(match[0]), page, flags=re.DOTALL)
        inside = inside.replace("&#34;", '"')
        assert nh3.clean(inside, tags=markup.TAGS, link_rel=None) == inside
        assert not re.search("[\u202e\x1b\x00]", page)


def _checked(made: str) -> str:
    assert "".join(match[0] for match in PLAIN.finditer(made)) == made
    assert not re.search(r"\d{3,}(em|pt|px)", made)
    return ""


@pytest.mark.parametrize("piece", DEEP)
def test_whatever_is_long_or_deep_ends(piece: str) -> None:
    count = MAX_TEX // len(piece) // 2
    for tex in (piece * count + "x" + "}" * count, piece * count):
        made = formula(tex, block=True)
        assert made is None or len(made) < 60_001


def test_depth_and_size_are_bounded() -> None:
    assert formula(r"\sqrt{" * 20 + "x" + "}" * 20, block=True)
    assert formula(r"\sqrt{" * 70 + "x" + "}" * 70, block=True) is None
    assert formula(r"\LaTeX" * 50, block=True)
    assert formula(r"\LaTeX" * 900, block=True) is None


@pytest.mark.parametrize("tag", ["script", "maction", "annotation-xml", "a"])
def test_no_element_but_those_on_the_list(monkeypatch: pytest.MonkeyPatch, tag: str) -> None:
    monkeypatch.setattr(formulas, "_read", lambda *_: Element("math", {"onclick": "alert(1)"}))
    assert formula("x", block=True) == "<math></math>"
    monkeypatch.setattr(formulas, "_read", lambda *_: Element(tag))
    assert formula("x", block=True) is None


class _Attributes(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str | None] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for _, value in attrs]


@pytest.mark.parametrize(
    "text",
    [
        '<td colspan="$x$">', '<div title="\n\n$x$\n\n">">', "<!-- $x$ -->", "<script>$x$</script>",
        '<table><tr><td colspan="\n\n$x$\n\n"></td></tr></table>',
        '<table><tr><td colspan="$x$">a</td></tr></table>', "[$x$](javascript:$x$)",
        "<a href='$x$'>", "![$x$]($x$)", "<math><mtext>$x$</mtext></math>", "<style>$x$</style>",
    ],
)  # fmt: skip
def test_a_formula_gets_into_no_tag(text: str) -> None:
    page = str(markup.markdown(text))
    rest = re.sub(r"<math.*?</math>", "", page)
    assert not re.search(r"formula:|<m|</m", rest)
    assert nh3.clean(rest, tags=markup.TAGS, link_rel=None) == rest
    assert set(_Attributes(page).found) <= {"inline"}


def test_marks_cannot_be_typed() -> None:
    assert "formula:0:0;" in str(markup.markdown("formula:0:0; $x$"))


def test_pictures_in_text_are_named_and_break_nothing() -> None:
    page = str(markup.markdown("![my <b>sketch](attachment:a.png) ![x](http://e/y.png)"))
    assert "(image: my &lt;b&gt;sketch)" in page
    assert "<img" not in page


def test_a_flood_of_text_is_shown_as_it_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebook_view, "_MAX_READ", 25)
    cells = [
        NotebookCell(id=f"{n}", role="text", source="$x_1$ and", outcome=CellOutcome.TEXT)
        for n in range(4)
    ]
    code = NotebookCell(id="c", role="own", source="x = 1", outcome=CellOutcome.OK)
    cells = [cells[0], code, *cells[1:], code]
    [view] = notebook_view.notebook_views([NotebookResult(id="a", path="a.ipynb", cells=cells)])
    assert ["<" in cell.code[20:-6] for cell in view.cells] == [*[True] * 3, *[False] * 3]
    assert "$x_1$" in view.cells[4].code
    assert "x = 1" in view.cells[5].code


def test_a_very_long_text_is_shown_as_it_was_typed() -> None:
    source = "$x_1$" + " x" * 10_000
    cells = [
        NotebookCell(id="a", role="text", source=text, outcome=CellOutcome.TEXT)
        for text in (source, source[:20_000])
    ]
    [view] = notebook_view.notebook_views([NotebookResult(id="a", path="a.ipynb", cells=cells)])
    assert ["<msub>" in cell.code for cell in view.cells] == [False, True]


def test_gaps_that_would_take_a_minute_are_not_coloured() -> None:
    gap = "x = 1" + " \n" * 500
    assert markup.code(gap) == gap
    assert "<span" in markup.code("x = 1" + " \n" * 100)


def test_blocks_of_code_are_left_as_they_are() -> None:
    page = str(markup.markdown("```python\nx = '<b>' # $x_1$\n```"))
    assert page == "<pre><code>x = '&lt;b&gt;' # $x_1$\n</code></pre>\n"
