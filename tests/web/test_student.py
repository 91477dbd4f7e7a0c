"""A student's page: both copies of the report, what is decided, what is asked."""

from __future__ import annotations

import datetime as dt
import html
import re
from typing import Any

import pytest

from grader.batches.grading_job import grading_job, job_folder
from grader.batches.grading_progress import JobOptions
from grader.course.course_folder import CourseFolder
from grader.model.course_records import RegradeRequest
from grader.web.paths import address
from tests.web.desk_room import ABSENT, ADA, BO, BROKEN, CEM, HW, PEOPLE, Browser

AT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


def _page(browser: Browser, person: str = ADA, more: str = "", **query: str) -> Any:
    return browser.get(address(f"/a/{{}}/s/{{}}{more}", HW, person, **query))


def _act(browser: Browser, what: str, person: str = ADA, **form: str) -> Any:
    return browser.act(address(f"/a/{{}}/s/{{}}/{what}", HW, person), form)


def _standing(text: str) -> str:
    found = re.search(r'<p class="standing">(.*?)</p>', text, re.S)
    assert found
    return " ".join(re.sub("<[^>]+>", "", found[1]).split())


def _ask(browser: Browser, person: str, about: str = "", text: str = "Look again.") -> int:
    asked = RegradeRequest(
        assignment=HW, person=person, about=about, text=text, asked=AT, who="ann", at=AT
    )
    with browser.desk.course.changing("ann") as change:
        number = change.add_request(asked)
    assert number
    return number


@pytest.mark.parametrize("person", PEOPLE)
def test_everybody_has_a_page(reader: Browser, person: str) -> None:
    page = _page(reader, person)
    assert page.status_code == 200
    assert f"<h1>{html.escape(person.rpartition('_')[0])}</h1>" in page.text


def test_a_page_says_how_work_stands(reader: Browser) -> None:
    assert _standing(_page(reader, ADA).text) == "6 of 6"
    assert _standing(_page(reader, ABSENT).text) == "Nothing was submitted"
    assert _standing(_page(reader, BROKEN).text) == "Could not be graded"
    other = reader.get(address("/a/{}/s/{}", "later", ADA)).text
    assert _standing(other) == "Nothing was submitted"


@pytest.mark.parametrize("audience", ["student", "instructor"])
def test_a_copy_is_of_no_origin(reader: Browser, audience: str) -> None:
    copy = _page(reader, BO, f"/copy/{audience}")
    policy = copy.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-scripts; default-src 'none'; style-src 'sha256-")
    assert "allow-same-origin" not in policy
    assert "frame-ancestors 'self'" in policy
    assert ("Instructor" in copy.text) == (audience == "instructor")
    page = _page(reader, BO, show=audience).text
    assert re.findall(r"<iframe sandbox=\"([^\"]*)\".*?src=\"([^\"]*)\"", page, re.S) == [
        ("allow-scripts", address("/a/{}/s/{}", HW, BO) + f"/copy/{audience}")
    ]


def test_there_is_no_third_copy(reader: Browser) -> None:
    assert _page(reader, BO, "/copy/owner").status_code == 404
    assert _page(reader, "nobody", "/copy/student").status_code == 404


def test_an_override_counts_at_once_for_them_alone(instructor: Browser) -> None:
    done = _act(instructor, "override", place="part|scale", points="1,5", why="a typo", note="hm")
    assert done.status_code == 303
    page = _page(instructor).text
    assert "Override 1: part scale, 1.5 points." in page
    assert _standing(page) == "5.5 of 6"
    copy = _page(instructor, more="/copy/student").text
    assert "a typo" in copy
    assert "hm</" not in copy
    assert _standing(_page(instructor, BO).text) == "4 of 6"
    with instructor.desk.reading() as view:
        assert [each.who for each in view.overrides(HW, ADA).values()] == ["instructor"]
    assert "Override 1:" not in _page(instructor).text, "it is said once"
    assert _act(instructor, "revoke", kind="override", number="1").status_code == 303
    assert _standing(_page(instructor).text) == "6 of 6"


def test_what_decides_nothing_is_refused(instructor: Browser) -> None:
    for form, said in (
        ({"place": "part|scale", "points": "2"}, "needs a reason"),
        ({"place": "part|scale", "why": "x"}, "either points or an outcome"),
        ({"place": "part|nothing", "why": "x", "points": "2"}, "no such part"),
        ({"place": "check|layers::no", "why": "x", "points": "2"}, "no such check"),
        ({"place": "", "why": "x", "points": "2"}, "the whole, a part or a check"),
        ({"place": "total|", "why": "x", "points": "lots"}, "is not a number"),
        ({"place": "total|", "why": "x", "points": "-1"}, "expected 0 or more"),
        ({"place": "total|", "why": "x", "points": "nan"}, "is not a number"),
        ({"place": "part|scale", "why": "x", "outcome": "excused"}, "Only a whole"),
    ):
        done = _act(instructor, "override", **form)
        assert done.status_code == 400
        assert said in html.unescape(done.text)
    with instructor.desk.reading() as view:
        assert view.overrides() == {}


