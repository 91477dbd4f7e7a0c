"""The page of a proof."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from grader.verify.analysis import conclude
from grader.verify.proof import (
    CheckRecord,
    Flake,
    Flip,
    ProgramKind,
    ProgramVerdict,
    Proof,
    Subject,
)
from grader.verify.proof_html import page

HOSTILE = "a = '<script>alert(1)</script>'"


@pytest.fixture
def proof() -> Proof:
    """One mutant killed by one case of two, one that lives, one argued, and a flake."""
    checks = [
        CheckRecord(
            id=name, title="Says <b>", part="p", targets=("f",), weight=1.0, follow_through=False
        )
        for name in ("layers::f[one]", "layers::f[two]", "nets::g")
    ]
    asked = [check.id for check in checks[:2]]
    verdicts = [
        ProgramVerdict(subject=_mutant(1), asked=asked, killed_by=["layers::f[two]"]),
        ProgramVerdict(subject=_mutant(2), asked=asked),
        ProgramVerdict(subject=_mutant(3), asked=asked, equivalent="Because & so."),
    ]
    made = Proof(assignment="toy", seed="1", whole=True, checks=checks, verdicts=verdicts)
    made.seeds = 2
    made.flakes = [Flake(check="nets::g", seed="s", message="off by <i>")]
    made.flips = [Flip(check="nets::g", subject="a-mistake", outcomes={"passed": 2, "": 1})]
    conclude(made, set(), set())
    return made


def _mutant(number: int) -> Subject:
    return Subject(
        id=f"f:number:{number}", kind=ProgramKind.MUTANT, functions=("f",), old=HOSTILE, new="a = 2"
    )


class Tags(HTMLParser):
    """Sees that every tag is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_says_what_is_amiss(proof: Proof) -> None:
    text = re.sub(r"<[^>]+>", " ", page(proof).partition("<main")[2])
    said = " ".join(text.split())
    assert "Mutants that survive 1 f:number:2" in said
    assert "Checks that kill nothing 2" in said
    assert "nets::g , seed s: off by &lt;i&gt;" in said
    assert "Because &amp; so." in said


def test_the_matrix_puts_cases_together(proof: Proof) -> None:
    text = page(proof)
    assert '<th class="turned"><span>layers::f</span></th>' in text
    assert '<td class="h2">1</td>' in text, "one case of two"
    assert '<td class="h2">1/3</td>' in text, "one mutant of three"
    assert 'class="alive"' in text
    assert 'class="argued"' in text


def test_the_page_is_well_formed_harmless_and_loads_nothing(proof: Proof) -> None:
    text = page(proof)
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    assert "<script>alert" not in text
    assert not re.search(r'(?:src|href)="(?!#)', text)
    assert "default-src 'none'" in text
