"""The desk, attacked: by strangers, by other pages, by its own accounts, by names and addresses."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from starlette.routing import Route

from grader.course.accounts import Account, Role, password_hash
from grader.model.person import Person
from grader.web import sessions
from grader.web.app import ROUTES, desk_app
from grader.web.desk_settings import settings_for
from grader.web.page_errors import TooManyAttempts
from grader.web.paths import address, is_local
from grader.web.permissions import Need, may
from grader.web.rate_limit import SignInLimits
from tests.web.desk_room import ACCOUNTS, ADA, BO, HW, ORIGIN, Browser

Open = Callable[[str], Browser]
WALKED = [route for route in ROUTES if isinstance(route, Route)]
OPEN = {"/sign-in", "/static/{file}"}
"""For anybody."""
VALUES = {
    "assignment": HW, "file": "desk.css", "audience": "student", "check": "layers::scale",
    "notebook": "Work", "question": "1", "pair": "1", "run": "1", "number": "1", "key": "x",
    "question_key": "x", "answer": "x", "group": "x", "platform": "canvas", "upload": "x",
}  # fmt: skip


def _url(route: Route, person: str = ADA) -> str:
    """An address of a route, with something in every place."""
    values = {**VALUES, "person": person}
    names = re.findall(r"\{(\w+)(?::\w+)?\}", route.path)
    pattern = re.sub(r"\{\w+(?::\w+)?\}", "{}", route.path)
    return address(pattern, *(values.get(name, "x") for name in names))


def _need(route: Route) -> Need | None:
    need: Need | None = getattr(route.endpoint, "need", None)
    return need


def _ask(browser: Browser, route: Route, url: str) -> Any:
    if "POST" in (route.methods or ()):
        return browser.act(url)
    return browser.get(url)


def _ids(route: Route) -> str:
    return f"{'POST' if 'POST' in (route.methods or ()) else 'GET'} {route.path}"


@pytest.mark.parametrize("route", WALKED, ids=_ids)
def test_every_route_says_what_it_needs(route: Route) -> None:
    assert _need(route) or route.path in OPEN


@pytest.mark.parametrize("route", WALKED, ids=_ids)
def test_a_person_in_an_address_is_one_that_the_handler_checks(route: Route) -> None:
    assert "{person}" not in route.path, "write it {person:key}"


def test_nobody_gets_anywhere_without_signing_in(stranger: Browser) -> None:
    for route in WALKED:
        if route.path not in OPEN:
            found = _ask(stranger, route, _url(route))
            signed_out = found.headers.get("location", "").startswith("/sign-in")
            assert signed_out or found.status_code == 401, _ids(route)


@pytest.mark.parametrize("role", ACCOUNTS)
def test_every_route_is_closed_to_roles_that_may_not(browser: Open, role: Role) -> None:
    account = Account(name=role, role=role)
    for route in WALKED:
        need = _need(route)
        if need and not may(account, need):
            assert _ask(browser(role), route, _url(route)).status_code == 403, _ids(route)


def test_another_sections_student_is_nowhere_to_be_seen(assistant: Browser) -> None:
    walked = [route for route in WALKED if "{person:key}" in route.path]
    assert walked
    for route in walked:
        need = _need(route)
        if need and may(Account(name="x", role="assistant"), need):
            theirs = _ask(assistant, route, _url(route, BO))
            assert theirs.status_code == 404, _ids(route)
            assert "Bo Lin" not in theirs.text
            nobody = _ask(assistant, route, _url(route, "nobody"))
            assert nobody.status_code == 404, "one cannot tell who is there"


def test_no_page_without_a_person_in_its_address_names_another_sections(
    assistant: Browser,
) -> None:
    for route in WALKED:
        if "GET" in (route.methods or ()) and "{person:key}" not in route.path:
            found = assistant.get(_url(route))
            assert "Bo Lin" not in found.text, _ids(route)
            assert "s2@uni.edu" not in found.text, _ids(route)


@pytest.mark.parametrize("role", ACCOUNTS)
def test_no_address_of_any_route_breaks_the_desk(browser: Open, role: Role) -> None:
    for route in WALKED:
        for person in (ADA, "..", "a/b", "\udc81", "'; DROP TABLE people; --", "x" * 500):
            assert _ask(browser(role), route, _url(route, person)).status_code < 500, _ids(route)


def _posts() -> list[Route]:
    return [r for r in WALKED if "POST" in (r.methods or ()) and r.path != "/sign-in"]


@pytest.mark.parametrize("route", _posts(), ids=_ids)
def test_a_form_of_another_page_does_nothing(owner: Browser, route: Route) -> None:
    url, form = _url(route), {"csrf": owner.csrf}
    for origin in (
        "http://evil.example",
        "null",
        "http://127.0.0.1:8081",
        "https://127.0.0.1:8080",
    ):
        assert owner.post(url, data=form, headers={"origin": origin}).status_code == 403
    for csrf in ({}, {"csrf": ""}, {"csrf": "x" * 44}, {"csrf": "é"}):
        assert owner.post(url, data=csrf).status_code in (400, 403)
    assert owner.get(url).status_code in (404, 405)
    with owner.desk.reading() as view:
        assert "owner" in view.accounts()
        assert [entry.who for entry in view.log() if entry.who == "owner"] == []


def test_a_form_of_another_session_does_nothing(owner: Browser, reader: Browser) -> None:
    form = {"name": "tim", "role": "owner", "csrf": reader.csrf}
    assert owner.post("/accounts/put", data=form).status_code == 403


def test_a_form_without_an_origin_is_refused(owner: Browser) -> None:
    del owner.headers["origin"]
    assert owner.act("/accounts/put", {"name": "tim", "role": "reader"}).status_code == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1:8080.evil.example", "127.0.0.1", "127.0.0.1:9", ""]
)
def test_a_name_that_was_rebound_is_refused(owner: Browser, host: str) -> None:
    found = owner.get("/account", headers={"host": host})
    assert found.status_code == 421
    assert "owner" not in found.text


def test_the_desk_answers_by_the_names_of_this_machine(stranger: Browser) -> None:
    for host in ("127.0.0.1:8080", "LOCALHOST:8080", "[::1]:8080"):
        assert stranger.get("/sign-in", headers={"host": host}).status_code == 200


def test_a_session_that_is_over_cannot_be_replayed(browser: Open) -> None:
    reader = browser("reader")
    replayed = reader.token
    assert reader.act("/sign-out").status_code == 303
    again = Browser(reader.desk.course)
    again.cookies.set("grader-desk", replayed, domain="127.0.0.1")
    assert again.get("/account").status_code == 303
    assert again.act("/account/password").status_code == 401


def test_a_session_ends_with_time(reader: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    assert reader.get("/account").status_code == 200
    later = sessions.now().replace(year=sessions.now().year + 1)
    monkeypatch.setattr("grader.web.sessions.now", lambda: later)
    assert reader.get("/account").status_code == 303


def test_signing_in_changes_the_token(stranger: Browser) -> None:
    with stranger.desk.course.changing() as change:
        change.set_password("reader", password_hash("correct horse"))
    stranger.cookies.set("grader-desk", "planted", domain="127.0.0.1")
    stranger.post("/sign-in", data={"name": "reader", "password": "correct horse"})
    assert stranger.token != "planted"
    assert stranger.get("/account").status_code == 200


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "\t/x",
     "/\t/evil.example", "/x\r\nSet-Cookie: a=b", "evil", "/ä"],
)  # fmt: skip
def test_signing_in_leads_nowhere_else(stranger: Browser, target: str) -> None:
    assert not is_local(target)
    with stranger.desk.course.changing() as change:
        change.set_password("reader", password_hash("correct horse"))
    form = {"name": "reader", "password": "correct horse", "next": target}
    found = stranger.post("/sign-in", data=form)
    assert found.headers["location"] in ("/", "/x")
    assert "a=b" not in str(found.headers)


def test_guessing_is_slowed_by_account_and_by_address(stranger: Browser) -> None:
    for _ in range(10):
        assert stranger.post("/sign-in", data={"name": "owner", "password": "x"}).status_code == 403
    found = stranger.post("/sign-in", data={"name": "owner", "password": "x"})
    assert found.status_code == 429
    assert "failed too often" in found.text


def test_the_limits_forget_with_time_and_hold_no_more_than_they_must(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    time = 0.0
    limits = SignInLimits(lambda: time)
    for number in range(30):
        limits.begin(f"name {number}", "10.0.0.1")
    with pytest.raises(TooManyAttempts):
        limits.begin("another", "10.0.0.1")
    limits.begin("name 1", "10.0.0.2")
    time = 901
    limits.begin("another", "10.0.0.1")
    monkeypatch.setattr("grader.web.rate_limit._REMEMBERED", 100)
    for number in range(200):
        limits.begin(str(number), f"10.0.0.{number}")
    assert len(limits._failed) == 100


def test_a_password_that_is_right_clears_what_failed_for_its_account_alone() -> None:
    limits = SignInLimits()
    for number in range(10):
        limits.begin("bob", f"10.0.1.{number}")
        limits.begin("ann", f"10.0.2.{number}")
    limits.succeeded("ann", "10.0.2.9")
    limits.begin("ann", "10.0.3.1")
    with pytest.raises(TooManyAttempts):
        limits.begin("bob", "10.0.3.1")
    for number in range(29):
        limits.begin(str(number), "10.0.0.1")
    limits.begin("ann", "10.0.0.1")
    limits.succeeded("ann", "10.0.0.1")
    limits.begin("cho", "10.0.0.1")
    with pytest.raises(TooManyAttempts):
        limits.begin("ann", "10.0.0.1")


def test_who_is_not_there_costs_as_much_as_a_wrong_password(
    stranger: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []
    from argon2 import PasswordHasher

    plain = PasswordHasher.verify

    def counted(self: PasswordHasher, kept: str, password: str) -> Any:
        verified.append(kept)
        return plain(self, kept, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    said = [
        stranger.post("/sign-in", data={"name": name, "password": "x"}).text
        for name in ("owner", "nobody")
    ]
    assert len(verified) == 2
    assert said[0].replace("owner", "nobody") == said[1]


@pytest.mark.parametrize(
    "name",
    ["<img src=x onerror=alert(1)>", "\"><script>alert(1)</script>", "{{ 7 * 7 }}", "=1+1",
     "a\u202eb", "x\r\nSet-Cookie: a=b", "'; DROP TABLE people; --", "../../etc/passwd", "%2e%2e"],
)  # fmt: skip
def test_a_name_is_only_ever_shown(instructor: Browser, name: str) -> None:
    key = f"{name}_99"
    with instructor.desk.course.changing() as change:
        change.put_people([Person(key=key, name=name, section=name)], "added")
    for more in ("", "/copy/student", "/history"):
        found = instructor.get(address(f"/a/{{}}/s/{{}}{more}", HW, key))
        assert found.status_code == 200
        assert "a=b" not in str(found.headers)
        for harm in ("<img src=x", "<script>alert", "\u202e", ">49<"):
            assert harm not in found.text
    with instructor.desk.reading() as view:
        assert len(view.people()) == 13


@pytest.mark.parametrize(
    "path",
    ["/static/../desk.py", "/static/..%2fdesk.py", "/static/%2e%2e/desk.py", "/static//etc/passwd",
     "/static/desk.css/..", "/static/htmx.LICENSE", "/static/C:desk.css", "/static/desk.css%00.js"],
)  # fmt: skip
def test_nothing_but_what_is_listed_is_loaded(stranger: Browser, path: str) -> None:
    assert stranger.get(path).status_code == 404


def test_what_pages_load_is_loaded_from_here_alone(owner: Browser) -> None:
    page = owner.get("/accounts")
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert [each for each in loaded if not each.startswith(("/", "#"))] == []
    for each in (each for each in loaded if each.startswith("/static/")):
        found = owner.get(each)
        assert found.status_code == 200
        assert "immutable" in found.headers["cache-control"]
    assert not re.search(r"<script(?! src)|style=|\son\w+=|javascript:", page.text)


def test_a_form_that_is_too_large_or_no_form_is_refused(owner: Browser) -> None:
    big = {"name": "x" * (2 << 20)}
    assert owner.act("/accounts/put", big).status_code == 413
    many = "&".join(f"a{n}=1" for n in range(6_000))
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert owner.post("/accounts/put", content=many, headers=headers).status_code == 400
    assert owner.post("/accounts/put", content=b"\xff=%ff", headers=headers).status_code == 400
    assert owner.post("/accounts/put", json={"name": "tim"}).status_code == 400
    assert owner.get("/account?x=" + "y" * 9_000).status_code == 414


def test_under_tls_the_cookie_is_for_tls_alone(stranger: Browser) -> None:
    settings = settings_for("0.0.0.0", 80, public="https://desk.example.org")
    app = desk_app(stranger.desk.course, settings)
    secure = Browser.__mro__[1](app, base_url="https://desk.example.org", follow_redirects=False)
    with stranger.desk.course.changing() as change:
        change.set_password("reader", password_hash("correct horse"))
    form = {"name": "reader", "password": "correct horse"}
    headers = {"origin": "https://desk.example.org"}
    found = secure.post("/sign-in", data=form, headers=headers)
    assert found.headers["set-cookie"].startswith("__Host-grader-desk=")
    assert "Secure" in found.headers["set-cookie"]
    assert "max-age=" in found.headers["strict-transport-security"]
    assert ORIGIN not in settings.origins
