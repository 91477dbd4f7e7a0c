"""The pages: shared passages coloured, what was given greyed, nothing for students."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from msgspec.structs import replace
from typer.testing import CliRunner

from grader.cli.app import app
from grader.model.similar_pairs import SIMILAR_JSON, SharedMistake, SimilarityReport
from grader.report.html import class_page
from grader.report.similar_page import pair_page, similar_csv, similar_page
from tests.report import sample
from tests.similarity import honest
from tests.similarity.conftest import Found
from tests.similarity.disguise import disguise

LINE = re.compile(r'<span class="line([^"]*)"><span class="n">(.*?)</span>(.*?)\n</span>', re.S)


def page(found: Found, number: int = 0, lang: str = "en") -> str:
    """The page of a listed pair."""
    pair, programs = found.pairs[number]
    chinese = lang == "zh"
    return pair_page(found.report, pair, programs, title="c", lang="zh" if chinese else "en")


def test_lines_of_shared_passages_are_coloured_and_given_ones_greyed(found: Found) -> None:
    lines = LINE.findall(page(found))
    kinds = {kind.strip()[:1] for kind, _, _ in lines}
    assert {"", "p"} <= kinds <= {"", "p", "g"}
    shared = [text for kind, _, text in lines if kind.strip().startswith("p")]
    assert sum("return" in text for text in shared) > 5
    assert not any("oldval" in text for text in shared)


def test_each_passage_links_to_its_counterpart(found: Found) -> None:
    text = page(found)
    anchors = dict(re.findall(r'<a id="([ab]\d+)" href="#([ab]\d+)"', text))
    assert len(anchors) >= 10
    assert all(anchors[other] == one for one, other in anchors.items())


def test_a_given_stretch_in_a_changed_function_is_grey(tmp_path: Path) -> None:
    head, body = honest.HEAD, honest.GIVEN
    begun = body.replace("    return grad\n", "    grad = grad * x - x ** 3 + grad / (x + 7)\n"
                         "    grad = grad @ x - 5 * grad + x.T\n    return grad\n", 1)  # fmt: skip
    for name in ("ann", "bob"):
        (tmp_path / "c" / name).mkdir(parents=True)
        (tmp_path / "c" / name / "w.py").write_text(head + begun)
    (tmp_path / "t.py").write_text(honest.template())
    done = CliRunner().invoke(
        app, ["similar", str(tmp_path / "c"), "-t", str(tmp_path / "t.py"), "-o", str(tmp_path)]
    )
    assert done.exit_code == 0, done.output
    lines = LINE.findall((tmp_path / "similar/pairs/001.html").read_text())
    kinds = {text.strip(): kind.strip() for kind, _, text in lines}
    assert kinds["pos = f(x).copy()"] == "given"
    assert kinds["grad = grad * x - x ** 3 + grad / (x + 7)"] == "p1"


def test_the_list_tells_how_far_from_ordinary_a_pair_is(found: Found) -> None:
    text = similar_page(found.report, title="c")
    spread = found.report.spread
    assert f"{100 * spread.threshold:.4g}".split(".")[0] in text
    assert text.count('<rect class="column') == sum(n > 0 for n in spread.bins)
    assert text.count('<td class="num score">') == len(found.report.pairs)
    assert "Similar is not copied" in text


def test_no_page_accuses_anybody(found: Found) -> None:
    for text in (similar_page(found.report, title="c"), page(found)):
        assert not re.search(r"cheat|plagiar|抄袭者|作弊", text, re.I)


def test_both_languages(found: Found) -> None:
    assert 'lang="zh-Hans"' in page(found, lang="zh")
    assert "相似的提交" in similar_page(found.report, title="c", lang="zh")


def test_a_hostile_name_or_program_does_nothing(found: Found) -> None:
    pair, programs = found.pairs[0]
    block = programs.blocks[0].first[0]
    nasty = "<script>alert(1)</script>\u202e"
    lines = [replace(block.lines[0], text=nasty)]
    blocks = [
        replace(programs.blocks[0], first=[replace(block, name=nasty, file=nasty, lines=lines)])
    ]
    submissions = [replace(each, name=nasty, problem=nasty) for each in found.report.submissions]
    mistake = SharedMistake(id="m", title=nasty, made_by=2)
    hostile = replace(pair, identical=[nasty], mistakes=[mistake])
    report = replace(found.report, submissions=submissions, given=[nasty], pairs=[hostile])
    for text in (
        pair_page(report, hostile, replace(programs, blocks=blocks), title=nasty),
        similar_page(report, title=nasty),
    ):
        assert "<script>alert" not in text
        assert "\u202e" not in text


def test_the_table_has_a_row_for_each_listed_pair(found: Found) -> None:
    rows = b"".join(similar_csv(found.report)).decode("utf-8-sig").splitlines()
    assert rows[0].startswith("first,second,other,score")
    assert len(rows) == 1 + len(found.report.pairs)


def test_the_class_page_leads_there_and_no_students_page_does(found: Found) -> None:
    results = sample.class_results(3)
    with_pairs = class_page(results, title="c", similar=found.report)
    assert 'href="similar/index.html"' in with_pairs
    assert f'href="similar/{found.report.pairs[0].page}"' in with_pairs
    assert "similar/" not in class_page(results, title="c")


def test_the_command_writes_all_of_it_and_takes_away_what_is_old(tmp_path: Path) -> None:
    texts = {"ann": honest.solution(1), "bob": disguise(honest.solution(1), 5)}
    for name, text in (texts | {"eve": honest.solution(2)}).items():
        (tmp_path / "c" / name).mkdir(parents=True)
        (tmp_path / "c" / name / "work.py").write_text(text)
    shutil.copytree(tmp_path / "c" / "eve", tmp_path / "c" / "kim")
    for name in ("eve/a", "eve/b", "kim/a", "kim/b"):
        (tmp_path / "c" / f"{name}.ipynb").write_text('{"cells": []}')
    old = tmp_path / "out/similar/pairs/999.html"
    old.parent.mkdir(parents=True)
    old.write_text("old")
    done = CliRunner().invoke(
        app, ["similar", str(tmp_path / "c"), "-o", str(tmp_path / "out"), "-j", "1"]
    )
    assert done.exit_code == 0, done.output
    assert "ann ~ bob" in done.output
    told = "wholly: eve, kim: a.ipynb and 1 more: holds no cells, so it is not a notebook\n"
    assert told in done.output
    assert done.output.count("holds no cells") == 1
    assert not old.exists()
    report = SimilarityReport.from_json((tmp_path / "out" / SIMILAR_JSON).read_bytes())
    for pair in report.pairs:
        assert (tmp_path / "out/similar" / pair.page).is_file()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["similar"]
