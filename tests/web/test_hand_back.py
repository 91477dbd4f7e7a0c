"""Handing back on the desk: what a file would hold is shown, then it is downloaded."""

from __future__ import annotations

import csv
import io
import zipfile

from msgspec.structs import replace

from grader.course.accounts import Account
from grader.model.person import Person
from tests.web.desk_room import ABSENT, BROKEN, HW, PEOPLE, Browser

URL = f"/a/{HW}/hand-back"


def _sheet(*numbers: int, points: int = 6) -> bytes:
    head = ["Student,ID,SIS User ID,Section,Scale and shift (77)", f"Points Possible,,,,{points}"]
    names = {key.rpartition("_")[2]: key.rpartition("_")[0] for key in PEOPLE}
    rows = [f'"{names[str(n)]}",{n},,A,{1 if n == 1 else ""}' for n in numbers]
    return "\n".join([*head, *rows]).encode()


def _uploaded(browser: Browser, content: bytes | None, **fields: str) -> str:
    files = {"file": ("grades.csv", content)} if content is not None else {"file": ("", b"")}
    sent = browser.post(f"{URL}/sheet", data={"csrf": browser.csrf, **fields}, files=files)
    assert sent.status_code == 303, sent.text
    return str(sent.headers["location"])


def _options(url: str) -> dict[str, str]:
    return dict(each.split("=", 1) for each in url.partition("?")[2].split("&"))


def test_how_far_the_class_is(instructor: Browser) -> None:
    page = instructor.get(URL).text
    assert ">12<" in page
    assert ">10<" in page
    assert "submitted nothing" in page
    assert "Nothing can be handed back yet" in instructor.get("/a/later/hand-back").text


def test_a_sheet_is_filled_and_shown_before_it_is_downloaded(instructor: Browser) -> None:
    where = _uploaded(instructor, _sheet(*range(1, 13)), to="canvas")
    page = instructor.get(where).text
    assert "Ada Byron" in page
    assert "could not be read" in page
    file = instructor.act(f"{URL}/grades/file", _options(where))
    assert (
        file.headers["content-disposition"] == "attachment; filename*=UTF-8''grades-hw-canvas.csv"
    )
    rows = list(csv.reader(io.StringIO(file.text)))
    given = {row[1]: row[-1] for row in rows[2:]}
    assert given["1"] == "6"
    assert given["2"] == "4"
    assert not {key.rpartition("_")[2] for key in (ABSENT, BROKEN)} & set(given)
    with instructor.desk.reading() as view:
        assert view.log(HW)[-1].what == "downloaded the grades for canvas"


def test_what_does_not_fit_is_refused_until_it_may_be_left_out(instructor: Browser) -> None:
    where = _uploaded(instructor, _sheet(1, 2), to="canvas")
    page = instructor.get(where)
    assert page.status_code == 200
    assert "grades.csv: has no row for" in page.text
    assert str(instructor.desk.course.path) not in page.text
    assert instructor.act(f"{URL}/grades/file", _options(where)).status_code == 409
    kept = _uploaded(instructor, None, **_options(where), partial="1")
    assert "has no row in the sheet" in instructor.get(kept).text


def test_points_are_converted_when_asked(instructor: Browser) -> None:
    sheet = _sheet(*range(1, 13), points=12)
    assert "is worth 12 points" in instructor.get(_uploaded(instructor, sheet, to="canvas")).text
    scaled = _uploaded(instructor, sheet, to="canvas", scale="1", missing_zero="1")
    assert "6 points here are 12 on Canvas" in instructor.get(scaled).text
    rows = instructor.act(f"{URL}/grades/file", _options(scaled)).text.splitlines()
    assert rows[2].endswith(",12")
    assert rows[10].endswith(",0")


def test_a_plain_file_and_a_column_need_no_sheet(instructor: Browser) -> None:
    assert "could not be read" in instructor.get(f"{URL}/grades?to=plain").text
    column = _uploaded(instructor, None, to="canvas", column="Scale (77)")
    assert instructor.act(f"{URL}/grades/file", _options(column)).status_code == 400
    said = {"to": "canvas", "column": "Scale (77)"}
    assert "Scale (77)" in instructor.act(f"{URL}/grades/file", said).text
    assert "There is no such platform" in instructor.get(f"{URL}/grades?to=nowhere").text


def test_a_sheet_is_found_by_whoever_sent_it_alone(instructor: Browser, owner: Browser) -> None:
    where = _uploaded(instructor, _sheet(*range(1, 13)), to="canvas")
    assert "The file is not here any more" in owner.get(where).text


def test_pages_for_a_platform(instructor: Browser) -> None:
    page = instructor.get(f"{URL}/feedback?to=moodle").text
    assert "Moodle would not know whose the page is" in page
    assert (
        "has no name on the platform" in instructor.get(f"{URL}/feedback?to=moodle&partial=1").text
    )
    with instructor.desk.changing(_account(instructor)) as change:
        people = change.people(HW)
        change.put_people([_with_id(person) for person in people], "set up", HW)
    file = instructor.act(f"{URL}/feedback/file", {"to": "moodle"})
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        names = archive.namelist()
    assert "Ada Byron_1_assignsubmission_file_/feedback.html" in names
    assert len(names) == 11


def test_pages_are_published_into_the_course(instructor: Browser) -> None:
    url = f"{URL}/publish"
    page = instructor.get(f"{url}?base_url=https://x.edu/p/").text
    assert "Publish 11 pages" in page
    assert "https://x.edu/p/" not in page.partition("</form>")[2].partition("Where each")[2]
    folder = instructor.desk.course.path / "published"
    assert not folder.exists()
    done = instructor.act(f"{url}/now", {"base_url": "https://x.edu/p/"})
    shown = instructor.get(done.headers["location"]).text
    assert "11 pages were published." in shown
    written = {path.parent.name for path in folder.glob("*/hw.html")}
    assert len(written) == 11
    assert all(f"https://x.edu/p/{name}/hw.html" in shown for name in written)
    assert "is not an address" in instructor.get(f"{url}?base_url=javascript:x").text
    assert instructor.act(f"{url}/now", {"base_url": "javascript:x"}).status_code == 400


def test_a_class_is_read_again_when_something_changed(instructor: Browser) -> None:
    desk = instructor.desk
    before = desk.returned.of(HW)
    assert desk.returned.of(HW) is before
    with desk.changing(_account(instructor)) as change:
        change.note("did something", HW)
    again = desk.returned.of(HW)
    assert again is not before
    page = desk.course.out(HW) / "index.html"
    page.replace(page.with_name("old.html"))
    page.write_bytes(b"")
    assert desk.returned.of(HW) is not again


def _account(browser: Browser) -> Account:
    with browser.desk.reading() as view:
        return view.accounts()["instructor"]


def _with_id(person: Person) -> Person:
    return replace(person, ids={**person.ids, "moodle": person.key.rpartition("_")[2]})
