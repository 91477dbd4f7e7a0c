"""Written answers: found by their question, looked at for being there at all, never marked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from grader.notebooks.pictures import Pictures
from grader.notebooks.reading import Book, Cell
from grader.notebooks.records import WrittenAnswer

_QUESTION: Final = re.compile(
    r"(?:inline\s+)?question\s*(?P<en>\d+)|(?:内联)?问题\s*(?P<zh>\d+)", re.IGNORECASE
)
_LABEL: Final = re.compile(
    r"^[\W_]*(?:your\s+answers?|answers?|你的回答|你的答案|回答|答案|答)[\W_]*[:：][*_]*\s*|"
    r"^\W*\$\\color\{\w+\}\{\\textit\s*Your Answer:?\}\$[*_]*\s*",
    re.IGNORECASE | re.MULTILINE,
)
_PLACEHOLDER: Final = re.compile(
    r"(?:(?:please\s+)?(?:write|fill\s+in|put|type|enter)\s+(?:in\s+)?(?:your\s+)?(?:answers?|this)?"
    r"(?:\s+(?:here|in))?|(?:your\s+)?answers?\s+(?:goes\s+)?here|fill\s+this\s+in|todo|tbd|n/?a|"
    r"\.{3,}|…+|请?在(?:此|这里|此处)(?:处)?(?:填写|作答|回答|写下)(?:你的)?(?:答案|回答)?|"
    r"填写(?:你的)?答案|待(?:填写?|完成|补充)|略)",
    re.IGNORECASE,
)
_EDGES: Final = re.compile(
    r"^[\s*_\[\]()（）【】<>#.。,，:：-]+|[\s*_\[\]()（）【】<>#.。,，:：-]+$"
)
_WORD: Final = re.compile(r"[\u4e00-\u9fff]|[^\W_\u4e00-\u9fff]+(?:['’-][^\W_\u4e00-\u9fff]+)*")
_MAX_TEXT: Final = 20_000


def written_answers(book: Book, release: Book, points: Mapping[str, float]) -> list[WrittenAnswer]:
    """The answers to the questions that `points` names, in its order."""
    given = {cell.question: cell.source for cell in release.cells if cell.question}
    pictures = Pictures(book.beside)
    answers = []
    for question, worth in points.items():
        text, cells = _find(book, question)
        answer = _judged(question, text, given.get(question, ""), worth)
        answers.append(replace(answer, pictures=pictures.of(cells)))
    return answers


def word_count(text: str) -> int:
    """Words, every Chinese character being one."""
    return len(_WORD.findall(text))


def _find(book: Book, question: str) -> tuple[str | None, list[Cell]]:
    """The text of an answer, None if there is no place for one; and the cells that it is in."""
    own = [cell for cell in book.cells if cell.question == question and not cell.code]
    if own:
        return "\n\n".join(cell.source for cell in own), own
    for number, cell in enumerate(book.cells):
        match = None if cell.code else _QUESTION.search(cell.source)
        if match and (match["en"] or match["zh"]) == question:
            return _behind(book.cells, number, cell.source[match.end() :])
    return None, []


def _behind(cells: list[Cell], number: int, rest: str) -> tuple[str, list[Cell]]:
    """An answer in the cell of its question, behind a label, or in the cells of text after it."""
    label = _LABEL.search(rest)
    parts = [rest[label.end() :]] if label else []
    used = [replace(cells[number], source=parts[0])] if label else []
    for cell in cells[number + 1 :]:
        heading = cell.source.lstrip().startswith("#") and not _LABEL.match(cell.source.lstrip())
        if cell.code or _QUESTION.search(cell.source) or heading:
            break
        parts.append(cell.source)
        used.append(cell)
    return "\n\n".join(parts), used


def _judged(question: str, text: str | None, given: str, points: float) -> WrittenAnswer:
    if text is None:
        return WrittenAnswer(question=question, state="missing", points=points)
    said = _EDGES.sub("", _LABEL.sub("", text.strip(), count=1))
    if not said:
        state = "empty"
    elif _PLACEHOLDER.fullmatch(said):
        state = "placeholder"
    elif given and text.split() == given.split():
        state = "unchanged"
    else:
        state = "answered"
    return WrittenAnswer(
        question=question, state=state, words=word_count(said) if state == "answered" else 0,
        text=text.strip()[:_MAX_TEXT], points=points,
    )  # fmt: skip
