"""An assignment that is composed of parts of others: one submission, one report, one score.

Each of the others, its *members*, grades its own parts with its own bank, key and reference, as it
would alone, but for the points that the composing rubric gives them. What the members found is
then put together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from msgspec.structs import replace

from grader.assignment.folder import Assignment, digest
from grader.assignment.layout import find_rubric, shipped_ids
from grader.assignment.plugin import AUTO
from grader.model.composition import ChosenPart, Composition, load_composition
from grader.model.errors import RubricError, UsageError
from grader.model.rubric import NotebookRules, Part, Rubric, rubric_sources
from grader.model.rubric_fault import Fault, did_you_mean, rubric_error
from grader.model.submission_form import SubmissionForm

_OF: Final = "/"
"""Between a member and what several of them have under one name."""

T = TypeVar("T")


class IncludedAssignment(Assignment):
    """An assignment, as far as a composing rubric includes it."""

    def __init__(
        self, rubric: Rubric, path: Path, composed: ComposedAssignment, parts: Mapping[str, str]
    ) -> None:
        """`parts` are those that are graded: own id to the id in the composed assignment."""
        super().__init__(rubric, path)
        self._composed = composed
        self.part_names = parts

    @property
    def sources(self) -> list[tuple[Path, str]]:
        """The composing rubric, then its own."""
        return [*rubric_sources(self._composed.path), *super().sources]

    def fault(self, fault: Fault) -> RubricError:
        """What is wrong with one of the rubrics, by the names of the one that says it."""
        table, *names = fault.keys
        if table in ("checks", "hints") and names:
            whole = f"{self.rubric.id}{_OF}{names[0]}"
            if self._composed.says(table, whole):
                fault = fault._replace(keys=(table, whole, *names[1:]))
        return super().fault(fault)

    @cached_property
    def form(self) -> SubmissionForm:
        """That of the whole, so that all members grade the same package."""
        return self._composed.form

    @cached_property
    def digest(self) -> str:
        """Of all that decides its results, the composing rubric included."""
        return digest([self._composed.path, self.path], Assignment(self.rubric, self.path).digest)

    def check_name(self, check: str) -> str:
        """The id that a check of its bank has in the composed assignment."""
        is_shared = check.partition("::")[0] in self._composed.shared_modules
        return f"{self.rubric.id}{_OF}{check}" if is_shared else check


class ComposedAssignment:
    """Assignments that are graded together."""

    def __init__(self, composition: Composition, path: Path) -> None:
        """Compose what a rubric includes.

        Raises:
            RubricError: an assignment, a part or a check is not there; names file and line.
        """
        self.path = path
        self._composition = composition
        self._included = self._load()
        chosen = self._chosen()
        self.rubric = self._rubric(chosen)
        self.members = [self._member(each, chosen) for each in self._included]

    @cached_property
    def form(self) -> SubmissionForm:
        """What submissions look like: whatever one of the members expects."""
        own = self._composition.package
        forms = [each.form for each in self._included]
        return SubmissionForm(
            [module for form in forms for module in form.modules],
            list(dict.fromkeys([*own.names, *(n for form in forms for n in form.packages)])),
            list(dict.fromkeys([*_listed(own.prefer), *(self._preferred())])),
        )

    @cached_property
    def digest(self) -> str:
        """Of all that decides a result."""
        return digest([self.path], "".join(member.digest for member in self.members))

    @property
    def bank_files(self) -> list[Path]:
        """The modules of all banks."""
        return [path for member in self.members for path in member.bank_files]

    @cached_property
    def shared_modules(self) -> frozenset[str]:
        """Modules of the banks whose names several members have."""
        return _in_several([_modules(each) for each in self._included])

    def says(self, table: str, name: str) -> bool:
        """Whether the composing rubric has an entry of that name among its checks or hints."""
        own = self._composition
        return name in (own.checks if table == "checks" else own.hints)

    def fault(self, fault: Fault) -> RubricError:
        """What is wrong with the composing rubric, with file and line."""
        return rubric_error(rubric_sources(self.path), fault)

    def _preferred(self) -> Iterable[str]:
        return (name for each in self._included for name in _listed(each.rubric.package.prefer))

    def _load(self) -> list[Assignment]:
        loaded: list[Assignment] = []
        for name in self._composition.include:
            loaded.append(self._loaded(name))
        for what, names in (
            ("id", [{each.rubric.id} for each in loaded]),
            ("notebook", [set(_notebook_names(each)) for each in loaded]),
        ):
            for twice in sorted(_in_several(names)):
                raise self.fault(Fault(("include",), f"names two with the {what} {twice!r}"))
        return loaded

    def _loaded(self, name: str) -> Assignment:
        beside = self.path.parent / name
        if not beside.exists() and name not in shipped_ids():
            what = f"names {name!r}, which is neither a folder or rubric here nor a shipped one"
            raise self.fault(Fault(("include",), what, did_you_mean(name, shipped_ids())))
        path = find_rubric(str(beside) if beside.exists() else name)
        if load_composition(path) is not None:
            what = f"names {name!r}, which is composed itself"
            raise self.fault(Fault(("include",), what, "Include what it includes."))
        return Assignment.load(str(path))

    def _chosen(self) -> dict[str, _Chosen]:
        """The parts that are graded, by their ids in the whole."""
        shared = _in_several([set(each.rubric.parts) for each in self._included])
        known = {
            f"{each.rubric.id}{_OF}{name}" if name in shared else name: _Chosen(each, name)
            for each in self._included
            for name in each.rubric.parts
        }
        wanted = self._composition.parts
        for name in wanted:
            if name not in known:
                hint = did_you_mean(name, known)
                if name in shared:
                    of = [key for key in known if key.endswith(f"{_OF}{name}")]
                    hint = f"Several have one: write {' or '.join(map(repr, of))}."
                raise self.fault(Fault(("parts", name), "is not a part of what is included", hint))
        return {name: known[name] for name in wanted or known}

    def _rubric(self, chosen: Mapping[str, _Chosen]) -> Rubric:
        own = self._composition
        parts = {name: each.changed(own.parts.get(name)) for name, each in chosen.items()}
        for name, part in parts.items():
            if part.points < 0:
                raise self.fault(Fault(("parts", name, "points"), f"is negative ({part.points:g})"))
        total = sum(part.points for part in parts.values())
        if abs(total - own.points) > 1e-9:
            what = f"is {own.points:g}, but the parts' points add up to {total:g}"
            hint = "Change the parts' points or the total so that they agree."
            raise self.fault(Fault(("points",), what, hint))
        declared = [each.rubric.declared for each in reversed(self._included)]
        return Rubric(
            id=own.id,
            title=own.title,
            parts=parts,
            declared={name: entry for table in declared for name, entry in table.items()},
            points=own.points,
            package=own.package,
            due=own.due,
            late=own.late,
            trust_timestamps=own.trust_timestamps,
            submit=own.submit,
            notebooks=_together(self._notebook_rules(chosen)),
        )

    def _notebook_rules(self, chosen: Mapping[str, _Chosen]) -> list[NotebookRules]:
        """Those of each member, by the parts of the whole."""
        rules = []
        for each in self._included:
            names = {part.name: key for key, part in chosen.items() if part.of is each}
            own = self._notebooks(each, names)
            if own is not None:
                files = {n: replace(file, part=names[file.part]) for n, file in own.files.items()}
                rules.append(replace(own, files=files))
        return rules

    def _notebooks(self, each: Assignment, names: Mapping[str, str]) -> NotebookRules | None:
        """The notebooks of one member that belong to parts that are graded."""
        rules = each.rubric.notebooks
        files = {n: file for n, file in rules.files.items() if file.part in names} if rules else {}
        if rules is None or not files:
            return None
        scale = self._composition.scale or rules.scale
        if scale not in rules.scales:
            what = f"is {scale!r}, which {each.rubric.id} does not have"
            raise self.fault(Fault(("scale",), what, did_you_mean(scale, rules.scales)))
        return replace(rules, files=files, scale=scale)

    def _member(self, each: Assignment, chosen: Mapping[str, _Chosen]) -> IncludedAssignment:
        names = {part.name: key for key, part in chosen.items() if part.of is each}
        parts = {
            name: self.rubric.parts[names[name]] if name in names else replace(part, points=0.0)
            for name, part in each.rubric.parts.items()
        }
        rubric = replace(
            each.rubric,
            parts=parts,
            points=sum(part.points for part in parts.values()),
            notebooks=self._notebooks(each, names),
        )
        member = IncludedAssignment(rubric, each.path, self, names)
        own = self._composition
        member.rubric = replace(
            rubric,
            hints=rubric.hints | self._told(member, own.hints, "hints"),
            checks=rubric.checks | self._told(member, own.checks, "checks"),
        )
        return member

    def _told(self, member: IncludedAssignment, by_name: Mapping[str, T], key: str) -> dict[str, T]:
        """What the composing rubric says of a member's checks and functions, by its own names."""
        told = {}
        for name, said in by_name.items():
            own = name.removeprefix(f"{member.rubric.id}{_OF}")
            if "::" in own and own.partition("::")[0] in _modules(member):
                if member.check_name(own) == name:
                    told[own] = said
            elif own in member.contract.targets:
                told[own] = said
            elif not any(self._knows(each, name) for each in self._included):
                raise self.fault(Fault((key, name), "is in none of what is included"))
        return told

    def _knows(self, each: Assignment, name: str) -> bool:
        own = name.removeprefix(f"{each.rubric.id}{_OF}")
        return own in each.contract.targets or own.partition("::")[0] in _modules(each)


