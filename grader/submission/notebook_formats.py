"""From the bytes that were handed in to a notebook's cells and metadata.

A notebook may be of any nbformat since 3, in any encoding of Unicode, cut off, in the middle of a
merge, or a script that jupytext or nbconvert made of it. What can be read is; nothing is run.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any, Final, NamedTuple

from grader.model.errors import InputError

MAX_BYTES: Final = 64 << 20
MAX_CELLS: Final = 2_000
MAX_SCRIPT_BYTES: Final = 96 << 10
"""Of a script that stands for a notebook: it holds no outputs, and reading it takes time."""
SCRIPTS: Final = {".py": "py", ".txt": "py", ".md": "md", ".rmd": "Rmd"}
"""Endings of files that may be such scripts, and jupytext's name for what is in them."""

_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]")
_NOTEBOOK: Final = re.compile(
    r'\s*\{\s*"(?:cells|metadata|worksheets|nbformat(?:_minor)?)"\s*:', re.ASCII
)
_CELLS: Final = re.compile(r'"cells"\s*:\s*\[')
_CONFLICT: Final = re.compile(r"^[ \t]*<{7}", re.MULTILINE)
_CELL_MARK: Final = re.compile(r"^# ?(?:%%|In\[[ \d]*\]:?)", re.MULTILINE)
_HEADER: Final = re.compile(r"\A(?:# )?---\n(?:# )?jupyter:")
_PREAMBLE: Final = re.compile(r"^(?:!.*|(?:-\*- )?coding: .*)$", re.MULTILINE)
_PROMPT: Final = re.compile(r"^# In\[[ \d]*\]:?[ \t]*$", re.MULTILINE)
_CELL: Final = re.compile(
    r'\{\s*"(?:attachments|cell_type|collapsed|execution_count|id|input|metadata|source)"\s*:'
)
_MAX_FAILURES: Final = 50
_MAX_COMPLETED: Final = 1 << 20
_TOKEN: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},:"]|[^\s\[\]{},:"]+', re.DOTALL)


class Content(NamedTuple):
    """What is in a notebook."""

    cells: list[Any]
    metadata: dict[str, Any]
    notes: list[str]


def looks_like_notebook(name: str, data: bytes) -> bool:
    """Whether a file that is not called `.ipynb` holds a notebook all the same."""
    head = data[:4096].decode("utf-8", "replace")
    if name.lower().endswith((".json", ".txt")) and _NOTEBOOK.match(head):
        return True
    ending = "." + name.lower().rpartition(".")[2]
    if ending not in SCRIPTS or len(data) > MAX_SCRIPT_BYTES:
        return False
    return bool(_HEADER.match(head) or (ending != ".md" and _CELL_MARK.search(_text(data)[0])))


def read_content(data: bytes, path: str) -> Content:
    """The content of a notebook; `path` is its name in messages.

    Raises:
        InputError: there is none, in one line.
    """
    if len(data) > MAX_BYTES:
        raise InputError(f"{path}: is {len(data) >> 20} MB long; up to {MAX_BYTES >> 20} are read.")
    if not data.strip(b"\0 \t\r\n"):
        raise InputError(f"{path}: is empty. Save the notebook again, and submit that file.")
    text, encoding = _text(data)
    notes = [f"Read as {encoding}; notebooks are saved as UTF-8."] if encoding else []
    if not text.lstrip().startswith("{"):
        return _script(text, path, notes)
    try:
        return _from_json(_object(text, path, notes), path, notes)
    except InputError:
        raise
    except Exception as error:  # nbformat raises anything over damaged content
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:120]
        raise InputError(f"{path}: is a damaged notebook ({reason}).") from None


def _text(data: bytes) -> tuple[str, str]:
    """The text, and the name of its encoding if that is not UTF-8."""
    encoding = json.detect_encoding(data)
    try:
        return data.decode(encoding), encoding.upper() if encoding[:5] != "utf-8" else ""
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("gb18030"), "GB18030"
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace"), ""


def _object(text: str, path: str, notes: list[str]) -> dict[str, Any]:
    """The JSON object, as far as it is there."""
    reason = ""
    for candidate, note in _readings(text):
        try:
            found = _without_halves(json.loads(candidate), candidate)
        except (ValueError, RecursionError) as error:
            reason = reason or " ".join(str(error).split())[:120]
            continue
        notes.extend(note)
        return found if isinstance(found, dict) else {}
    cells = _without_halves(list(_whole_cells(text)), text)
    if not cells:
        raise InputError(f"{path}: is not valid JSON ({reason}); no cell could be read.")
    notes.append(f"The file is damaged or cut off: only the {len(cells)} whole cells were read.")
    return {"cells": cells}


def _readings(text: str) -> Iterator[tuple[str, list[str]]]:
    """The text; one with the marks of an unfinished merge with either side of it, or with none."""
    if not _CONFLICT.search(text):
        yield text, []
        return
    marks = "It holds the marks of an unfinished merge (<<<<<<<): "
    yield _merged(text, "<>"), [marks + "the first side was read."]
    yield _merged(text, "=>"), [marks + "the second side was read."]
    yield _merged(text, ">"), [marks + "what stands between them was not read."]


def _merged(text: str, shown_behind: str) -> str:
    """The lines behind marks of these kinds, and those before the first one."""
    lines, shown = [], True
    for line in text.splitlines(keepends=True):
        mark = line.lstrip(" \t")
        if mark.startswith(("<<<<<<<", "|||||||", ">>>>>>>")) or mark.strip() == "=======":
            shown = mark[0] in shown_behind
        elif shown:
            lines.append(line)
    return "".join(lines)


