"""Self-contained HTML pages: one for a submission, one for a class.

Every expression in a template is made harmless (`grader.report.text.visible`) and escaped. A page
loads nothing: its style and script are inline, and its content security policy admits these two,
by hash, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from grader.model.notebook_records import NotebookResult
from grader.model.result import Audience, Outcome, Result
from grader.report import text
from grader.report.axis import count_ticks, log_count_ticks
from grader.report.card_text import error_text, place_of
from grader.report.check_view import case_of
from grader.report.class_statistics import Href, report_href, statistics_of
from grader.report.notebook_view import notebook_views
from grader.report.request_form import RequestForm, by_check, titles_of
from grader.report.rows import level, rest, template_of
from grader.report.strings import Lang, Texts
from grader.report.student_view import student_view
from grader.report.summary import Roster
from grader.report.template_cache import TemplateCache

if TYPE_CHECKING:
    from grader.model.leaderboard import LeaderboardEntry
    from grader.model.similar_pairs import SimilarityReport

_PERCENT = re.compile(r"(?<=\d) %")
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')
_CODE_SPAN = re.compile(r"(`[^`\n]+`)")


def student_page(
    result: Result,
    *,
    audience: Audience = "student",
    lang: Lang = "en",
    beside: str = "",
    ask: RequestForm | None = None,
) -> str:
    """The page of one submission, complete and self-contained.

    What the student's copy has of a hidden check is in `grader.report.redact`. The instructor's
    says that it is, links to the student's if its address `beside` is given, and has neither call
    nor values of a hidden check. `ask` lets the student ask for a regrade on it.
    """
    view = student_view(result, audience)
    notebooks = notebook_views(result.notebooks)
    frame = _frame("student", notebooks=bool(notebooks))
    return render(
        "student.html",
        lang,
        view=view,
        result=view.result,
        notebooks_=notebooks,
        beside=beside,
        ask=ask,
        about=titles_of(view.result),
        asked=by_check(view.result),
        **frame,
    )


def class_page(
    results: Iterable[Result] | Roster,
    *,
    title: str,
    assignment: str = "",
    gradebook: str = "",
    made: str = "",
    lang: Lang = "en",
    href: Href | None = None,
    similar: SimilarityReport | None = None,
) -> str:
    """The page of a class, complete and self-contained.

    `title` names the class, `assignment` what it was given, which is the heading then; `gradebook`
    is the address of the table of scores, `made` a date. `href` gives the address of a
    student's page, by default of the instructor's copy in the output of a batch. `similar` is what
    `grader similar` found, if its pages lie in the same output.
    """
    return "".join(
        class_pieces(
            results, title=title, assignment=assignment, gradebook=gradebook, made=made, lang=lang,
            href=href, similar=similar,
        )
    )  # fmt: skip


def class_pieces(
    results: Iterable[Result] | Roster,
    *,
    title: str,
    assignment: str = "",
    gradebook: str = "",
    made: str = "",
    lang: Lang = "en",
    href: Href | None = None,
    similar: SimilarityReport | None = None,
) -> Iterator[str]:
    """The text of `class_page`, piece by piece: that of a large class need not be in memory."""
    view = statistics_of(results, href or (lambda summary: report_href(summary.submission)))
    context = {"view": view, "title": title, "made": made, "rest": rest(view, Texts(lang))}
    context |= {"assignment": assignment, "gradebook": gradebook, "similar": similar}
    template = environment().get_template("class.html")
    return template.generate(t=Texts(lang), Outcome=Outcome, **_frame("class"), **context)


def ranking_page(entries: Sequence[LeaderboardEntry], *, title: str, lang: Lang = "en") -> str:
    """The page of a leaderboard, complete and self-contained."""
    return render("leaderboard.html", lang, entries=entries, title=title, **static_frame())


def notebook_page(book: NotebookResult, *, around: int = 1, lang: Lang = "en") -> str:
    """All cells of a notebook, complete and self-contained; cell `around`, from 1, stands out."""
    frame = static_frame()
    frame["policy"] += Markup("; img-src data:")
    (view,) = notebook_views([book])
    return render("notebook.html", lang, view=view, around=around, **frame)


def static_frame(*more: str) -> dict[str, Markup]:
    """What a page without a script gives to `base.html`; `more` are style sheets of its own."""
    style = "".join(map(asset, ("page.css", "notebooks.css", *more)))
    return {"style": Markup(style), "script": Markup(""), "policy": Markup(_policy(style, ""))}


def render(template: str, lang: Lang, **context: Any) -> str:
    """Render `templates/<template>` with the texts of `lang` as `t`."""
    return environment().get_template(template).render(t=Texts(lang), Outcome=Outcome, **context)


def policy_of(page: str) -> str:
    """The content security policy that a page has in its head; that of nothing if it has none."""
    found = _POLICY.search(page)
    return html.unescape(found[1]) if found else "default-src 'none'"


def asset(name: str) -> str:
    """The text of a style sheet or script in `templates/`."""
    environment_ = environment()
    assert environment_.loader is not None
    return environment_.loader.get_source(environment_, name)[0]


@cache
def environment() -> Environment:
    """The one Jinja2 environment: autoescape, strict, every expression made harmless."""
    made = Environment(
        loader=PackageLoader("grader.report", "templates"),
        bytecode_cache=TemplateCache(Path(__file__).read_text("utf-8")),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "level": level, "count_ticks": count_ticks, "log_count_ticks": log_count_ticks
    }  # fmt: skip
    made.filters |= {
        "prose": prose,
        "template": template_of,
        "case": case_of,
        "error": error_text,
        "place": place_of,
        "code": "`{}`".format,
        "number": text.number,
        "count": "{:,}".format,
        "clip": text.clip,
        "one_line": text.one_line,
    }
    return made


def prose(value: str) -> Markup:
    """A sentence as HTML: harmless, escaped, with `code` in backticks set as code."""
    pieces = _CODE_SPAN.split(text.clip(text.visible(value)))
    return Markup("").join(
        Markup("<code>{}</code>").format(piece[1:-1])
        if _CODE_SPAN.fullmatch(piece)
        else _PERCENT.sub("\u00a0%", piece)  # not to be torn apart at the end of a line
        for piece in pieces
    )


def _frame(name: str, *, notebooks: bool = False) -> dict[str, Markup]:
    style, script = asset("page.css"), asset(f"{name}.js")
    if notebooks:
        style += asset("notebooks.css")
    policy = _policy(style, script) + ("; img-src data:" if notebooks else "")
    return {"style": Markup(style), "script": Markup(script), "policy": Markup(policy)}


@cache
def _policy(style: str, script: str) -> str:
    return (
        "default-src 'none'; "
        f"style-src 'sha256-{_digest(style)}'; script-src 'sha256-{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(content: str) -> str:
    return base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def _harmless(value: Any) -> Any:
    return (
        text.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
    )
