"""Taking a roster in on the desk: what it changes is shown first."""

from __future__ import annotations

from typing import Any

from tests.web.desk_room import PEOPLE, Browser

HEAD = "name,canvas id,email,section"
MORE = f"{HEAD}\nAda Byron,1,ada@uni.edu,B\nZoe New,77,zoe@uni.edu,A\n"


def _uploaded(browser: Browser, text: str) -> str:
    files = {"file": ("more.csv", text.encode())}
    sent = browser.post("/people/roster/upload", data={"csrf": browser.csrf}, files=files)
    assert sent.status_code == 303, sent.text
    return str(sent.headers["location"])


def _people(browser: Browser) -> dict[str, Any]:
    with browser.desk.reading() as view:
        return {person.name: person for person in view.people()}


def test_a_roster_is_shown_then_taken_in(instructor: Browser) -> None:
    plan = _uploaded(instructor, MORE)
    page = instructor.get(plan).text
    assert "Zoe New_77" in page
    assert "Not in the file: 11" in page
    assert "Zoe New" not in _people(instructor)
    done = instructor.act(f"{plan}/confirm")
    assert "2 people were taken in or changed." in instructor.get(done.headers["location"]).text
    people = _people(instructor)
    assert people["Ada Byron"].section == "B"
    assert not any(person.withdrawn for person in people.values())
    assert instructor.get(plan).status_code == 404


def test_whoever_is_missing_withdraws_only_when_asked(instructor: Browser) -> None:
    instructor.act(f"{_uploaded(instructor, MORE)}/confirm", {"withdraw": "1"})
    gone = [person.name for person in _people(instructor).values() if person.withdrawn]
    assert len(gone) == len(PEOPLE) - 1
    assert "Ada Byron" not in gone


def test_what_cannot_be_read_is_said_and_changes_nothing(instructor: Browser) -> None:
    before = _people(instructor)
    plan = _uploaded(instructor, "x,y\n1,2\n")
    page, refused = instructor.get(plan), instructor.act(f"{plan}/confirm")
    assert "It cannot be read like this" in page.text
    assert refused.status_code == 409
    for said in (page.text, refused.text):
        assert str(instructor.desk.course.path) not in said
    assert instructor.get(f"{plan}?for=nowhere").status_code == 200
    assert _people(instructor) == before
