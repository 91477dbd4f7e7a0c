"""A class to be graded: whose work it is, which attempt of each counts, and where that lies."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from grader.assignment.composed import ComposedAssignment
from grader.assignment.folder import Assignment
from grader.course.attempts import Counts, attempt_key, attempts_of, choose
from grader.course.export import Export, find_export, known_names, read_export
from grader.course.plain_entries import plain_entries
from grader.course.staging import stage
from grader.model.attempt import Attempt, Delivered
from grader.model.class_list import ClassList
from grader.model.errors import InputError
from grader.model.person import Person
from grader.model.submission_form import SubmissionForm
from grader.report.text import counted
from grader.submission import Source, Sources, single
from grader.submission.discover import look, plain_names, why_not_read
from grader.submission.files import printable
from grader.submission.identity import Names, entry_id, file_stem
from grader.submission.workspace import Workspace

_MAX_SHOWN: Final = 5
_TOGETHER: Final = {"en": "Submitted together by {0}.", "zh": "由 {0} 共同提交。"}


class OpenClass:
    """The submissions of a class, and what is known of the people behind them."""

    def __init__(
        self,
        sources: Sources,
        *,
        export: Export | None = None,
        people: Sequence[Person] = (),
        attempts: Sequence[Attempt] = (),
    ) -> None:
        self.sources = sources
        """In the order of their names; each is looked at when its turn comes."""
        self.export = export
        """None for folders that no platform made."""
        self.people = people
        self.attempts = attempts
        """Those of an export, with what counts marked."""

    @property
    def platform(self) -> str:
        """Whose export it is."""
        return self.export.platform.id if self.export else "plain"

    @property
    def times(self) -> dict[str, dt.datetime]:
        """When the attempts that count were submitted, by person, as far as that is known."""
        return {
            member: each.submitted
            for each in self.attempts
            if each.counted and each.submitted
            for member in each.members
        }

    def names(self) -> Names:
        """Everybody, by all that they go by. Of folders without a platform, each is looked at."""
        if self.export is None:
            return Names(self.sources)
        people = {person.key: person for person in self.people}
        sources = [
            Source(id=id, name=people[id].name if id in people else "", path=Path())
            for id in self.sources.ids()
        ]
        also = {p.key: [*filter(None, [p.email]), *p.ids.values()] for p in self.people}
        return Names(sources, also)

    def _of_two_names(self) -> dict[str, list[str]]:
        """Numbers of the platform that go with several names: somebody may have changed theirs."""
        found: dict[str, list[str]] = {}
        for person in self.people:
            if number := person.ids.get(self.platform, ""):
                found.setdefault(number, []).append(person.key)
        shared = {number: keys for number, keys in found.items() if len(keys) > 1}
        return {} if self.platform == "gradescope" else shared

    def class_list(self) -> ClassList:
        """People and attempts; of folders without a platform, one attempt each."""
        if self.export is not None:
            return ClassList(
                platform=self.platform, people=list(self.people), attempts=list(self.attempts)
            )
        ids = list(self.sources.ids())
        return ClassList(
            platform=self.platform,
            people=[Person(key=id, name=id) for id in ids],
            attempts=[
                Attempt(key=attempt_key(1, [id]), owner=id, members=[id], entry=id, counted=True)
                for id in ids
            ],
        )

    def lines(self) -> Iterator[str]:
        """What was recognised, for the user; nothing for plain folders."""
        if self.export is None:
            return
        counting = sum(each.counted for each in self.attempts)
        yield (
            f"Read as an export of {self.export.platform.title}, recognised by {self.export.why}: "
            f"{counted(len(self.people), 'student')}, {counted(len(self.attempts), 'attempt')}, "
            f"of which {counting} {'counts' if counting == 1 else 'count'}."
        )
        late = [m for each in self.attempts if each.counted and each.late for m in each.members]
        unknown = [member for member in late if member not in self.times]
        if unknown:
            yield (
                f"Marked as late, with no time in the export: {_listed(unknown)}. Give the times "
                "with --submitted for lateness to cost anything."
            )
        for number, keys in self._of_two_names().items():
            yield f"{number} is the number of {len(keys)} names: {_listed(keys)}. Each has a row."
        if self.export.others:
            others = _listed(sorted(map(printable, self.export.others)))
            yield f"Not of {self.export.platform.title}: {others}."


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MAX_SHOWN} more" if len(names) > _MAX_SHOWN else ""
    return ", ".join(names[:_MAX_SHOWN]) + more


@contextmanager
def open_class(
    path: Path,
    assignment: Assignment | ComposedAssignment,
    *,
    chosen: str = "",
    counts: Counts = "latest",
    zone: dt.tzinfo | None = None,
    lang: str = "en",
) -> Iterator[OpenClass]:
    """The class at a path; what was unpacked for it is removed at the end.

    Args:
        path: an export as it was downloaded, its folder, or the folder above; a folder of
            submissions; or one submission.
        assignment: what was to be submitted.
        chosen: the platform, and after `:` the assignment, where these are not to be guessed.
        counts: which attempt counts.
        zone: of times that do not say; this machine's by default.
        lang: of the reasons why an attempt counts.

    Raises:
        InputError: there is nothing, or it can be read in two ways.
        NoRoomError: what has to be unpacked cannot be written; also when a source is looked at.
        UsageError: there is no such platform.
    """
    platform, _, name = chosen.partition(":")
    form = assignment.form
    with Workspace() as workspace:
        found = find_export(path, form, workspace.folder, platform)
        if found.kind == "one":
            source = single(found.path)
            yield OpenClass(Sources([source.id], lambda _: source, are_ids=True))
        elif found.kind == "plain":
            yield OpenClass(plain_entries(found.path, form, lang))
        else:
            rules = assignment.rubric.notebooks
            known = known_names(form, rules.files if rules else ())
            export = read_export(found, form, name, zone)
            yield _of_export(export, assignment, workspace, counts, known, lang)


def _of_export(
    export: Export,
    assignment: Assignment | ComposedAssignment,
    workspace: Workspace,
    counts: Counts,
    known: frozenset[str],
    lang: str,
) -> OpenClass:
    form, due = assignment.form, assignment.rubric.due
    found = attempts_of(export.delivered, known)
    inactive = {each.attempt.key for each in found if not each.delivered.active}
    attempts = choose([e.attempt for e in found], counts, due, None, inactive, lang)
    people = {owner.key: owner for each in found for owner in each.delivered.owners}
    files = {each.attempt.key: each.delivered for each in found}
    own = Counter(member for each in found for member in each.attempt.members)
    make = partial(_staged, export, form, workspace, people, known, lang)
    looks = {
        member: partial(
            make, each, files[each.key], member, each.why if own[member] > 1 else ""
        )
        for each in attempts
        if each.counted
        for member in each.members
    }  # fmt: skip
    for each in attempts:
        for member in each.members:
            looks.setdefault(member, partial(_withdrawn, each, people[member]))
    extra = _others(export, form, people)
    ordered = sorted([*looks, *extra], key=lambda key: (key.casefold(), key))

    def look_at(key: str) -> Source:
        return looks[key]() if key in looks else extra[key]()

    return OpenClass(
        Sources(ordered, look_at, are_ids=True),
        export=export,
        people=list(people.values()),
        attempts=attempts,
    )


def _staged(
    export: Export,
    form: SubmissionForm,
    workspace: Workspace,
    people: Mapping[str, Person],
    known: frozenset[str],
    lang: str,
    attempt: Attempt,
    delivered: Delivered,
    member: str,
    why: str,
) -> Source:
    """An attempt of an export as a member's submission."""
    path = export.root / (delivered.files[0].path if delivered.files else delivered.entry)
    problem = delivered.problem or ("" if delivered.files else _nothing(delivered))
    if not problem:
        try:
            path = stage(
                export.root, delivered.files, workspace.folder, file_stem(attempt.owner), known
            )
            is_there = path.is_relative_to(export.root)
            problem = why_not_read(path, export.root if is_there else workspace.folder(), form)
        except InputError as error:
            problem = error.message
    team = [people[key].name for key in attempt.members]
    together = _TOGETHER[lang].format(", ".join(team)) if len(team) > 1 else ""
    note = " ".join(filter(None, (together, why)))
    return Source(id=member, name=people[member].name, path=path, problem=problem, note=note)


def _nothing(delivered: Delivered) -> str:
    entry = printable(delivered.entry)
    if not delivered.comment:
        return f"{entry}: holds no file."
    return f"{entry}: holds no file, only a text: {printable(delivered.comment[:200])}"


def _withdrawn(attempt: Attempt, person: Person) -> Source:
    problem = f"{printable(attempt.entry)}: {attempt.why[0].lower()}{attempt.why[1:]}"
    return Source(id=person.key, name=person.name, path=Path(attempt.entry), problem=problem)


def _others(
    export: Export, form: SubmissionForm, taken: Collection[str]
) -> dict[str, Callable[[], Source]]:
    """Submissions beside the platform's own, under identities that nobody has."""
    found: dict[str, Callable[[], Source]] = {}
    others = set(export.others)
    for name in plain_names(export.root):
        if name not in others:
            continue
        key = entry_id(name)
        while key in taken or key in found:
            key += f" (not of {export.platform.title})"
        found[key] = partial(_other, export.root, form, name, key)
    return found


def _other(root: Path, form: SubmissionForm, name: str, key: str) -> Source:
    return replace(look(root, form, name), id=key)
