"""Compiled templates are kept, and only those that would come out the same."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from grader.report.template_cache import TemplateCache


def rendered(folder: Path, source: str = "{{ 1 + 1 }}", options: str = "a") -> str:
    made = Environment(
        loader=DictLoader({"page": source}), bytecode_cache=TemplateCache(options, folder)
    )
    return made.get_template("page").render()


@pytest.fixture(autouse=True)
def _python_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "__pycache__"
    assert rendered(folder) == "2"
    return folder


def spoil(monkeypatch: pytest.MonkeyPatch) -> None:
    def compiled(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("compiled")

    monkeypatch.setattr(Environment, "compile", compiled)


def test_a_template_is_compiled_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch)
    assert rendered(folder) == "2"


@pytest.mark.parametrize("change", [{"source": "{{ 2 + 2 }}"}, {"options": "b"}])
def test_what_would_come_out_otherwise_is_compiled_anew(
    folder: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, str]
) -> None:
    spoil(monkeypatch)
    with pytest.raises(AssertionError, match="compiled"):
        rendered(folder, **change)


def test_a_damaged_file_is_made_anew(folder: Path) -> None:
    (kept,) = folder.iterdir()
    kept.write_bytes(kept.read_bytes()[:-3])
    assert rendered(folder) == "2"


def test_where_nothing_can_be_written_there_is_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    assert rendered(tmp_path / "file") == "2"
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert rendered(tmp_path / "none") == "2"
    assert not (tmp_path / "none").exists()
