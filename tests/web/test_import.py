"""Importing on the desk: what was recognised is shown first, and only then taken in."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from grader.web import import_pages
from tests.verify.toy import LAYERS
from tests.web.desk_room import ABSENT, HW, Browser

URL = f"/a/{HW}/import"


def _export(*names: str, layers: str = LAYERS) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(f"{name}/numpynn/__init__.py", "")
            archive.writestr(f"{name}/numpynn/layers.py", layers)
    return content.getvalue()


def _uploaded(browser: Browser, content: bytes, name: str = "class.zip") -> str:
    sent = browser.post(
        f"{URL}/upload", data={"csrf": browser.csrf}, files={"file": (name, content)}
    )
    assert sent.status_code == 303, sent.text
    return str(sent.headers["location"])


def _attempts(browser: Browser) -> list[Any]:
    with browser.desk.reading() as view:
        return view.attempts(HW)


def test_an_export_is_shown_then_taken_in(instructor: Browser) -> None:
    before = len(_attempts(instructor))
    plan = _uploaded(instructor, _export("s9@uni.edu", "s1@uni.edu", "Zed Unknown"))
    page = instructor.get(plan).text
    assert "Read as a plain folder" in page
    assert ABSENT in page
    assert "Zed Unknown" in page
    assert "nobody in the course matches" in page
    assert "Take in 2 attempts" in page
    assert len(_attempts(instructor)) == before

    done = instructor.act(f"{plan}/confirm")
    assert done.headers["location"] == f"/a/{HW}/grading"
    assert "2 attempts were taken in." in instructor.get(done.headers["location"]).text
    assert len(_attempts(instructor)) == before + 2
    assert instructor.get(plan).status_code == 404
    with instructor.desk.reading() as view:
        assert view.log(HW)[-1].who == "instructor"


def test_whoever_the_course_does_not_know_is_added_when_asked(instructor: Browser) -> None:
    plan = _uploaded(instructor, _export("Zed Unknown", "Yu New"))
    assert "Take this in" not in instructor.get(plan).text
    assert "2 students are taken from the export" in instructor.get(f"{plan}?add=1").text
    instructor.act(f"{plan}/confirm", {"add": "1"})
    with instructor.desk.reading() as view:
        assert any(person.name == "Zed Unknown" for person in view.people())


def test_what_cannot_be_read_is_said_where_it_can_be_read_otherwise(instructor: Browser) -> None:
    plan = _uploaded(instructor, b"not an archive", "class.zip")
    page = instructor.get(plan)
    assert page.status_code == 200
    assert "It cannot be read like this" in page.text
    assert '<details class="panel" open>' in page.text
    one = _uploaded(instructor, LAYERS.encode(), "layers.py")
    assert "is one submission, and does not say whose" in instructor.get(one).text
    assert "Take in 1 attempt" in instructor.get(f"{one}?student=s9@uni.edu").text
    refused = instructor.act(f"{plan}/confirm")
    assert refused.status_code == 409
    for said in (page.text, refused.text):
        assert str(instructor.desk.course.path) not in said


def test_an_upload_is_found_by_whoever_sent_it_alone(instructor: Browser, owner: Browser) -> None:
    plan = _uploaded(instructor, _export("s9@uni.edu"))
    assert owner.get(plan).status_code == 404
    assert owner.act(f"{plan}/confirm").status_code == 404
    assert instructor.get(f"{URL}/{'0' * 32}").status_code == 404
    assert instructor.get(f"{URL}/..%2F..%2Fnets").status_code == 404
    assert instructor.act(f"{plan}/drop").headers["location"] == URL
    assert instructor.get(plan).status_code == 404
    assert [*(instructor.desk.course.path / "uploads" / "kept").iterdir()] == []


def test_what_nobody_decided_on_goes_after_a_day(
    instructor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = _uploaded(instructor, _export("s9@uni.edu"))
    monkeypatch.setattr("grader.web.kept_uploads._OLD_SECONDS", -1)
    new = _uploaded(instructor, _export("s9@uni.edu"))
    assert [instructor.get(url).status_code for url in (old, new)] == [404, 200]


def test_the_source_may_be_one_of_those_offered(instructor: Browser) -> None:
    plan = _uploaded(instructor, _export("s9@uni.edu"))
    for source, _ in import_pages.SOURCES:
        assert instructor.get(f"{plan}?source={source}").status_code == 200
    assert "expected one of" in instructor.get(f"{plan}?source=nowhere").text
