"""Times as they are written, and lists of them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from grader.course.timelist import TimeList, lines_about, read_times, time_in_folder
from grader.course.times import parse_time
from grader.model.errors import InputError
from grader.submission import Source
from grader.submission.identity import Names


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-03-05T14:58:23+08:00", "2024-03-05T14:58:23+08:00"),
        ("2024-03-05T14:58:23Z", "2024-03-05T14:58:23+00:00"),
        ("2024-03-05 14:58:23.948203 UTC", "2024-03-05T14:58:23.948203+00:00"),
        ("2015-02-02 14:58:23.948203 America/Los_Angeles", "2015-02-02T14:58:23.948203-08:00"),
        ("2024-03-05 14:58:23 PST", "2024-03-05T14:58:23-08:00"),
        ("2022-06-25 13:16:26 -0600", "2022-06-25T13:16:26-06:00"),
        ("2024-10-01 23:10:00.000000000 -07:00", "2024-10-01T23:10:00-07:00"),
        ("2024/3/5 14:58", "2024-03-05T14:58:00+00:00"),
        ("Tue Mar  5 14:58:23 2024", "2024-03-05T14:58:23+00:00"),
        ("Tue Mar  5 14:58:23 PST 2024", "2024-03-05T14:58:23-08:00"),
        ("Tuesday, April 21, 2020 6:34:13 AM EST", "2020-04-21T06:34:13-05:00"),
        ("Tuesday, 21 April 2020 18:34:13 o'clock BST", "2020-04-21T18:34:13+01:00"),
        ("Wednesday, 10 June 2026, 2:14 PM", "2026-06-10T14:14:00+00:00"),
        ("Sep 24, 2024 926 PM", "2024-09-24T21:26:00+00:00"),
        ("Sep 24, 2024 12:06\u202fAM", "2024-09-24T00:06:00+00:00"),
        ("Tue, 05 Mar 2024 14:58:23 GMT", "2024-03-05T14:58:23+00:00"),
        ("March 5, 2024 at 2:58:23 PM GMT+8", "2024-03-05T14:58:23+08:00"),
        ("2024-03-05 14:58 Pacific Time", "2024-03-05T14:58:00-08:00"),
        ("2024-07-05 14:58 ET", "2024-07-05T14:58:00-04:00"),
        ("2024-07-05 14:58 British Summer Time", "2024-07-05T14:58:00+01:00"),
        ("2024-03-05 14:58 EST5EDT", "2024-03-05T14:58:00-05:00"),
        ("2024-03-05 23:59 AoE", "2024-03-05T23:59:00-12:00"),
        ("2024-03-05T14:58:23+01:00[Europe/Paris]", "2024-03-05T14:58:23+01:00"),
        ("2024年3月5日 星期二 14:58", "2024-03-05T14:58:00+00:00"),
        ("2024年03月05日 下午2:58", "2024-03-05T14:58:00+00:00"),
    ],
)
def test_times_are_understood_with_their_zones(text: str, expected: str) -> None:
    time = parse_time(text, dt.UTC)
    assert time is not None
    assert time.isoformat() == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "soon", "2024-03-05", "3/4/2024 10:00", "2024-13-05 10:00", "2024-03-05 25:00",
        "2024-03-05 14:58 XYZ", "2024-03-05 14:58 Mars/Phobos", "2024-03-05 13:58 PM", "9" * 200,
        "2024-03-05 14:58 ../../etc/passwd", "2024-03-05 14:58 Nowhere", "0000-01-01 00:00",
    ],
)  # fmt: skip
def test_what_is_no_time_or_may_be_several_is_none(text: str) -> None:
    assert parse_time(text, dt.UTC) is None


def test_a_zone_with_several_meanings_is_that_of_the_place() -> None:
    here = {zone: parse_time("2024-03-05 14:58 CST", ZoneInfo(zone)) for zone in _CENTRAL}
    assert {zone: str(time)[-6:] for zone, time in here.items()} == _CENTRAL
    assert parse_time("2024-03-05 14:58 CST", dt.UTC) is None


_CENTRAL = {"America/Chicago": "-06:00", "Asia/Shanghai": "+08:00"}


def _names() -> Names:
    people = {"smithann_340": ["340", "ann@u.edu"], "leebob_341": ["341", "Bob Lee"]}
    return Names((Source(id=id, path=Path()) for id in people), people)


def _list(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "times.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        "submission,submitted\nsmithann_340,2024-03-05 14:58:23 PST\nleebob_341,\n",
        "First Name,Last Name,SID,Email,Status,Submission Time\n"
        "Ann,Smith,340,ann@u.edu,Graded,2024-03-05 14:58:23 -0800\nEve,X,9,e@x,Missing,\n",
        'Identifier,"Full name","Email address","Last modified (submission)"\n'
        'Participant 340,Ann,ann@u.edu,"Tuesday, 5 March 2024, 2:58:23 PM PST"\nParticipant 9,,,-',
        "OrgDefinedId,Submitted\n#340,2024-03-05 14:58:23 PST\n",
    ],
)
def test_lists_of_platforms_are_read_as_they_are(tmp_path: Path, text: str) -> None:
    found = read_times(_list(tmp_path, text), _names(), dt.UTC)
    assert {id: time.isoformat() for id, time in found.times.items()} == {
        "smithann_340": "2024-03-05T14:58:23-08:00"
    }
    assert found.missing == ["leebob_341"]


def test_who_is_nobody_is_an_error_with_the_near_ones(tmp_path: Path) -> None:
    path = _list(tmp_path, "submission,submitted\nleebob_314,2024-03-05 14:58 UTC\n")
    with pytest.raises(InputError, match=r"line 2: 'leebob_314' is nobody.*mean leebob_341\?"):
        read_times(path, _names())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("submission,submitted\n340,2024-03-05\n", "line 2: '2024-03-05' is not a valid time"),
        ("who,submitted\n340,2024-03-05 10:00\n", "no column for the submission"),
        ("submission,when\n340,2024-03-05 10:00\n", "no column for the time"),
        (
            "submission,submitted\n340,2024-03-05 10:00\nsmithann_340,2024-03-05 11:00\n",
            "line 3: 'smithann_340' has another time in line 2",
        ),
    ],
)
def test_a_wrong_list_is_refused_by_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_times(_list(tmp_path, text), _names())


def test_who_is_missing_from_the_list_is_said_and_the_platform_wins() -> None:
    noon, later = (dt.datetime(2024, 3, 5, hour, tzinfo=dt.UTC) for hour in (12, 13))
    listed = TimeList({"ann": noon, "bob": noon}, ["cid", "dan"])
    assert list(lines_about(listed, {"ann": later, "dan": later})) == [
        "Not in the list of times, so nothing is taken off for lateness: cid.",
        "The platform has another time than the list, and counts: ann.",
    ]


def test_a_time_in_a_folder_is_read_with_its_zone(tmp_path: Path) -> None:
    (tmp_path / "timestamp.txt").write_text("2024-03-05 14:58:23 America/Los_Angeles\n" * 2)
    assert time_in_folder(tmp_path) is None
    (tmp_path / "timestamp.txt").write_text("2024-03-05 14:58:23 America/Los_Angeles\n")
    assert str(time_in_folder(tmp_path)) == "2024-03-05 14:58:23-08:00"
    assert time_in_folder(tmp_path / "nowhere") is None
