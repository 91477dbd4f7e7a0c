"""A small class with copies, compared once for all tests of this folder."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from grader.model.similar_pairs import SimilarityReport
from grader.similarity.compared_class import compared_class
from grader.similarity.comparison import ComparedPair, Comparison
from grader.similarity.given_code import FileChoice, given_code
from tests.similarity import honest
from tests.similarity.labelled_class import LabelledClass, labelled_class


class Found(NamedTuple):
    """A class, and what was found in it."""

    labelled: LabelledClass
    report: SimilarityReport
    pairs: list[ComparedPair]


def compare(folder: Path, *others: Path, most: int = 40, template: str = "") -> Comparison:
    """A comparison of folders, without what a template gives."""
    templates = []
    if template:
        path = folder.parent / "given.py"
        path.write_text(template, encoding="utf-8")
        templates = [path]
    compared = compared_class(folder, others)
    return Comparison(compared, given_code(templates=templates), FileChoice(), jobs=2)


@pytest.fixture(scope="session")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """Sixteen who worked alone and eight who did not."""
    labelled = labelled_class(77, 16, 8)
    folder = labelled.write(tmp_path_factory.mktemp("class") / "students")
    report, pairs = compare(folder, template=honest.template()).report(40)
    return Found(labelled, report, pairs)
