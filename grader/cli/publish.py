"""`grader publish`: students' pages for a web server, or by mail."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from grader.cli import arguments, graded, options
from grader.model.errors import ExitCode, InputError, UsageError
from grader.model.rubric import Text

if TYPE_CHECKING:
    from grader.batches.graded_class import HandedBack
    from grader.batches.hand_back import ClassToReturn
    from grader.course.mail import Letter, MailPlan, Server
    from grader.course.publishing import Link

_SUBJECT: Final = Text("{title}: your result", "{title}：你的成绩")
_TEXT: Final = Text(
    "Dear {name},\n\n{title} has been graded. {points}\n\n{page}\n",
    "{name}：\n\n{title} 已评分。{points}\n\n{page}\n",
)
_ATTACHED: Final = Text(
    "Your page is attached: save it, and open it in a browser.",
    "评分页面见附件：请保存后用浏览器打开。",
)
_POINTS: Final = Text(
    "You have {points} of {max_points} points.", "你的得分是 {points} / {max_points}。"
)
_NO_POINTS: Final = Text("There are no points yet; your page says why.", "暂无分数，原因见页面。")


def command(
    output: graded.Output = None,
    to: Annotated[
        Path | None, typer.Option(help="Folder for a web server, which gets pages only.")
    ] = None,
    base_url: Annotated[
        str, typer.Option(help="Address that the folder will have, for the list of links.")
    ] = "",
    smtp: Annotated[
        str, typer.Option(help="Mail server: smtp://USER@HOST:587 or smtps://USER@HOST:465.")
    ] = "",
    sender: Annotated[str, typer.Option("--from", help="Address that mail comes from.")] = "",
    subject: Annotated[str, typer.Option(help="Subject of the mail.")] = "",
    text: Annotated[Path | None, typer.Option(help="File with the text of the mail.")] = None,
    ca: Annotated[
        Path | None, typer.Option(help="Certificate of the mail server's authority.")
    ] = None,
    send: Annotated[bool, typer.Option("--send", help="Send; without it nothing is sent.")] = False,
    again: Annotated[
        list[str] | None,
        typer.Option(help="Send to this student though mail may have arrived; repeatable."),
    ] = None,
    for_: options.ForAssignment = "",
    course: options.CourseName = "",
    lang: options.Language = "en",
    dry_run: graded.DryRun = False,
) -> None:
    """Give students their pages: a folder for any web server, or mail.

    In the folder each student has a name that nobody can guess, the same each time; the addresses
    are in links.csv beside the results. Mail has the address, or the page itself where there is
    none; it goes to each student once for the same page.
    """
    from grader.course.mail import LOG, plan, server_of

    if not to and not smtp:
        raise UsageError("Name a folder with --to, or a mail server with --smtp.")
    if smtp and not sender:
        raise UsageError("--smtp needs --from with the address that mail comes from.")
    server = server_of(smtp) if smtp else None
    found = graded.opened(output, for_, course)
    links = _published(found, to, base_url, dry_run) if to else []
    if without := found.without_page:
        told = (f"{each.label}: {each.why}" for each in without)
        graded.say([f"Without a page: {len(without)}", *graded.listing(told)])
    if server is not None:
        language = arguments.language(lang)
        letters = _letters(found, links, _template(text, language), language)
        title = found.graded.title or found.graded.assignment
        log = found.graded.folder / LOG
        planned = plan(letters, log, again or ())
        graded.say(_planned(planned))
        if send and not dry_run:
            raise typer.Exit(
                _send(
                    planned.letters,
                    server,
                    log,
                    sender,
                    _subject_of(subject or _SUBJECT.in_language(language), title),
                    ca,
                )
            )
        typer.echo("Nothing was sent; add --send to send.")


def _published(
    found: ClassToReturn,
    to: Path,
    base_url: str,
    dry_run: bool,
) -> list[Link]:
    from grader.course.publishing import LINKS, STATE, links_of, load_state, publish

    pages = found.pages
    state, assignment = found.home / STATE, found.graded.assignment
    if dry_run:
        typer.echo(f"{len(pages)} pages would be published in {to}.")
        return links_of(load_state(state), pages, assignment, base_url)
    links = publish(to, state, pages, assignment, base_url)
    typer.echo(f"{len(pages)} pages published in {to}.")
    typer.echo(f"Addresses: {state.with_name(LINKS)}; it is not for students.")
    return links


def _letters(found: ClassToReturn, links: Sequence[Link], template: str, lang: str) -> list[Letter]:
    from grader.course.mail import Letter

    addresses = {link.person.key: link.address for link in links}
    title = found.graded.title or found.graded.assignment
    letters = []
    for student in found.graded.students:
        if student.page is None:
            continue
        person, address = student.grade.person, addresses.get(student.grade.person.key, "")
        told = template.format(
            name=person.name,
            title=title,
            points=_points(student, lang),
            page=address or _ATTACHED.in_language(lang),
        )
        page = b"" if address else student.page.read_bytes()
        letters.append(Letter(person, student.version, told, page))
    return letters


def _points(student: HandedBack, lang: str) -> str:
    from grader.report.text import number

    grade = student.grade
    if grade.points is None:
        return _NO_POINTS.in_language(lang)
    points, most = number(grade.points), number(grade.max_points)
    return _POINTS.in_language(lang).format(points=points, max_points=most)


def _template(path: Path | None, lang: str) -> str:
    """The text of the mail, with nothing in braces but what is known.

    Raises:
        InputError: it cannot be read, or names something else.
    """
    try:
        text = path.read_text(encoding="utf-8") if path else _TEXT.in_language(lang)
        text.format(name="", title="", points="", page="")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}.") from None
    except (KeyError, IndexError, ValueError, AttributeError):
        hint = "Known are {name}, {title}, {points} and {page}; other braces are doubled."
        raise InputError(f"{path}: has braces with something unknown.", hint=hint) from None
    return text


def _subject_of(subject: str, title: str) -> str:
    try:
        return subject.format(title=title)
    except (KeyError, IndexError, ValueError, AttributeError):
        raise UsageError("--subject: has braces with something else than {title}.") from None


def _planned(planned: MailPlan) -> list[str]:
    lines = [f"{len(planned.letters)} messages to send."]
    lines += graded.listing(f"{e.person.name} <{e.person.email}>" for e in planned.letters)
    if planned.sent_before:
        lines.append(f"Have got this page before: {len(planned.sent_before)}")
    if planned.without_address:
        lines.append(f"Without an e-mail address: {len(planned.without_address)}")
        lines += graded.listing(person.name for person in planned.without_address)
    if planned.uncertain:
        lines.append("May have got it when sending was interrupted, so nothing is sent to them:")
        lines += graded.listing(f"{p.name} (--again {p.key})" for p in planned.uncertain)
    return lines


def _send(
    letters: Sequence[Letter],
    server: Server,
    log: Path,
    sender: str,
    subject: str,
    ca: Path | None,
) -> int:
    from grader.course.mail import send

    refused = []
    sent = 0
    for line in send(letters, server, log, sender=sender, subject=subject, ca=ca):
        sent += line.state == "sent"
        refused += [f"{line.email}: {line.why}"] if line.state == "refused" else []
    typer.echo(f"{sent} sent.")
    if refused:
        graded.say([f"Refused by the server: {len(refused)}", *graded.listing(refused)])
        return ExitCode.INPUT
    return ExitCode.OK
