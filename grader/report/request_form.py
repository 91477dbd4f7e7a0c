"""How a student asks for a regrade on their own page, which has no server behind it."""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import quote

from grader.model.course_records import RegradeRequest
from grader.model.result import Outcome, Result

_DONE: Final = (Outcome.PASSED, Outcome.INTERNAL)


class RequestForm(NamedTuple):
    """What the form on a page needs."""

    token: str
    """Says whose page it is; see `grader.course.requests.token_of`."""
    assignment: str
    """Its title, for the subject of the mail."""
    address: str = ""
    """Where mails go; empty for files alone."""

    @property
    def file_name(self) -> str:
        """What the file is called that the page saves: no two students' are the same."""
        return f"regrade-{self.token[:8]}.json"

    @property
    def mail_start(self) -> str:
        """The address of a mail, up to its text."""
        subject = quote(f"Regrade request: {self.assignment}", safe="")
        return f"mailto:{quote(self.address, safe='@')}?subject={subject}&body="

    @property
    def mail_link(self) -> str:
        """The address of a mail to be filled in, for a page without its script."""
        return self.mail_start + quote(f"token: {self.token}\nabout: \n\n", safe="")


def titles_of(result: Result) -> dict[str, str]:
    """What a request may be about, and its title: the whole, a part, a check that did not pass.

    Checks that passed come last: they are seldom what somebody asks about.
    """
    checks = sorted(result.checks, key=lambda check: check.outcome in _DONE)
    return {
        "": result.title or result.assignment,
        **{part.id: part.title for part in result.parts},
        **{check.id: check.title for check in checks},
    }


def by_check(result: Result) -> dict[str, list[RegradeRequest]]:
    """The requests by what they are about."""
    found: dict[str, list[RegradeRequest]] = {}
    for request in result.requests:
        found.setdefault(request.about, []).append(request)
    return found
