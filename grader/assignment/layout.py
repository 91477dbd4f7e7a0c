"""Where the parts of an assignment lie: the only place that joins its paths.

An assignment of one's own is a folder:

    assignment.toml   bank/   reference/<package>/   mistakes/   variants/   equivalent_mutants.toml
    template/   releases.py   data.py   demo/   answers.key

The shipped ones are the same folders, laid out by name over the harness's own:

    rubrics/<id>.toml, <id>.key, <id>.curves.json
    reference/<id>/<package>/, mistakes/, variants/, equivalent_mutants.toml, *.ipynb
    student_template/<id>/
    grader/assignments/<id>/bank/, releases.py, data.py, demo/

A rubric of any other name is an assignment of the folder it is in. What it neither names nor has
beside it is that of the shipped assignment of its id, or of the id of the rubric that it extends.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Final

from grader.model.composition import load_composition
from grader.model.errors import InputError, UsageError
from grader.model.rubric import Rubric, load_rubric

MAIN: Final = "assignment.toml"
"""The rubric of an assignment that is a folder."""
DEMO: Final = "numpynn"
"""The assignment that `grader demo` shows where no other is named or near."""

_HARNESS: Final = Path(__file__).resolve().parents[1]


def _top(name: str) -> Path:
    """`reference`, `student_template` or `rubrics`, in a checkout or in an installed wheel."""
    inside = _HARNESS / "_data" / name
    return inside if inside.is_dir() else _HARNESS.parent / name


def shipped_data() -> Iterator[tuple[str, Path]]:
    """The shipped assignments' files outside of the package, by their names in a wheel."""
    for top in ("rubrics", "reference", "student_template"):
        for path in sorted(_top(top).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield inside_wheel(top, path.relative_to(_top(top)).as_posix()), path


def inside_wheel(top: str, path: str) -> str:
    """Where a file of a top folder lies in a wheel."""
    return f"{_HARNESS.name}/_data/{top}/{path}"


class Layout:
    """The paths of one assignment; what is optional need not be there."""

    def __init__(self, path: Path, rubric: Rubric) -> None:
        """`path` is that of the rubric."""
        self.rubric = path
        self._named = rubric
        self.is_shipped = is_shipped(path)
        """Whether it comes with the harness, whole."""
        self._home = path.parent

    @property
    def base(self) -> Path | None:
        """The rubric that this one extends."""
        return self._home / self._named.extends if self._named.extends else None

    @cached_property
    def shipped(self) -> str:
        """Id of the shipped assignment whose parts are taken where there are none of its own."""
        ids = [self._named.id, *([load_rubric(self.base).id] if self.base else [])]
        return next((name for name in ids if (_HARNESS / "assignments" / name).is_dir()), "")

    @property
    def bank(self) -> Path:
        """Folder of the test bank."""
        return self._part(self._named.bank, "bank", self._shipped_code / "bank")

    @property
    def borrowed_helpers(self) -> list[Path]:
        """Helpers of shipped banks that this bank imports from, wherever it lies."""
        texts = "".join(path.read_text(encoding="utf-8") for path in self.bank.glob("*.py"))
        helpers = (_HARNESS / "assignments").glob("*/bank/_*.py")
        return sorted(
            path
            for path in helpers
            if path.parent != self.bank
            and f"{_HARNESS.name}.assignments.{path.parents[1].name}.bank" in texts
        )

    @cached_property
    def reference(self) -> Path:
        """Folder of the reference package, which students' packages are compared with."""
        if self._named.reference and not self.is_shipped:
            return self._home / self._named.reference
        solution = self._part("", "reference", _top("reference") / (self.shipped or self._named.id))
        packages = sorted(path.parent for path in solution.glob("*/__init__.py"))
        return packages[0] if packages else solution / self._named.id

    @property
    def solution(self) -> Path:
        """Folder of the reference package, of what lies beside it, and of solved notebooks."""
        return self.reference.parent

    def solved_notebook(self, name: str) -> Path:
        """The reference's notebook of a name."""
        return self.solution / f"{name}.ipynb"

    @property
    def data(self) -> Path | None:
        """Folder of the data set that the rubric names for its notebooks."""
        rules = self._named.notebooks
        return self._home / rules.data if rules and rules.data else None

    @property
    def given(self) -> Path:
        """Folder of the modules that students get complete: the reference, if it is at hand."""
        beside = _top("given") / self._named.id
        return beside if beside.is_dir() else self.reference

    @property
    def template(self) -> Path:
        """Folder of what students get."""
        rules = self._named.notebooks
        named = rules.release if rules else ""
        return self._part(named, "template", _top("student_template") / self.shipped)

    @property
    def mistakes(self) -> Path:
        """Folder of the known mistakes."""
        return self._beside_solution("mistakes")

    @property
    def variants(self) -> Path:
        """Folder of other ways of being right."""
        return self._beside_solution("variants")

    @property
    def equivalents(self) -> Path:
        """The list of mutants that change nothing."""
        return self._beside_solution("equivalent_mutants.toml")

    @property
    def plugin(self) -> Path:
        """Folder of `releases.py` and `data.py`."""
        here = (self._home / name for name in ("releases.py", "data.py"))
        own = not self.is_shipped and any(path.is_file() for path in here)
        return self._home if own or not self.shipped else self._shipped_code

    @property
    def demo(self) -> Path:
        """Folder of the invented students."""
        return self._part("", "demo", self._shipped_code / "demo")

    @property
    def key(self) -> Path:
        """The recorded answers; those of the rubric it extends where there are no others."""
        own = self._own_key(self.rubric)
        return own if own.is_file() or self.base is None else self._own_key(self.base)

    @property
    def compiled_mistakes(self) -> Path:
        """What a student's kit knows of the mistakes."""
        return self.key.with_suffix(".mistakes")

    @cached_property
    def curves(self) -> Path:
        """The reference's training curves, as recorded."""
        return self.rubric.with_suffix(".curves.json")

    def own_files(self) -> list[Path]:
        """All files of an assignment that does not come with the harness, as far as it is used."""
        data = [self.data] if self.data else []
        folders = [self.bank, self.reference, self.mistakes, self.variants, self.template, *data]
        plugin = sorted(self.plugin.glob("*.py"))
        files = [self.rubric, self.key, self.curves, self.equivalents, *plugin]
        files += [*filter(None, [self.base]), *self.solution.glob("*.ipynb")]
        files += [path for folder in folders for path in sorted(folder.rglob("*"))]
        ours = [_HARNESS, *map(_top, ("rubrics", "reference", "student_template"))]
        return [
            path
            for path in files
            if path.is_file()
            and "__pycache__" not in path.parts
            and not any(path.resolve().is_relative_to(folder.resolve()) for folder in ours)
        ]

    @property
    def _shipped_code(self) -> Path:
        return _HARNESS / "assignments" / (self.shipped or self._named.id)

    def _part(self, named: str, usual: str, shipped: Path) -> Path:
        if named and not self.is_shipped:
            return self._home / named
        own = self._home / usual
        return own if not self.shipped or (not self.is_shipped and own.exists()) else shipped

    def _beside_solution(self, name: str) -> Path:
        own = self._home / name
        return own if not self.is_shipped and own.exists() else self.solution / name

    @staticmethod
    def _own_key(rubric: Path) -> Path:
        is_main = rubric.name == MAIN
        return rubric.with_name("answers.key") if is_main else rubric.with_suffix(".key")


def is_shipped(rubric: Path) -> bool:
    """Whether a rubric is one of those that come with the harness."""
    return rubric.resolve().parent == _top("rubrics").resolve()


def shipped_ids() -> list[str]:
    """The assignments that come with the harness."""
    return sorted(path.stem for path in _top("rubrics").glob("*.toml"))


def with_notebooks(path: Path) -> str:
    """A rubric that asks for notebooks: this one, or the shipped one that lays them over it."""
    others = (path.with_name(f"{name}.toml") for name in shipped_ids())
    for each in (path, *(other for other in others if other.is_file())):
        if load_composition(each) is not None:
            continue
        rubric = load_rubric(each)
        if rubric.notebooks is not None and (each == path or rubric.extends == path.name):
            return str(each)
    return str(path)


def find_rubric(name: str = "", start: Path | None = None) -> Path:
    """The rubric of an assignment.

    Args:
        name: id of a shipped one, folder, or path of a rubric; empty for the one that one is in.
        start: from where to look for that; the current folder by default.

    Raises:
        UsageError: there is none, or it has to be named; says which there are.
        InputError: the folder named holds no assignment.
    """
    if not name:
        return _nearest(start or Path.cwd())
    path = Path(name)
    if path.suffix == ".toml" and path.is_file():
        return path
    shipped = _top("rubrics") / f"{name}.toml"
    if shipped.is_file() and not (path / MAIN).is_file():
        return shipped
    if path.is_dir():
        return _in_folder(path)
    near = difflib.get_close_matches(name, shipped_ids(), n=1) or shipped_ids()
    raise UsageError(f"There is no assignment {name!r}.", hint=f"Did you mean {', '.join(near)!r}?")


def find_demo(name: str = "", start: Path | None = None) -> Path:
    """The rubric of the assignment to show: as `find_rubric`, but a shipped one if none is near.

    Raises:
        UsageError: none has that name.
        InputError: the folder named holds no assignment.
    """
    is_near = name or _above(start or Path.cwd()) or DEMO not in shipped_ids()
    return find_rubric(name if is_near else DEMO, start)


def _in_folder(folder: Path) -> Path:
    main = folder / MAIN
    if not main.is_file():
        others = ", ".join(sorted(path.name for path in folder.glob("*.toml")))
        hint = f"Name its rubric: {others}." if others else f"It needs a file {MAIN}."
        raise InputError(f"{folder}: there is no {MAIN} in this folder.", hint=hint)
    return main


def _nearest(start: Path) -> Path:
    near = _above(start)
    if near is not None:
        return near
    known = shipped_ids()
    if len(known) == 1:  # a student's kit holds one
        return _top("rubrics") / f"{known[0]}.toml"
    raise UsageError(
        f"Which assignment? Neither {start} nor a folder above it has a file {MAIN}.",
        hint=f"Name one with -a: {', '.join(known)}, or a folder or rubric of your own.",
    )


def _above(start: Path) -> Path | None:
    mains = (folder / MAIN for folder in _upwards(start))
    return next((main for main in mains if main.is_file()), None)


def _upwards(start: Path) -> Iterator[Path]:
    folder = start.resolve()
    yield folder
    yield from folder.parents
