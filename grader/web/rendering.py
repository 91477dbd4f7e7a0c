"""Pages of the desk, from templates: in the reader's language, with what each of them has."""

from __future__ import annotations

from functools import cache
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from grader.course.accounts import Account, token_digest
from grader.model.errors import GraderError
from grader.report.html import environment as report_environment
from grader.report.html import policy_of
from grader.report.strings import Lang
from grader.web import sessions
from grader.web.desk_texts import DeskTexts
from grader.web.navigation import navigation
from grader.web.page_errors import status_of
from grader.web.paths import address, is_local
from grader.web.permissions import may
from grader.web.static_files import static_address

_LANG: Final = "lang"
_LANGUAGES: Final[dict[str, Lang]] = {"en": "en", "zh": "zh"}


def render(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A template as an answer.

    Every template has `t` (texts), `account` (None where nobody is signed in), `may(need)`,
    `csrf` (for the field of that name), `url(pattern, ...)`, `static(file)`, `desk`, and `lang`.
    """
    text = rendered(request, template, **values)
    response = HTMLResponse(text, status_code=status)
    if request.query_params.get(_LANG) in _LANGUAGES:
        _remember_language(request, response)
    return response


def rendered(request: Request, template: str, **values: Any) -> str:
    """The text of a template, with what each has; see `render`."""
    desk = request.app.state.desk
    account: Account | None = getattr(request.state, "account", None)
    token = sessions.token_of(request, desk)
    lang = language(request)
    context = {
        "t": DeskTexts(lang),
        "lang": lang,
        "desk": desk,
        "account": account,
        "may": lambda need: account is not None and may(account, need),
        "csrf": sessions.form_token(token) if token else "",
        "fragment": is_fragment(request),
        "languages": _languages(request),
        "navigation": navigation(request, account),
    }
    if account is not None and not is_fragment(request):
        context["notice"] = desk.notices.pop(token_digest(token), "")
    return _environment().get_template(template).render({**context, **values})


def is_fragment(request: Request) -> bool:
    """Whether htmx asks, for a piece of a page and not for a page."""
    headers = request.headers
    return headers.get("hx-request") == "true" and headers.get("hx-boosted") != "true"


def see_other(request: Request, to: str, notice: str = "") -> Response:
    """Send the browser to another page after a change; that page says `notice` on top.

    `to` must be an address of the desk.
    """
    if not is_local(to):
        raise ValueError(f"{to!r} does not stay on the desk")
    desk = request.app.state.desk
    if notice:
        desk.notices[token_digest(sessions.token_of(request, desk))] = notice
    if is_fragment(request):
        return Response(status_code=204, headers={"HX-Redirect": to})
    return RedirectResponse(to, status_code=303)


def framed(page: str) -> Response:
    """A report, which has what students wrote, for a sandboxed frame on a page of the desk.

    It is of no origin, so that nothing in it reaches the desk, and its own policy holds.
    """
    policy = f"sandbox allow-scripts; {policy_of(page)}; frame-ancestors 'self'"
    return HTMLResponse(page, headers={"Content-Security-Policy": policy})


def render_error(request: Request, error: GraderError) -> Response:
    """A page, or the piece of one, that says what went wrong and what to do next."""
    template = "error_fragment.html" if is_fragment(request) else "error.html"
    status = status_of(error)
    return render(request, template, status=status, code=status, error=error)


def sign_in_first(request: Request) -> Response:
    """Ask who it is; afterwards they are where they wanted to be."""
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = here if request.method == "GET" and not is_fragment(request) and here != "/" else ""
    to = "/sign-in" + (f"?{urlencode({'next': back})}" if back and is_local(back) else "")
    if is_fragment(request):
        return Response(status_code=401, headers={"HX-Redirect": to})
    if request.method != "GET":
        return render(request, "signed_out.html", status=401)
    return RedirectResponse(to, status_code=303)


def language(request: Request) -> Lang:
    """What is asked for, was chosen before, or the browser prefers."""
    asked = request.query_params.get(_LANG) or request.cookies.get(_LANG)
    if found := _LANGUAGES.get(asked or ""):
        return found
    preferred = request.headers.get("accept-language", "").partition(",")[0].strip().lower()
    return "zh" if preferred.startswith("zh") else "en"


def _remember_language(request: Request, response: Response) -> None:
    secure = request.app.state.desk.settings.secure
    response.set_cookie(
        _LANG, language(request), max_age=31_536_000, secure=secure, httponly=True, samesite="lax"
    )


def _languages(request: Request) -> list[tuple[str, str, str]]:
    """Of the other languages: code, own name, and the address of this page in it."""
    others = [each for each in (("en", "English"), ("zh", "中文")) if each[0] != language(request)]
    kept = [(k, v) for k, v in request.query_params.multi_items() if k != _LANG]
    path = request.scope.get("raw_path", b"/").decode("ascii", "replace").partition("?")[0]
    return [(code, name, f"{path}?{urlencode([*kept, (_LANG, code)])}") for code, name in others]


@cache
def _environment() -> Environment:
    reports = report_environment()
    assert reports.loader is not None
    own = PackageLoader("grader.web", "templates")
    made = reports.overlay(loader=ChoiceLoader([own, PrefixLoader({"report": reports.loader})]))
    made.globals = {**reports.globals, "url": address, "static": static_address, "Markup": Markup}
    return made
