"""What students' notebooks show acts in no way on the page."""

from __future__ import annotations

import base64
import re

import msgspec
import pytest

from grader.model.notebook_records import (
    CellOutcome,
    CellOutput,
    Curve,
    NotebookCell,
    NotebookResult,
    WrittenAnswer,
)
from grader.report.html import student_page
from tests.report import sample

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)><iframe src=http://e></iframe>"
SVG = f'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(3)</script>{EVIL}</svg>'
OUTPUTS = [
    CellOutput(
        mime="text/html", data=f"<table><tr><td style='color:red'>cell</td></tr></table>{EVIL}"
    ),
    CellOutput(mime="image/svg+xml", data=SVG),
    CellOutput(mime="image/png", data='x" onerror="alert(4)'),
    CellOutput(mime="image/png", data=base64.b64encode(b"picture").decode()),
    CellOutput(mime="text/markdown", data=f"# Head\n\n{EVIL}\n\n[link](javascript:alert(5)) $x_1$"),
    CellOutput(mime="stream/stdout", data=f"\x1b[31mred\x1b[0m {EVIL} \u202egnp"),
    CellOutput(mime="error", data=f"\x1b[38;2;1;2;3mTrace\x1b[0m {EVIL}"),
    CellOutput(mime="text/plain", data=EVIL),
]


def _page(**more: object) -> str:
    cells = [
        NotebookCell(
            id=f'c" onclick="{EVIL}', role="own", source=f"x = '{EVIL}'", outcome=CellOutcome.ERROR,
            error=EVIL, notes=[EVIL], outputs=OUTPUTS,
        ),
        NotebookCell(
            id="given", role="check", source="1", outcome=CellOutcome.OK, restored="changed"
        ),
        NotebookCell(id="t", role="text", source=f"# Title\n{EVIL}", outcome=CellOutcome.TEXT),
    ]  # fmt: skip
    notebook = NotebookResult(
        id="Dropout", title=EVIL, path=EVIL, cells=cells, notes=[EVIL],
        answers=[
            WrittenAnswer(question="1", state="answered", words=3, text=EVIL, points=2),
            WrittenAnswer(
                question="2", state="placeholder", points=2,
                pictures=[
                    CellOutput(mime="image/png", data='x" onerror="alert(6)'),
                    CellOutput(mime="image/gif", data=base64.b64encode(b"sketch").decode()),
                ],
            ),
        ],
        curves=[Curve(name=EVIL, train=[0.1, float("nan")], val=[0.2, 5.0])],
    )  # fmt: skip
    result = msgspec.structs.replace(sample.result(), notebooks=[notebook])
    return student_page(result, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_nothing_acts_and_nothing_loads(lang: str) -> None:
    page = _page(lang=lang)
    body = page.partition("<body>")[2]
    script = body.rpartition("<script>")[2]
    rest = body.removesuffix(script).removesuffix("<script>")
    assert "<script" not in rest
    assert "<iframe" not in rest
    tags = [re.sub(r'"[^"]*"', '""', tag) for tag in re.findall(r"<[a-z][^>]*>", rest)]
    assert [tag for tag in tags if re.search(r"\son\w+=", tag)] == []
    assert [tag for tag in tags if " style=" in tag] == []
    links = re.findall(r'(?:href|src)="([^"#]+)', rest)
    assert [link for link in links if not link.startswith("data:")] == []
    sources = re.findall(r'<img[^>]*src="([^"]*)"', rest)
    assert sources
    assert all(re.fullmatch(r"data:image/[a-z+]+;base64,[\w+/=]+", source) for source in sources)
    assert "\u202e" not in page
    assert "\x1b" not in page


def test_the_policy_admits_embedded_images_alone() -> None:
    page = _page()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert policy[1].endswith("; img-src data:")
    assert "default-src 'none'" in policy[1]
    assert "img-src" not in student_page(sample.result())


def test_what_is_shown() -> None:
    page = _page()
    assert '<span class="ansi-red-fg">red</span>' in page
    assert "<td>cell</td>" in page
    assert "<msub><mi>x</mi><mn>1</mn></msub>" in page
    assert "changed; restored" in page
    assert "only the placeholder" in page
    assert "2 points, marked by hand" in page
    assert f"data:image/gif;base64,{base64.b64encode(b'sketch').decode()}" in page
    assert page.index("Cells that failed") < page.index("All cells")


def test_every_cell_starts_folded() -> None:
    page = _page()
    assert '<details class="nb-failed"><summary>' in page
    opened = [match[0] for match in re.finditer(r"<details[^>]*>", page) if " open" in match[0]]
    assert not [tag for tag in opened if "nb-" in tag]
    outside = re.sub(r'<details class="nb-(all|failed)">.*?</details>', "", page, flags=re.S)
    assert set(re.findall(r'class="nb-cell (\w+)"', outside)) <= {"written"}


def test_svg_is_a_picture() -> None:
    embedded = base64.b64encode(SVG.encode()).decode()
    assert f"data:image/svg+xml;base64,{embedded}" in _page()
