"""Where one can go on the desk, by what the account may do."""

from __future__ import annotations

from typing import Final, NamedTuple

from starlette.requests import Request

from grader.course.accounts import Account
from grader.web.paths import address
from grader.web.permissions import Need, may


class NavigationItem(NamedTuple):
    """A link in the head of every page."""

    url: str
    text: str
    """Key of its text."""
    current: bool


_COURSE: Final[tuple[tuple[str, str, Need], ...]] = (
    ("/", "nav.assignments", "read"),
    ("/requests", "nav.requests", "read"),
    ("/people", "nav.people", "read"),
    ("/accounts", "nav.accounts", "manage"),
    ("/log", "nav.log", "decide"),
)
_ASSIGNMENT: Final[tuple[tuple[str, str, Need], ...]] = (
    ("/a/{}", "nav.class", "read"),
    ("/a/{}/attention", "nav.attention", "read"),
    ("/a/{}/checks", "nav.checks", "read"),
    ("/a/{}/similar", "nav.similar", "read"),
    ("/a/{}/marking", "nav.marking", "mark"),
    ("/a/{}/import", "nav.import", "grade"),
    ("/a/{}/grading", "nav.grading", "grade"),
    ("/a/{}/hand-back", "nav.hand_back", "publish"),
)


class Navigation(NamedTuple):
    """The links of a page."""

    course: list[NavigationItem]
    assignment: list[NavigationItem]
    """Of the assignment that the page is about; empty where it is about none."""
    assignment_id: str


def navigation(request: Request, account: Account | None) -> Navigation:
    """Where this account can go from here."""
    if account is None:
        return Navigation([], [], "")
    here = request.url.path
    about = request.path_params.get("assignment", "")
    course = _items(_COURSE, account, here, "")
    return Navigation(course, _items(_ASSIGNMENT, account, here, about) if about else [], about)


def _items(
    every: tuple[tuple[str, str, Need], ...], account: Account, here: str, about: str
) -> list[NavigationItem]:
    urls = [(address(pattern, about), text, need) for pattern, text, need in every]
    shortest = urls[0][0]
    return [
        NavigationItem(url, text, here == url or (url != shortest and here.startswith(f"{url}/")))
        for url, text, need in urls
        if may(account, need)
    ]