def _without_halves(found: Any, text: str) -> Any:
    """What was found in a text, with question marks for halves of characters, which no UTF-8 can
    hold."""
    if not _HALF.search(text):
        return found
    whole = json.dumps(found, ensure_ascii=False).encode("utf-8", "replace")
    return json.loads(whole)


def _whole_cells(text: str) -> Iterator[Any]:
    """The cells of a text that is not JSON throughout; what there is of one that is damaged."""
    start = _CELLS.search(text)
    decoder, place = json.JSONDecoder(), start.end() if start else len(text)
    failures = 0
    while match := _CELL.search(text, place):
        try:
            cell, place = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            following = _CELL.search(text, match.end())
            place = following.start() if following else len(text)
            cell = _completed(text[match.start() : place])
            failures += 1
        if isinstance(cell, dict) and "cell_type" in cell and ("source" in cell or "input" in cell):
            yield cell
        if failures > _MAX_FAILURES:
            return


def _completed(text: str) -> Any:
    """The value that begins a text that was cut off, closed after its last whole part."""
    if len(text) > _MAX_COMPLETED:
        return None
    text = text[: _end_of_whole(text)]
    closers: list[str] = []
    for token in _TOKEN.finditer(text):
        if token[0] in "{[":
            closers.append("}" if token[0] == "{" else "]")
        elif token[0] in "}]":
            closers.pop()
    try:
        return json.loads(text + "".join(reversed(closers)))
    except (ValueError, RecursionError):
        return None


def _end_of_whole(text: str) -> int:
    """Where its last value ends, or its last bracket opens, before it stops making sense."""
    opened: list[str] = []
    end, is_key = 0, False
    for token in _TOKEN.finditer(text):
        part = token[0]
        if part == ",":
            is_key = bool(opened) and opened[-1] == "{"
            continue
        if part == ":":
            is_key = False
            continue
        if part == '"':  # a text that never ends
            break
        if part in "{[":
            opened.append(part)
            is_key = part == "{"
        elif part in "}]":
            if not opened or opened.pop() + part not in ("{}", "[]"):
                break
        elif is_key:
            continue
        end = token.end()
    return end


def _from_json(raw: dict[str, Any], path: str, notes: list[str]) -> Content:
    if not raw.get("cells") and "worksheets" not in raw:
        raise InputError(f"{path}: holds no cells, so it is not a notebook.")
    metadata = raw.get("metadata")
    if "worksheets" in raw:
        _require("nbformat", path)
        import nbformat

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            raw = nbformat.convert(nbformat.reader.reads(json.dumps(raw)), 4)
        notes.append("Upgraded from nbformat 3.")
    return Content(list(raw["cells"]), metadata if isinstance(metadata, dict) else {}, notes)


def _script(text: str, path: str, notes: list[str]) -> Content:
    """A notebook that was turned into a script, by jupytext or nbconvert."""
    text = text.replace("\r\n", "\n")
    kind = SCRIPTS.get("." + path.lower().rpartition(".")[2], "py")
    if not (_HEADER.match(text) or _CELL_MARK.search(text)):
        raise InputError(
            f"{path}: is {_what(text)}, not a notebook. Submit the .ipynb file itself."
        )
    parts = max(len(_CELL_MARK.findall(text)), text.count("\n\n") // 2)
    if len(text) > MAX_SCRIPT_BYTES or parts > MAX_CELLS:
        raise InputError(
            f"{path}: is too long for a script that stands for a notebook. "
            "Submit the .ipynb file itself."
        )
    _require("jupytext", path)
    try:
        cells = _script_cells(text, kind)
    except Exception as error:  # jupytext raises anything over damaged content
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:120]
        raise InputError(f"{path}: cannot be read as a notebook ({reason}).") from None
    notes.append("Read from a script made from the notebook, which holds no saved outputs.")
    return Content(cells, {}, notes)


def _require(library: str, path: str) -> None:
    """Refuse what only a library can read that a student's kit comes without."""
    if find_spec(library) is None:
        raise InputError(
            f"{path}: can be read only with the package {library}.",
            hint=f"Run `pip install {library}`, or save the notebook as .ipynb again.",
        )


def _script_cells(text: str, kind: str) -> list[Any]:
    import jupytext

    if not _HEADER.match(text) and _PROMPT.search(text):
        return list(_converted_cells(text))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        notebook = jupytext.reads(text, fmt=kind)
    return [
        {key: cell[key] for key in ("cell_type", "source", "metadata")} for cell in notebook.cells
    ]


def _converted_cells(text: str) -> Iterator[dict[str, Any]]:
    """The cells of a script by nbconvert: `# In[3]:` begins code, comments behind it are text."""
    for number, part in enumerate(_PROMPT.split(text)):
        code, prose = part.rstrip(), ""
        if match := re.search(r"(?:\A|\n\n)((?:#[^\n]*(?:\n+|\Z))+)\Z", code + "\n"):
            code, prose = code[: match.start()], re.sub(r"^# ?", "", match[1], flags=re.MULTILINE)
        if number and code.strip():
            yield {"cell_type": "code", "source": code.strip("\n")}
        prose = _PREAMBLE.sub("", prose).strip("\n")
        if prose:
            yield {"cell_type": "markdown", "source": prose}


def _what(text: str) -> str:
    """What a text is that is neither a notebook nor a script of one."""
    head = text.lstrip()[:200].lower()
    if head.startswith("pk\x03\x04"):
        return "a zip archive"
    if head.startswith(("<!doctype html", "<html")):
        return "a web page"
    if head.startswith("version https://git-lfs"):
        return "a pointer of Git LFS"
    if head.startswith("%pdf"):
        return "a PDF"
    return "another kind of file"
