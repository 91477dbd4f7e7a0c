"""Who of a course is meant: by a platform's id, then by e-mail, then by a name that only one has.

Nobody is guessed. Whoever may be two people, or nobody, is left open with what is near. Names are
compared as they are: what differs in case, width or Unicode form is another name.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Literal, NamedTuple

from grader.model.errors import UsageError
from grader.model.person import ASSIGNMENT_IDS, Person

Way = Literal["key", "id", "e-mail", "name", ""]
_SHOWN: Final = 5
FAMILIES: Final = {
    "sis": "number",
    "sid": "number",
    "login": "login",
    "blackboard": "login",
    "brightspace": "login",
}
"""Ids that are one and the same on several platforms: a student's number, and the login."""
_CASELESS: Final = frozenset(("login", "github"))
_OF_SUBMISSIONS: Final = frozenset(("gradescope",))
"""What tells no people apart: a team has one id."""
_NEAR: Final = 3


class Claim(NamedTuple):
    """Somebody in an export or a roster, and whom of the course that is."""

    claimed: Person
    person: Person | None
    by: Way = ""
    """How it is known."""
    candidates: tuple[Person, ...] = ()
    """Where it is not known: whom it may be, or who is near."""
    problem: str = ""
    """Why it is not known, in a sentence; empty where it is."""
    tried: Way = ""
    """What led to several, or to somebody else."""

    @property
    def is_doubtful(self) -> bool:
        """Whether it may be somebody whom the course knows: an id says no more than of a name."""
        namesake = self.tried == "name" and len(self.candidates) == 1 and self.claimed.ids
        return bool(self.tried) and not namesake


def match_people(claimed: Sequence[Person], people: Sequence[Person]) -> list[Claim]:
    """Whom of the course each claim means, in the same order."""
    directory = _Directory(people)
    claims = [directory.find(claim) for claim in claimed]
    return _without_namesakes(claims)


def _without_namesakes(claims: Sequence[Claim]) -> list[Claim]:
    """Two who are one student by name alone are two people of whom the course knows one."""
    named: dict[str, set[str]] = defaultdict(set)
    for claim in claims:
        if claim.person is not None:
            named[claim.person.key].add(claim.claimed.key)
    return [
        _open(
            claim.claimed, [claim.person], f"{len(named[claim.person.key])} people have this name"
        )
        if claim.person is not None and claim.by == "name" and len(named[claim.person.key]) > 1
        else claim
        for claim in claims
    ]


class _Directory:
    """Finds people by what platforms know of them."""

    def __init__(self, people: Sequence[Person]) -> None:
        self._people = people
        self._keys = {person.key: person for person in people}
        self._ids = _index(people, _ids)
        self._mails = _index(people, _mails)
        self._names = _index(people, lambda p: [_spaced(p.name)])
        self._squashed = _index(people, _canvas_names)
        self._written = _index(people, _as_written)

    def find(self, claim: Person) -> Claim:
        """Whom a claim means."""
        for by, found in self._ways(claim):
            if len(found) > 1:
                return _open(claim, found, f"its {by} may be that of {len(found)} people", by)
            if found and (other := _contradiction(claim, found[0])):
                what = f"its {by} is that of somebody with another {other}"
                return _open(claim, found, what, by)
            if found:
                return Claim(claim, found[0], by)
        return _open(claim, self._near(claim), "nobody in the course matches")

    def _ways(self, claim: Person) -> Iterator[tuple[Way, list[Person]]]:
        same = self._keys.get(claim.key)
        yield "id", _distinct(p for id in _ids(claim) for p in self._ids.get(id, []))
        yield "key", [same] if same and same.name == claim.name else []
        yield "e-mail", _distinct(p for mail in _mails(claim) for p in self._mails.get(mail, []))
        yield "name", self._by_name(claim)

    def _by_name(self, claim: Person) -> list[Person]:
        found = list(self._names.get(_spaced(claim.name), []))
        if "canvas" in claim.ids:
            found += self._squashed.get(claim.name, [])
        if not (claim.ids or claim.email):  # a plain folder, which may be called by an id
            found += self._written.get(claim.name, [])
        return _distinct(found)

    def _near(self, claim: Person) -> list[Person]:
        said = {p.key: f"{p.name} {p.email}".casefold() for p in self._people}
        wanted = f"{claim.name} {claim.email}".casefold()
        near = difflib.get_close_matches(wanted, list(said.values()), n=_NEAR)
        return [p for p in self._people if said[p.key] in near][:_NEAR]


def _index(
    people: Iterable[Person], words: Callable[[Person], Iterable[object]]
) -> dict[object, list[Person]]:
    index: dict[object, list[Person]] = defaultdict(list)
    for person in people:
        for word in dict.fromkeys(words(person)):
            index[word].append(person)
    return index


def _ids(person: Person) -> Iterator[tuple[str, str]]:
    for platform, id in person.ids.items():
        if platform in _OF_SUBMISSIONS:
            continue
        family = FAMILIES.get(platform, platform)
        yield family, id.casefold() if family in _CASELESS else id


def _mails(person: Person) -> Iterator[str]:
    """Addresses: many log in with theirs."""
    yield from (
        text.casefold() for text in (person.email, person.ids.get("login", "")) if "@" in text
    )


def _contradiction(claim: Person, person: Person) -> str:
    """A platform that knows the two as different people; empty if none does."""
    for platform, id in claim.ids.items():
        known = person.ids.get(platform, id)
        same = known.casefold() == id.casefold() if platform in _CASELESS else known == id
        if not same and platform not in ASSIGNMENT_IDS:
            return f"{platform} id"
    return ""


def _as_written(person: Person) -> Iterator[str]:
    """Under what an instructor may have filed somebody's work."""
    yield from (id for p, id in person.ids.items() if p not in ASSIGNMENT_IDS)
    if person.email:
        yield person.email


def _canvas_names(person: Person) -> Iterator[str]:
    """A name as Canvas writes it in front of a file: `smithann`."""
    words = person.name.split()
    for turned in ([*words[-1:], *words[:-1]], words, [*words[1:], *words[:1]]):
        yield re.sub(r"[\W_]", "", "".join(turned)).lower()


def _spaced(name: str) -> str:
    return " ".join(name.split())


def _distinct(people: Iterable[Person]) -> list[Person]:
    return list({person.key: person for person in people}.values())


def _open(claim: Person, candidates: Sequence[Person], problem: str, tried: Way = "") -> Claim:
    return Claim(claim, None, "", tuple(candidates), problem, tried)


def person_meant(text: str, people: Sequence[Person]) -> Person:
    """The one person that somebody at the keyboard means: by key, id, e-mail or name.

    Raises:
        UsageError: nobody goes by it, or several do.
    """
    exact = [p for p in people if text == p.key]
    found = exact or [
        p
        for p in people
        if text in (p.name, p.email)
        or text in p.ids.values()
        or _spaced(text).casefold() in (p.name.casefold(), p.email.casefold())
    ]
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(f"{p.key} ({p.name})" for p in found[:_SHOWN])
        raise UsageError(
            f"{text!r} may be any of {listed}.", hint="Name one by the first of these."
        )
    names = {name: p.key for p in people for name in (p.key, p.name, p.email) if name}
    near = difflib.get_close_matches(text, list(names), n=_NEAR)
    keys = ", ".join(dict.fromkeys(names[name] for name in near))
    hint = f"Did you mean {keys}?" if near else "`grader course show --people` lists everybody."
    raise UsageError(f"Nobody in the course goes by {text!r}.", hint=hint)