def test_more_time_is_given_and_taken_back(instructor: Browser) -> None:
    assert _act(instructor, "extend", until="2026-03-20T12:00", why="measles").status_code == 303
    page = _page(instructor).text
    assert "Due 2026-03-20 12:00" in page
    assert "measles" not in _page(instructor, more="/copy/student").text
    assert "Due 2026-03-15 23:59" in _page(instructor, BO).text
    assert _act(instructor, "revoke", BO, kind="extension", number="1").status_code == 400
    assert _act(instructor, "revoke", kind="extension", number="1").status_code == 303
    assert "Due 2026-03-15 23:59" in _page(instructor).text
    assert _act(instructor, "extend").status_code == 400
    assert _act(instructor, "revoke", kind="extension", number="1").status_code == 400


def test_a_decision_about_another_is_not_taken_back(instructor: Browser) -> None:
    _act(instructor, "override", place="total|", points="1", why="x")
    assert _act(instructor, "revoke", BO, kind="override", number="1").status_code == 400
    with instructor.desk.reading() as view:
        assert [each.revoked for each in view.overrides().values()] == [None]


def test_a_request_is_shown_where_it_belongs_and_answered(
    instructor: Browser, assistant: Browser, reader: Browser
) -> None:
    number = _ask(instructor, BO, "layers::scale", "<script>alert(1)</script>")
    _ask(instructor, ADA)
    page = instructor.get("/requests").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<code>scale</code> multiplies" in page
    assert "2 are open." in page
    assert "Bo Lin" not in assistant.get("/requests").text
    assert "Ada Byron" in assistant.get("/requests").text
    assert 'name="answer"' not in reader.get("/requests").text
    assert 'value="grant"' in _page(instructor, BO).text
    form = {"number": str(number), "answer": "grant", "text": "Right you are.", "back": "//evil.x"}
    done = instructor.act("/requests/answer", form)
    assert (done.status_code, done.headers["location"]) == (303, "/requests")
    assert f"Request {number} of {BO} is granted." in instructor.get("/requests").text
    assert "Right you are." in _page(instructor, BO, "/copy/student").text
    for wrong in ({"number": "99", "answer": "grant"}, {"number": str(number), "answer": "?"}):
        assert instructor.act("/requests/answer", wrong).status_code == 400


def test_history_has_everything_in_order(instructor: Browser) -> None:
    _act(instructor, "override", place="total|", points="1", why="<b>x</b>")
    page = _page(instructor, more="/history").text
    lines = re.findall(r"<tr><td class=\"when\">.*?</td><td>.*?</td><td>(.*?)</td>", page)
    assert [line.partition(" ")[0] for line in lines] == ["submitted", "graded:", "override"]
    assert "the whole, 1 point: &lt;b&gt;x&lt;/b&gt;" in lines[-1]


def test_one_goes_through_the_class_and_meets_those_one_may_see(
    assistant: Browser, reader: Browser
) -> None:
    def after(browser: Browser, person: str) -> str | None:
        found = re.search(r'rel="next" href="([^"]+)"', _page(browser, person).text)
        return found[1] if found else None

    assert after(reader, ADA) == address("/a/{}/s/{}", HW, BO)
    assert after(assistant, ADA) == address("/a/{}/s/{}", HW, CEM)
    assert after(reader, max(PEOPLE)) is None


def test_a_page_is_in_chinese_where_that_is_preferred(reader: Browser) -> None:
    page = _page(reader, lang="zh")
    assert '<html lang="zh-Hans">' in page.text
    assert "学生将看到的版本" in page.text
    assert "lang=zh" in page.headers["set-cookie"]


def test_a_copy_is_in_the_language_of_the_students_pages(
    reader: Browser, course: CourseFolder
) -> None:
    assert '<html lang="en">' in _page(reader, more="/copy/student", lang="zh").text
    options = JobOptions(lang="zh")
    with grading_job(job_folder(course, HW), "grade", "ann", options) as job:
        job.begin(0)
    assert '<html lang="zh-Hans">' in _page(reader, more="/copy/student", lang="en").text
