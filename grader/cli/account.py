"""`grader course account`: who may sign in to the course's desk, and as what."""

from __future__ import annotations

from typing import Annotated

import typer

from grader.cli import options
from grader.model.errors import UsageError

app = typer.Typer(help="Accounts of the desk that `grader serve` opens.", no_args_is_help=True)
_Name = Annotated[str, typer.Argument(help="What the log calls them.")]


@app.command("add")
def add(
    name: _Name,
    role: Annotated[
        str, typer.Option(help="owner, instructor, assistant or reader.")
    ] = "assistant",
    section: Annotated[
        list[str] | None,
        typer.Option(help="Of an assistant: whose students they see and mark; repeatable."),
    ] = None,
    course: options.CourseName = "",
    by: options.By = "",
) -> None:
    """Let somebody sign in to the desk, or change as what."""
    from grader.course.accounts import checked_account
    from grader.course.course_folder import CourseFolder

    with CourseFolder.open(course).changing(by) as change:
        account = checked_account(name, role, section or [], set(change.sections()))
        new = account.name not in change.accounts()
        change.put_account(account)
    whose = f" of {', '.join(account.sections)}" if account.sections else ""
    typer.echo(f"{'Added' if new else 'Changed'}: {account.name}, {account.role}{whose}.")
    if new:
        typer.echo(f"They have no password yet: grader course account password {account.name}")


@app.command("list")
def list_(course: options.CourseName = "") -> None:
    """List the accounts."""
    from grader.course.course_folder import CourseFolder

    with CourseFolder.open(course).reading() as view:
        known = view.accounts()
        without = {name for name in known if not view.password_hash(name)}
    for name, account in known.items():
        parts = [account.role, ", ".join(account.sections), "no password" * (name in without)]
        typer.echo("  ".join([name, *filter(None, parts)]))
    if not known:
        typer.echo("None yet: `grader serve` makes the first.")


@app.command("remove")
def remove(name: _Name, course: options.CourseName = "", by: options.By = "") -> None:
    """Remove an account; whoever is signed in with it is not any more."""
    from grader.course.course_folder import CourseFolder

    with CourseFolder.open(course).changing(by) as change:
        change.remove_account(name)
    typer.echo(f"Removed: {name}. What they did stays in the log.")


@app.command("password")
def password(name: _Name, course: options.CourseName = "", by: options.By = "") -> None:
    """Set an account's password, which is asked for, or read from a pipe; ends its sessions."""
    from grader.course.accounts import password_hash
    from grader.course.course_folder import CourseFolder

    opened = CourseFolder.open(course)
    with opened.reading() as view:
        if name not in view.accounts():
            raise UsageError(f"The course has no account {name!r}.")
    kept = password_hash(_asked())
    with opened.changing(by) as change:
        change.set_password(name, kept)
    typer.echo(f"The password of {name} is set.")


def _asked() -> str:
    import getpass
    import sys

    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != first:
        raise UsageError("The two passwords differ; nothing was changed.")
    return first
