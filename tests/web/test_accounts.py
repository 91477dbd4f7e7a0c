"""Accounts: made, changed and removed, by owners alone; and their passwords."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from grader.course.course_folder import CourseFolder
from grader.model.errors import UsageError
from tests.support import in_process
from tests.web.desk_room import ORIGIN, Browser

PASSWORD = "correct horse battery"
Open = Callable[[str], Browser]


def _course(course: CourseFolder, *words: str) -> str:
    return in_process("course", "account", *words, "--course", course.path)


def test_an_owner_adds_changes_and_removes_accounts(owner: Browser) -> None:
    done = owner.act("/accounts/put", {"name": "tim", "role": "assistant", "section": ["B"]})
    assert done.status_code == 303
    page = owner.get("/accounts").text
    assert "assistant · B · no password yet" in page
    owner.act("/accounts/put", {"name": "tim", "role": "reader", "section": ["B"]})
    with owner.desk.reading() as view:
        assert (view.accounts()["tim"].role, view.accounts()["tim"].sections) == ("reader", [])
    assert owner.act("/accounts/remove", {"name": "tim"}).status_code == 303
    with owner.desk.reading() as view:
        assert "tim" not in view.accounts()
        last = [(entry.who, entry.what) for entry in view.log()][-3:]
    assert last == [
        ("owner", "added the account tim: assistant"),
        ("owner", "changed the account tim: reader"),
        ("owner", "removed the account tim"),
    ]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"name": "a b", "role": "reader"}, "not valid as the name"),
        ({"name": "<b>", "role": "reader"}, "not valid as the name"),
        ({"name": "x" * 65, "role": "reader"}, "not valid as the name"),
        ({"name": "tim", "role": "god"}, "is not a role"),
        ({"name": "tim", "role": "assistant", "section": ["Z"]}, "Nobody is in a section"),
        ({"name": "reader", "role": "owner", "new": "1"}, "is an account reader already"),
        ({"name": "owner", "role": "reader"}, "the only owner"),
    ],
)
def test_what_makes_no_account_is_refused(
    owner: Browser, form: dict[str, str | list[str]], said: str
) -> None:
    with owner.desk.reading() as view:
        before = view.accounts()
    done = owner.act("/accounts/put", form)
    assert done.status_code == 400
    assert said in done.text
    with owner.desk.reading() as view:
        assert view.accounts() == before


def test_nobody_removes_their_own_account(owner: Browser) -> None:
    owner.act("/accounts/put", {"name": "tim", "role": "owner"})
    assert owner.act("/accounts/remove", {"name": "owner"}).status_code == 400
    assert owner.act("/accounts/remove", {"name": "nobody"}).status_code == 400


def test_who_is_removed_is_signed_out(owner: Browser, reader: Browser) -> None:
    assert reader.get("/account").status_code == 200
    owner.act("/accounts/remove", {"name": "reader"})
    assert reader.get("/account").headers["location"].startswith("/sign-in")


def test_a_change_of_role_holds_at_once(owner: Browser, instructor: Browser) -> None:
    assert instructor.get("/log").status_code == 200
    owner.act("/accounts/put", {"name": "instructor", "role": "reader"})
    assert instructor.get("/log").status_code == 403


def test_an_invitation_works_once_and_ends_what_was_before(
    owner: Browser, reader: Browser, stranger: Browser
) -> None:
    with owner.desk.course.changing() as change:
        change.set_password("reader", "a hash")
    page = owner.act("/accounts/invite", {"name": "reader"}).text
    assert reader.get("/account").status_code == 303
    found = re.search(rf'value="{ORIGIN}/sign-in\?link=([\w-]+)"', page)
    assert found
    shown = stranger.get(f"/sign-in?link={found[1]}")
    assert "signs you in once" in shown.text
    assert stranger.post("/sign-in", data={"link": found[1]}).status_code == 303
    assert "no_password" not in stranger.get("/account").text
    assert 'id="old"' not in stranger.get("/account").text
    again = stranger.post("/sign-in", data={"link": found[1]})
    assert again.status_code == 403
    assert "was used already" in again.text


def test_a_new_password_needs_the_old_one_and_ends_other_sessions(browser: Open) -> None:
    course = browser("").desk.course
    here, there = browser("reader"), Browser(course, "reader")
    first = {"new": PASSWORD, "again": PASSWORD}
    assert here.act("/account/password", first).status_code == 303
    assert there.get("/account").status_code == 303
    assert here.get("/account").status_code == 200
    second = {"new": " another one, longer", "again": " another one, longer"}
    for old in ("", "wrong"):
        done = here.act("/account/password", second | {"old": old})
        assert "present password is wrong" in done.text
    done = here.act("/account/password", second | {"old": PASSWORD, "again": "typo"})
    assert "passwords differ" in done.text
    done = here.act("/account/password", {"old": PASSWORD, "new": "short", "again": "short"})
    assert "10 to 256" in done.text
    assert here.act("/account/password", second | {"old": PASSWORD}).status_code == 303
    sent = {"name": "reader", "password": " another one, longer"}
    assert there.post("/sign-in", data=sent).status_code == 303


def test_the_command_line_does_the_same(
    course: CourseFolder, stranger: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = _course(course, "add", "tim", "--role", "assistant", "--section", "A", "--by", "ann")
    assert "Added: tim, assistant of A." in said
    assert "tim  assistant  A  no password" in _course(course, "list")
    monkeypatch.setattr("grader.cli.account._asked", lambda: PASSWORD)
    assert "is set" in _course(course, "password", "tim")
    assert "tim  assistant  A\n" in _course(course, "list")
    form = {"name": "tim", "password": PASSWORD}
    assert stranger.post("/sign-in", data=form).status_code == 303
    assert "Removed" in _course(course, "remove", "tim")
    with pytest.raises(UsageError, match="no account 'tim'"):
        _course(course, "password", "tim")
    with pytest.raises(UsageError, match="Did you mean `owner`"):
        _course(course, "add", "tim", "--role", "owners")


def test_only_a_hash_of_a_password_or_token_is_kept(course: CourseFolder, owner: Browser) -> None:
    with course.changing() as change:
        link = change.new_link("reader", change.at - change.at)
    before = owner.token
    owner.act("/account/password", {"new": PASSWORD, "again": PASSWORD})
    files = [path.read_bytes() for path in course.path.glob("course.sqlite*")]
    for secret in (PASSWORD, before, link, owner.token):
        assert not [True for content in files if secret.encode() in content]
    assert any(b"$argon2id$" in content for content in files)


def test_the_log_is_shown_filtered_and_in_pages(owner: Browser) -> None:
    with owner.desk.course.changing("ann") as change:
        for number in range(150):
            change.note(f"did <i>thing</i> {number}", "hw")
    page = owner.get("/log").text
    assert "did &lt;i&gt;thing&lt;/i&gt; 149" in page
    assert "thing&lt;/i&gt; 49<" not in page
    older = re.search(r'href="(/log\?[^"]*before=\d+)"', page)
    assert older
    assert "thing&lt;/i&gt; 49<" in owner.get(older[1].replace("&amp;", "&")).text
    assert "thing&lt;/i&gt; 149" in owner.get("/log?who=ann&for=hw&text=THING").text
    assert "Nothing was done that fits." in owner.get("/log?who=ann&for=later").text
    assert "Nothing was done that fits." in owner.get("/log?text=%25").text
    assert owner.get("/log?before=-1&text=%00").status_code == 200
