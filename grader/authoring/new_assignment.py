"""`grader new`: the folder of an assignment, made out of a reference."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Final, NamedTuple

from grader.assignment.layout import MAIN
from grader.authoring.allowance import MINUTES
from grader.authoring.bank_writer import bank_modules, quoted
from grader.authoring.folder_writer import (
    POINTS,
    SEED,
    file_name,
    package_name,
    require_empty,
    shared_points,
    spoken,
)
from grader.authoring.reference_source import ReferenceSource, package_root
from grader.authoring.solution_marks import given_names, marked
from grader.authoring.survey import Progress, Survey, survey
from grader.model.contract import ContractEntry
from grader.runner.recording import ReferenceFails

_DATA: Final = frozenset({".csv", ".txt", ".json", ".npy", ".npz"})


class Made(NamedTuple):
    """An assignment's folder, and what is known of it."""

    folder: Path
    survey: Survey


def new_assignment(
    out: Path,
    reference: Path | None,
    jobs: int,
    progress: Progress,
    record: Callable[[Path], None],
    *,
    minutes: float = MINUTES,
) -> Made:
    """Write a new folder.

    Args:
        out: the folder, which must not be there or be empty; its name is the assignment's.
        reference: the solution's folder; a worked example without one.
        jobs: processes at once.
        progress: told what is being done.
        record: records the answer key of an assignment, and writes its template.
        minutes: of processor time for finding checks.

    Raises:
        InputError: the folder is not empty, or the reference cannot be used; says why.
    """
    require_empty(out)
    if reference is None:
        with resources.as_file(resources.files("grader.authoring") / "example") as example:
            return _made(out, example, jobs, progress, record, minutes)
    return _made(out, reference, jobs, progress, record, minutes)


def _made(
    out: Path,
    reference: Path,
    jobs: int,
    progress: Progress,
    record: Callable[[Path], None],
    minutes: float,
) -> Made:
    source = ReferenceSource.read(reference)
    found = survey(source, jobs, progress, minutes)
    package = package_name(source.package, out.name)
    files = marked(source, found.contract)
    folder = out / "reference" / package
    for path, text in {"__init__.py": "", **files}.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    _copy_data(package_root(reference), folder / source.part)
    found = _recorded(out, found, files, record)
    return Made(out, found)


def _recorded(
    out: Path, found: Survey, files: Mapping[str, str], record: Callable[[Path], None]
) -> Survey:
    """Write bank and contract, and record the key; without checks that the reference then fails.

    That happens to code that does not do the same each time it is run.

    Raises:
        ReferenceFails: it fails all of them.
    """
    while True:
        _write_bank(out, found, files)
        try:
            record(out / MAIN)
            return found
        except ReferenceFails as error:
            kept = [each for each in found.chosen if each.written.id not in error.checks]
            if len(kept) in (0, len(found.chosen)):
                raise
            names = {each.candidate.target for each in found.chosen if each not in kept}
            found.left_out.update(dict.fromkeys(names, "it does not do the same each time"))
            found = found._replace(chosen=kept)


def _write_bank(out: Path, found: Survey, files: Mapping[str, str]) -> None:
    bank = out / "bank"
    shutil.rmtree(bank, ignore_errors=True)
    bank.mkdir()
    (bank / "__init__.py").write_text("", encoding="utf-8")
    modules = {name: entry.module for name, entry in found.contract.items()}
    for name, text in bank_modules(found.chosen, modules).items():
        (bank / name).write_text(text, encoding="utf-8")
    given = given_names(files, found.contract)
    (out / MAIN).write_text(toml_text(out.name, found, given), encoding="utf-8")


def _copy_data(root: Path, folder: Path) -> None:
    """Small files beside the modules, which they may read."""
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        hidden = any(part.startswith((".", "__pycache__")) for part in inside.parts)
        wanted = path.suffix in _DATA and path.is_file()
        if wanted and not hidden and path.stat().st_size < 1 << 20:
            (folder / inside).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / inside)


def toml_text(name: str, found: Survey, given: Collection[str]) -> str:
    """The file that describes the assignment.

    Args:
        name: of the assignment.
        found: what is in its contract and its bank.
        given: functions, classes and methods in which there is nothing to write.
    """
    return "\n".join(_toml_lines(name, found, given)) + "\n"


def _toml_lines(name: str, found: Survey, given: Collection[str]) -> Iterator[str]:
    identifier = re.sub(r"[^\w-]+", "-", name).strip("-").lower() or "assignment"
    yield f"id = {quoted(identifier)}"
    yield f"points = {POINTS}"
    yield f"seed = {SEED}"
    yield ""
    yield "[title]"
    yield f"en = {quoted(spoken(name))}"
    yield ""
    yield "[contract]"
    for entry_name, entry in found.contract.items():
        yield f"{entry_name} = {_entry(entry_name, entry, found, given)}"
    judged = dict.fromkeys(each.candidate.target for each in found.chosen)
    weights = Counter(found.contract[target.partition(".")[0]].module for target in judged)
    for module, points in shared_points(weights).items():
        yield ""
        yield f"[parts.{file_name(module)}]"
        yield f"title = {{ en = {quoted(spoken(module.rpartition('.')[2]))} }}"
        yield f"points = {points}"


def _entry(name: str, entry: ContractEntry, found: Survey, given: Collection[str]) -> str:
    returns = ", ".join(entry.returns)
    more = []
    if name in found.pairs and found.pairs[name] in found.contract:
        more.append(f"backward_of = {quoted(found.pairs[name])}")
    methods = [
        f"{method} = {_method(e, is_given=_is_given(name, method, given))}"
        for method, e in entry.methods.items()
    ]
    if methods and entry.makes_object:
        more.append(f"methods = {{ {', '.join(methods)} }}")
    if name in given:
        more.append("given = true")
    if not more:
        return quoted(f"{entry.module}: {returns}")
    return f"{{ module = {quoted(entry.module)}, returns = {quoted(returns)}, {', '.join(more)} }}"


def _is_given(name: str, method: str, given: Collection[str]) -> bool:
    """Whether a method has nothing to write, while others of its class have."""
    return f"{name}.{method}" in given and name not in given


def _method(entry: ContractEntry, *, is_given: bool) -> str:
    returns = quoted(", ".join(entry.returns))
    return f"{{ returns = {returns}, given = true }}" if is_given else returns
