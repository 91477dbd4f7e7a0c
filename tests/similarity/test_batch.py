"""Where a batch writes its class page, it takes up what `grader similar` found there."""

from __future__ import annotations

from pathlib import Path

from grader.batches.output import BatchOutput
from grader.model.similar_pairs import SIMILAR_JSON
from tests.similarity.conftest import Found


def finished(folder: Path) -> str:
    """The class page of a batch without submissions."""
    output = BatchOutput(folder, title="c")
    output.prepare()
    output.finish()
    return (folder / "index.html").read_text(encoding="utf-8")


def test_the_class_page_takes_up_what_lies_there(found: Found, tmp_path: Path) -> None:
    report = tmp_path / SIMILAR_JSON
    report.parent.mkdir()
    report.write_bytes(b"{")
    assert "similar/index.html" not in finished(tmp_path)
    report.write_bytes(found.report.to_json())
    assert "similar/index.html" in finished(tmp_path)
