"""Signing in and out."""

from __future__ import annotations

from grader.course.accounts import password_hash
from tests.web.desk_room import ORIGIN, Browser

PASSWORD = "correct horse battery"


def test_a_password_lets_in_and_is_asked_for_first(stranger: Browser) -> None:
    with stranger.desk.course.changing() as change:
        change.set_password("reader", password_hash(PASSWORD))
    found = stranger.get("/log?page=2")
    assert (found.status_code, found.headers["location"]) == (
        303,
        "/sign-in?next=%2Flog%3Fpage%3D2",
    )
    wrong = stranger.post("/sign-in", data={"name": "reader", "password": "wrong"})
    assert wrong.status_code == 403
    assert "Name or password is wrong." in wrong.text
    right = stranger.post(
        "/sign-in", data={"name": "reader", "password": PASSWORD, "next": "/log?page=2"}
    )
    assert (right.status_code, right.headers["location"]) == (303, "/log?page=2")
    cookie = right.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert stranger.get("/sign-in").status_code == 200
    assert stranger.headers["origin"] == ORIGIN


def test_a_page_has_what_every_page_has(instructor: Browser) -> None:
    page = instructor.get("/log")
    assert page.status_code == 200
    assert "took in the roster" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert instructor.act("/sign-out").status_code == 303
    assert instructor.get("/log").status_code == 303