class _Chosen(NamedTuple):
    """A part of an included assignment."""

    of: Assignment
    name: str

    def changed(self, by: ChosenPart | None) -> Part:
        part = self.of.rubric.parts[self.name]
        if by is None:
            return part
        return replace(
            part,
            points=part.points if by.points is None else by.points,
            title=by.title or part.title,
            visibility=by.visibility or part.visibility,
        )


def open_assignment(name: str = "") -> Assignment | ComposedAssignment:
    """An assignment by its id, folder or rubric, composed or not; the nearest without a name.

    Raises:
        UsageError: no assignment has that name.
        RubricError: its rubric is wrong.
        InputError: a part of it is not there.
    """
    path = find_rubric(name)
    composition = load_composition(path)
    return ComposedAssignment(composition, path) if composition else Assignment.load(str(path))


def members_of(opened: Assignment | ComposedAssignment) -> Sequence[Assignment]:
    """The members of a composed assignment; of any other, itself."""
    return opened.members if isinstance(opened, ComposedAssignment) else [opened]


def member_of(name: str, member: str) -> Assignment:
    """A member of a composed assignment by its id; without one, the assignment itself.

    Raises:
        UsageError: there is no such assignment.
        RubricError: its rubric is wrong.
        InputError: a part of it is not there.
    """
    if not member:
        return Assignment.load(name)
    return next(each for each in members_of(open_assignment(name)) if each.rubric.id == member)


def require_release(opened: Assignment | ComposedAssignment, release: str) -> None:
    """Refuse a release that no member knows.

    Raises:
        UsageError: names those that are known.
    """
    members = members_of(opened)
    if all(release_in(each, release) == AUTO for each in members):
        members[0].plugin.release(release)


def release_in(assignment: Assignment, release: str) -> str:
    """A release as a member knows it: what others alone have is read off the submission here."""
    try:
        assignment.plugin.release(release)
    except UsageError:
        return AUTO
    return release


def _listed(names: str | list[str]) -> list[str]:
    return [names] if isinstance(names, str) else names


def _modules(assignment: Assignment) -> set[str]:
    """What ids of checks begin with."""
    return {path.stem for path in assignment.bank_files}


def _notebook_names(assignment: Assignment) -> Iterable[str]:
    rules = assignment.rubric.notebooks
    return rules.files if rules else ()


def _in_several(sets: Iterable[set[str]]) -> frozenset[str]:
    counts = Counter(name for names in sets for name in names)
    return frozenset(name for name, count in counts.items() if count > 1)


def _together(rules: Sequence[NotebookRules]) -> NotebookRules | None:
    if not rules:
        return None
    return replace(rules[0], files={name: f for each in rules for name, f in each.files.items()})
