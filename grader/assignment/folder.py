"""An assignment and its parts: rubric, bank, reference, answer key."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cached_property
from importlib import import_module
from pathlib import Path

from grader.assignment.layout import Layout, find_rubric
from grader.assignment.plugin import AUTO, Plugin, load_plugin, plugin_files
from grader.assignment.template_digests import with_templates
from grader.model.composition import load_composition
from grader.model.contract import Contract
from grader.model.errors import RubricError, UsageError
from grader.model.module_path import notebook_of
from grader.model.rubric import Rubric, load_rubric, rubric_sources
from grader.model.rubric_fault import Fault, did_you_mean, rubric_error
from grader.model.submission_form import SubmissionForm


class Assignment:
    """An assignment, loaded and validated."""

    def __init__(self, rubric: Rubric, path: Path) -> None:
        self.rubric = rubric
        self.path = path
        self.layout = Layout(path, rubric)

    @classmethod
    def load(cls, name: str = "") -> Assignment:
        """Load a shipped assignment by its id, or any by its folder or the path of its rubric.

        Without a name it is the one whose folder one stands in.

        Raises:
            UsageError: no assignment has that name, or it is composed of several (see
                `grader.assignment.composed`).
            RubricError: its rubric is wrong.
            InputError: a part of it is not there.
        """
        path = find_rubric(name)
        composition = load_composition(path)
        if composition is not None:
            members = composition.include
            raise UsageError(
                f"{composition.id} is composed of {' and '.join(members)}, and this command takes "
                "one assignment at a time.",
                hint=f"Name one of them: -a {', or -a '.join(members)}.",
            )
        assignment = cls(load_rubric(path), path)
        if not assignment.bank_files:
            hint = did_you_mean(assignment.bank.name, _folders(assignment.bank.parent))
            what = f"leads to {assignment.bank}, where there are no Python files"
            raise assignment.fault(Fault(("bank",), what, hint))
        assignment._must_have_its_release()
        return assignment

    def _must_have_its_release(self) -> None:
        named = self.rubric.grading.release
        try:
            if named != AUTO:
                self.plugin.release(named)
        except UsageError as error:
            what = f"is {named!r}; the assignment has no such release"
            raise self.fault(Fault(("grading", "release"), what, error.hint)) from None

    def fault(self, fault: Fault) -> RubricError:
        """What is wrong with the rubric, with the file and line of its keys."""
        return rubric_error(self.sources, fault)

    @property
    def sources(self) -> list[tuple[Path, str]]:
        """The texts that its rubric comes from, what wins first."""
        return rubric_sources(self.path)

    @property
    def bank(self) -> Path:
        """Folder of the test bank."""
        return self.layout.bank

    @cached_property
    def contract(self) -> Contract:
        """What it asks for, with what its templates have in the place of each function.

        Raises:
            InputError: the file of template digests is damaged.
        """
        return with_templates(self.rubric.contract, self.layout)

    @cached_property
    def bank_files(self) -> list[Path]:
        """The bank's modules, in the order in which they run."""
        return sorted(path for path in self.bank.glob("*.py") if not path.name.startswith("_"))

    @cached_property
    def plugin(self) -> Plugin:
        """The hooks of its `releases.py` and `data.py`.

        Raises:
            PluginError: they cannot be imported.
        """
        return load_plugin(self.layout.plugin)

    @property
    def package_names(self) -> list[str]:
        """What the students' package may be called, all of which import it; the usual one first."""
        return self.rubric.package.names or [self.layout.reference.name]

    @cached_property
    def form(self) -> SubmissionForm:
        """What submissions of it look like."""
        written = [each.module for each in self.rubric.contract.values() if not each.given]
        prefer = self.rubric.package.prefer
        preferred = [prefer] if isinstance(prefer, str) else prefer
        return SubmissionForm(written, self.package_names, preferred)

    @property
    def reference(self) -> Path:
        """Folder of the reference package."""
        return self.layout.reference

    @cached_property
    def given_files(self) -> dict[str, str]:
        """Module to its text, of those that students get complete.

        Raises:
            InputError: the reference has no such module, or it holds part of the solution.
        """
        folder, whole = self.layout.given, bool(self.reference_digest)
        return {m: _given(folder, m, self.path, whole=whole) for m in self.rubric.given}

    @cached_property
    def bank_digest(self) -> str:
        """Of everything that decides what the bank asks: bank, checks and contract."""
        bank = [*sorted(self.bank.glob("*.py")), *self.layout.borrowed_helpers]
        harness = Path(__file__).resolve().parents[1]
        checks = sorted(
            path for folder in ("checks", "runner") for path in (harness / folder).rglob("*.py")
        )
        asked = sorted((name, entry.module, entry.returns) for name, entry in self.contract.items())
        return digest([*bank, *checks], repr(asked))

    @cached_property
    def notebooks(self) -> list[str]:
        """The notebooks that functions of the contract live in, by name."""
        named = map(notebook_of, self.contract.modules.values())
        return list(dict.fromkeys(name for name in named if name))

    @cached_property
    def given_notebooks(self) -> dict[str, str]:
        """The notebooks that functions live in, as students get them, by name: those at hand."""
        folders = (self.layout.template, self.layout.given)
        found = ((name, folder / f"{name}.ipynb") for folder in folders for name in self.notebooks)
        return {name: path.read_text(encoding="utf-8") for name, path in found if path.is_file()}

    @cached_property
    def reference_digest(self) -> str:
        """Of the reference's files; empty where there is no reference (a student's machine)."""
        files = sorted(self.reference.rglob("*.py")) if self.reference.is_dir() else []
        solved = map(self.layout.solved_notebook, self.notebooks)
        files += [path for path in solved if path.is_file()]
        return digest(files) if files else ""

    @cached_property
    def digest(self) -> str:
        """Of all that decides a result: rubric, bank, plugin, reference and known mistakes."""
        layout = self.layout
        mistakes = sorted(layout.mistakes.rglob("*.toml"))
        has_notebooks = self.rubric.notebooks or self.notebooks
        notebooks = sorted(layout.template.glob("*.ipynb")) if has_notebooks else []
        notebooks += [layout.curves] if layout.curves.is_file() else []
        rubrics = [self.path, *([layout.base] if layout.base else [])]
        files = [*rubrics, *mistakes, *notebooks, *plugin_files(layout.plugin)]
        files += sorted(layout.template.rglob("*.py"))
        return digest(files, self.bank_digest + self.reference_digest)


def _folders(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []


def _given(folder: Path, module: str, rubric: Path, *, whole: bool) -> str:
    """A module's text; `whole` where that is a reference's, not what a kit has of it."""
    path = folder / f"{module.replace('.', '/')}.py"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise RubricError(f"{rubric}: key `given`: cannot read {path}: {reason}.") from None
    if whole and _has_solution(text, path):
        raise RubricError(
            f"{rubric}: key `given`: {path} holds a solution, so students do not get it complete.",
            hint=f"Take {module!r} out of `given`.",
        )
    return text


def _has_solution(text: str, path: Path) -> bool:
    """By a module that a student's kit lacks, and which is therefore imported by its name."""
    stripping = import_module("grader.assignment.stripping")
    return bool(stripping.strip_solutions(text, str(path)) != text)


def digest(files: Iterable[Path], extra: str = "") -> str:
    """SHA-256 over the names and contents of files."""
    sha = hashlib.sha256(extra.encode())
    for path in files:
        content = path.read_bytes()
        sha.update(f"{path.name}\0{len(content)}\0".encode() + content)
    return sha.hexdigest()
