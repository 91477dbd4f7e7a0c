"""What is told of a mistake never holds the right code."""

from __future__ import annotations

import re

import pytest

from grader.assignment.catalogue import Mistake, load_mistakes
from grader.assignment.folder import Assignment

MISTAKES = {
    mistake.id: mistake
    for name in ("numpynn", "convnet")
    for mistake in load_mistakes(Assignment.load(name).layout.mistakes)
}
SHORT = 8
"""Characters of code that anybody may say."""


def bare(text: str) -> str:
    """Code or prose without what tells one spelling from another."""
    text = re.sub(r"""config\[["'](\w+)["']\]""", r"\1", text)
    return re.sub(r"\s|np\.|self\.|axis=", "", text)


def solutions(mistake: Mistake) -> list[str]:
    """The code that the patches take away, line by line, as far as they do not keep it."""
    lines = []
    for patch in mistake.patch:
        kept = bare(patch.new)
        lines += [bare(line) for line in patch.old.splitlines() if bare(line) not in kept]
    right = [line.partition("=")[2] or line for line in lines]
    return [line for line in {*lines, *right} if len(line) > SHORT]


@pytest.mark.parametrize("name", MISTAKES)
def test_no_text_holds_the_right_code(name: str) -> None:
    mistake = MISTAKES[name]
    texts = (mistake.title, mistake.explanation, mistake.hint)
    said = [bare(text) for every in texts for text in (every.en, every.zh)]
    told = [line for line in solutions(mistake) for text in said if line in text]
    assert told == []


def test_it_would_be_seen() -> None:
    mistake = MISTAKES["adam-epsilon-inside-root"]
    assert bare('np.sqrt(v_hat) + config["epsilon"]') in solutions(mistake)
