"""Marking on the desk: what is next, saving, groups, schemes, flags, who sees and marks what."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.course.accounts import Account
from grader.course.marks import Mark
from grader.model.attempt import Attempt
from grader.model.course_records import StoredAttempt
from grader.web import marking_presence
from grader.web.marking_presence import MarkingPresence
from tests.web.desk_room import ADA, BO, CEM, DANA, HW, Browser
from tests.web.marking_room import make_course

Open = Callable[[str], Browser]
MARKING = f"/a/{HW}/marking"
WORK = f"{MARKING}/Work/1"
_KEYS = itertools.count()


def _page(browser: Browser, url: str = WORK, **query: Any) -> Any:
    found = browser.get(url, params=query)
    assert found.status_code == 200, found.text
    return found


def _field(page: Any, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return found[1]


def _save(browser: Browser, page: Any, **more: Any) -> Any:
    form = {"key": f"{next(_KEYS):032d}", "seen": _field(page, "seen"), **more}
    form.setdefault("answers", _field(page, "answers"))
    return browser.act(f"{WORK}/save", form, headers={"accept": "application/json"})


def _marks(browser: Browser) -> dict[str, Any]:
    with browser.desk.reading() as view:
        return {place[0]: mark for place, mark in view.marks(HW).items()}


def _codes(browser: Browser) -> dict[str, str]:
    """The codes of all answers, by person."""
    with browser.desk.reading() as view:
        board = browser.desk.boards.board(view, HW)
    answers = board.ordered(("Work", "1"), Account(name="all", role="owner"))
    return {answer.person: answer.code for answer in answers}


def _item(browser: Browser, text: str, points: str, **more: str) -> Any:
    return browser.act(f"{WORK}/item", {"text": text, "points": points, **more})


def test_one_answer_after_another_until_none_is_left(instructor: Browser) -> None:
    shown = []
    while "Nothing is left for you here" not in (page := _page(instructor)).text:
        shown.append(_field(page, "answers"))
        assert _save(instructor, page, points="1.5").json()["points"] == 1.5
    assert len(shown) == len(set(shown)) == len(_marks(instructor)) == 7
    assert "7 of 7 marked" in _page(instructor, MARKING).text
    without_script = instructor.act(
        f"{WORK}/save", {"key": "b" * 32, "seen": "99", "answers": shown[0], "points": "1"}
    )
    assert without_script.headers["location"] == WORK
    assert "Saved: 1 for 1 answer." in _page(instructor).text


def test_what_is_sent_again_is_not_done_again(instructor: Browser) -> None:
    page = _page(instructor)
    first, second = (_save(instructor, page, key="a" * 32, points="1").json() for _ in range(2))
    assert (first["again"], second["again"]) == (False, True)
    with instructor.desk.reading() as view:
        assert len(view.mark_history(HW)) == 1
    with_no_key = _save(instructor, page, key="x", points="1")
    assert (with_no_key.status_code, "no valid key" in with_no_key.text) == (400, True)


def test_items_make_marks_and_a_changed_item_changes_them(instructor: Browser) -> None:
    assert _item(instructor, "By its <weight>", "1.5").headers["location"] == f"{WORK}/scheme"
    code = _codes(instructor)[ADA]
    page = _page(instructor, answer=code)
    assert "By its &lt;weight&gt;" in page.text
    item = _field(page, "items")
    assert _save(instructor, page, items=item, comment="See $x$.").json()["points"] == 1.5
    assert _marks(instructor)[ADA].comment == "+1.5 By its <weight>\nSee $x$."
    _item(instructor, "By its weight", "1", item=item)
    assert (
        _marks(instructor)[ADA].points,
        "applies to 1 answer" in _page(instructor, f"{WORK}/scheme").text,
    ) == (1, True)
    _item(instructor, "Shape", "0.5")
    shape = re.findall(r'name="item" value="(\d+)"', _page(instructor, f"{WORK}/scheme").text)[1]
    _item(instructor, "Shape", "0.5", item=shape, do="up")
    scheme = _page(instructor, f"{WORK}/scheme").text
    assert re.findall(r'name="item" value="(\d+)"', scheme) == [shape, item]
    _item(instructor, "Shape", "0.5", item=shape, do="remove")
    assert f'name="item" value="{shape}"' not in _page(instructor, f"{WORK}/scheme").text
    instructor.act(f"{WORK}/begins", {"from": "full"})
    assert _marks(instructor)[ADA].points == 2
    assert "checked><span>By its weight" in _page(instructor, answer=code).text


def test_nothing_chosen_is_no_mark_and_points_stay_within(instructor: Browser) -> None:
    page = _page(instructor)
    for more, said in (
        ({}, "Nothing was chosen"),
        ({"points": "2.5"}, "Points are 0 to 2"),
        ({"points": "x"}, "not a number"),
        ({"items": "77"}, "not in this question"),
        ({"answers": "", "points": "1"}, "No answer was chosen"),
    ):
        refused = _save(instructor, page, **more)
        assert (refused.status_code, said in refused.text) == (400, True), refused.text
    assert _save(instructor, page, points="0").json()["points"] == 0
    assert {mark.points for mark in _marks(instructor).values()} == {0}


def test_a_group_is_marked_at_once_less_what_is_left_out(instructor: Browser) -> None:
    groups = _page(instructor, f"{WORK}/groups").text
    assert "5 answers" in groups
    page = _page(instructor, by="group")
    assert "5 answers are marked at once" in page.text
    assert _save(instructor, page, points="2").json()["points"] == 2
    assert len(_marks(instructor)) == 5
    assert {int(person.rpartition("_")[2]) % 4 for person in _marks(instructor)} == {0, 1}


def test_two_markers_get_different_answers_and_see_each_other(browser: Open) -> None:
    one, other = browser("instructor"), browser("owner")
    other.desk.presence = one.desk.presence = MarkingPresence()
    mine, theirs = _page(one), _page(other)
    assert _field(mine, "answers") != _field(theirs, "answers")
    same = _page(other, answer=_field(mine, "answers"))
    assert "instructor has this answer open too." in same.text
    _save(one, mine, points="1")
    here = other.get(
        f"{WORK}/here", params={"answer": _field(mine, "answers"), "seen": _field(same, "seen")}
    )
    assert "instructor has just marked it: 1." in " ".join(here.json()["said"])
    refused = _save(other, same, points="2")
    assert (refused.status_code, "instructor marked this answer meanwhile" in refused.text) == (
        409,
        True,
    )
    assert _save(other, same, points="2", over="1").json()["points"] == 2


def test_nobody_undoes_the_marks_of_another(instructor: Browser, assistant: Browser) -> None:
    saved = _save(instructor, _page(instructor), answers=_codes(instructor)[BO], points="1")
    done = assistant.act(f"{MARKING}/undo", {"act": str(saved.json()["act"])})
    assert done.status_code == 400
    assert BO in _marks(instructor)


def test_an_answer_of_another_section_is_as_if_it_were_not_there(assistant: Browser) -> None:
    theirs, page = _codes(assistant)[BO], _page(assistant)
    assert _save(assistant, page, answers=theirs, points="1").status_code == 404
    assert assistant.act(f"{WORK}/flag", {"answer": theirs, "on": "1"}).status_code == 404
    for where in ("", "/unit", "/cells", "/here"):
        found = assistant.get(f"{WORK}{where}", params={"answer": theirs})
        assert found.status_code == 404 or theirs not in found.text
    assert _marks(assistant) == {}


def test_the_last_mark_is_undone(instructor: Browser, owner: Browser) -> None:
    page = _page(instructor)
    _save(instructor, page, points="1")
    refused = owner.act(f"{MARKING}/undo")
    assert (refused.status_code, "nothing of yours" in refused.text) == (400, True)
    done = instructor.act(f"{MARKING}/undo", headers={"accept": "application/json"}).json()
    assert done == {
        "url": WORK, "answer": _field(page, "answers"),
        "said": "Undone: 1 answer is as it was before.", "last": 0,
    }  # fmt: skip
    assert _marks(instructor) == {}


def test_flags_are_listed_until_somebody_settles_them(instructor: Browser) -> None:
    code = _codes(instructor)[ADA]
    instructor.act(f"{WORK}/flag", {"answer": code, "on": "1"})
    assert "flagged by instructor" in _page(instructor, MARKING).text
    assert "Flagged by instructor" in _page(instructor, answer=code).text
    instructor.act(f"{WORK}/flag", {"answer": code, "on": "0"})
    assert "flagged by" not in _page(instructor, MARKING).text


def test_nobody_sees_names_where_marking_is_blind(instructor: Browser, owner: Browser) -> None:
    code = _codes(instructor)[ADA]
    assert "Ada Byron" in _page(instructor, answer=code).text
    instructor.act(f"{MARKING}/blind", {"on": "1"})
    owner.act(f"{WORK}/flag", {"answer": code, "on": "1"})
    for url, query in ((WORK, {"answer": code}), (MARKING, {}), (f"{WORK}/groups", {})):
        assert "Byron" not in _page(instructor, url, **query).text
    assert "Byron" in _page(owner, answer=code).text
    owner.act(f"{MARKING}/rules", {"split": "", "blind": "1"})
    assert "Byron" not in _page(owner, answer=code).text


def test_an_assistant_marks_their_section_and_changes_no_item(
    assistant: Browser, owner: Browser
) -> None:
    codes = _codes(owner)
    assert "0 of 2 marked" in _page(assistant, MARKING).text
    for url in (WORK, f"{WORK}/unit", f"{WORK}/cells", f"{WORK}/here"):
        assert assistant.get(url, params={"answer": codes[BO]}).status_code == 404
    page = _page(assistant, answer=codes[ADA])
    assert (
        _save(assistant, page, answers=f"{codes[ADA]} {codes[BO]}", points="1").status_code == 404
    )
    assert _marks(owner) == {}
    assert _item(assistant, "Shape", "1").status_code == 303
    item = re.search(r'name="items" value="(\d+)"', _page(assistant, answer=codes[ADA]).text)
    assert item
    assert _item(assistant, "Shape", "0", item=item[1]).status_code == 403
    assert assistant.act(f"{WORK}/begins", {"from": "full"}).status_code == 403


def test_work_is_split_among_those_who_may_see_it(instructor: Browser, assistant: Browser) -> None:
    instructor.act(f"{MARKING}/rules", {"split": "question", "markers": ["assistant"]})
    overview = re.sub("<[^>]+>", "", _page(instructor, MARKING).text)
    assert "7 answers wait · 5 for you" in " ".join(overview.split())
    mine = set()
    while "Nothing is left for you here" not in (page := _page(assistant)).text:
        mine.add(_field(page, "answers"))
        _save(assistant, page, points="1")
    codes = _codes(instructor)
    assert mine == {codes[ADA], codes["Eve Ng_5"]}
    refused = instructor.act(f"{MARKING}/rules", {"split": "chance"})
    assert (refused.status_code, "among whom" in refused.text) == (400, True)


def test_the_notebook_is_in_a_frame_of_no_origin(instructor: Browser) -> None:
    page = _page(instructor, f"{WORK}/cells", answer=_codes(instructor)[DANA])
    assert page.headers["content-security-policy"].startswith(
        "sandbox allow-scripts; default-src 'none'"
    )
    assert "Dana" not in page.text
    assert 'class="nb-here"' in page.text


def test_an_answer_that_changed_waits_again(instructor: Browser) -> None:
    code = _codes(instructor)[CEM]
    empty = _page(instructor, answer=code)
    assert "not answered" in empty.text
    old = Mark(submission=ADA, notebook="Work", question="1", points=1, version="old")
    with instructor.desk.course.changing("sheet") as change:
        change.enter_marks(HW, {old.place: old})
    page = _page(instructor, answer=_codes(instructor)[ADA])
    assert "has changed since it was marked" in page.text
    assert "7 answers wait" in page.text
    _save(instructor, page, points="1.5")
    assert "6 answers wait" in _page(instructor).text


def test_a_team_has_one_answer_and_one_mark(tmp_path: Path) -> None:
    course = make_course(tmp_path / "nets", people=12, questions=2, markers=("ann",))
    with course.changing("setup") as change:
        mates = [person.key for person in change.people()][:2]
        team = Attempt(key="team#1", owner=mates[0], members=mates, counted=True)
        change.put_attempts("hw", [StoredAttempt(attempt=team)], "imported")
    ann = Browser(course, "ann")
    with course.reading() as view:
        board = ann.desk.boards.board(view, "hw")
    answers = list(board.ordered(("BatchNorm", "1"), Account(name="ann", role="instructor")))
    assert len(answers) == 11
    (code,) = (answer.code for answer in answers if answer.person in mates)
    form = {"key": "c" * 32, "seen": "0", "answers": code, "points": "1"}
    to_another_question = ann.act("/a/hw/marking/BatchNorm/2/save", form)
    assert (to_another_question.status_code, _marks(ann)) == (404, {})
    ann.act("/a/hw/marking/BatchNorm/1/save", form)
    assert sorted(_marks(ann)) == mates


def test_who_was_there_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    presence = MarkingPresence()
    presence.enter(["x"], "ann")
    assert presence.take_first([["x", "y"], ["z"]], "bob") == ["z"]
    monkeypatch.setattr(marking_presence, "SECONDS", 0.0)
    assert presence.others(["x"], "bob") == []
    assert presence.take_first([["x", "y"]], "bob") == ["x", "y"]
