"""Times as platforms and people write them, with the zones that they name."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "jan january", "feb february", "mar march", "apr april", "may may", "jun june",
            "jul july", "aug august", "sep sept september", "oct october", "nov november",
            "dec december",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_OFFSETS: Final = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "cest": 2,
    "met": 1, "mest": 2, "eet": 2, "eest": 3, "msk": 3, "pkt": 5, "ict": 7, "wib": 7, "hkt": 8,
    "sgt": 8, "awst": 8, "pht": 8, "jst": 9, "kst": 9, "acst": 9.5, "acdt": 10.5, "aest": 10,
    "aedt": 11, "nzst": 12, "nzdt": 13, "nst": -3.5, "ndt": -2.5, "ast": -4, "adt": -3, "est": -5,
    "edt": -4, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "akst": -9, "akdt": -8,
    "hst": -10, "brt": -3, "art": -3,
}  # fmt: skip
"""Hours east of Greenwich. `CST`, `IST` and the like mean one of several: see `_zone_named`."""
_SEVERAL: Final = {
    "cst": ("America/Chicago", "Asia/Shanghai", "America/Havana"),
    "ist": ("Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"),
}
_PLACES: Final = {
    "pacific": "America/Los_Angeles", "pt": "America/Los_Angeles", "mountain": "America/Denver",
    "mt": "America/Denver", "central": "America/Chicago", "ct": "America/Chicago",
    "eastern": "America/New_York", "et": "America/New_York", "british": "Europe/London",
    "greenwich mean": "Etc/GMT", "central european": "Europe/Paris", "china": "Asia/Shanghai",
    "japan": "Asia/Tokyo", "india": "Asia/Kolkata", "aoe": "Etc/GMT+12",
    "anywhere on earth": "Etc/GMT+12",
}  # fmt: skip
"""Zones by the names of their places, less `standard time` and the like."""
_KIND_OF_TIME: Final = re.compile(r" ?(?:standard|daylight|summer)?(?: time)?$")
_CHINESE: Final = re.compile(r"(\d{4})年(\d\d?)月(\d\d?)日(?: ?(?:星期|周)[一二三四五六日天])?")
_HALF: Final = re.compile(r"(上午|下午) ?(\d{1,2}:\d\d(?::\d\d)?)")
_BRACKETS: Final = re.compile(r"(?<=\d|Z) ?\[[^\]]*\]$")
_SPACES: Final = re.compile(r"[\s\u00a0\u202f]+")
_ISO: Final = re.compile(
    r"(?P<year>\d{4})[-/](?P<month>\d\d?)[-/](?P<day>\d\d?)(?:[T ] ?(?P<rest>.*))?", re.IGNORECASE
)
_CLOCK: Final = re.compile(
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<part>\d+))?)?"
    r"(?: ?(?P<half>[ap]\.?m\.?)(?![a-z]))?",
    re.IGNORECASE,
)
_BARE_CLOCK: Final = re.compile(
    r"(?<!\d)(?P<hour>\d{1,2})(?P<minute>\d\d) ?(?P<half>[ap]\.?m\.?)(?![a-z])", re.IGNORECASE
)
_ZONE: Final = re.compile(r"[A-Za-z][\w+-]*(?:/[\w+-]+){0,2}")
_OFFSET: Final = re.compile(
    r"(?:utc|gmt)?(?P<sign>[+-])(?P<hour>\d\d?)(?::?(?P<minute>\d\d))?", re.I
)
_WEEKDAY: Final = re.compile(
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?", re.I
)
_FILLING: Final = frozenset({"at", "on", "o'clock", "o’clock", "of"})


def parse_time(text: str, zone: dt.tzinfo | None = None) -> dt.datetime | None:
    """A time with its offset; None where the text is not one, or may be one of several.

    Understood are ISO 8601, `2015-02-02 14:58:23.9 America/Los_Angeles`, `Tuesday, April 21, 2020
    6:34:13 AM EST`, `21 April 2020 06:34:13 o'clock BST`, `Sep 24, 2024 926 PM`, `2024/3/5 14:58`,
    `Tue Mar  5 14:58:23 2024`. A date alone is not a time, and `3/4/2024` may be two dates.

    Args:
        text: what was written.
        zone: where it was written, if it does not say; this machine's by default.
    """
    text = _CHINESE.sub(r"\1-\2-\3 ", _SPACES.sub(" ", text))
    text = _HALF.sub(lambda half: f"{half[2]} {'AM' if half[1] == '上午' else 'PM'}", text)
    text = _SPACES.sub(" ", _BRACKETS.sub("", text)).strip()
    if not text or len(text) > 100:
        return None
    try:
        iso = _ISO.fullmatch(text)
        return _from_iso(iso, zone) if iso else _from_words(text, zone)
    except (ValueError, OverflowError):
        return None


def _from_iso(match: re.Match[str], zone: dt.tzinfo | None) -> dt.datetime | None:
    rest = match["rest"] or ""
    clock = _CLOCK.match(rest)
    if clock is None:
        return None
    date = dt.date(int(match["year"]), int(match["month"]), int(match["day"]))
    return _in_zone(date, _time_of(clock), rest[clock.end() :].strip(), zone)


def _from_words(text: str, zone: dt.tzinfo | None) -> dt.datetime | None:
    clock = _CLOCK.search(text) or _BARE_CLOCK.search(text)
    if clock is None:
        return None
    before = _words(text[: clock.start()])
    after = _words(text[clock.end() :])
    date, left = _date_in([*before, *after])
    return _in_zone(date, _time_of(clock), " ".join(left), zone) if date else None


def _words(text: str) -> list[str]:
    words = (word.strip(",") for word in text.replace(",", " ").split())
    return [w for w in words if w and w.lower() not in _FILLING and not _WEEKDAY.fullmatch(w)]


def _date_in(words: list[str]) -> tuple[dt.date | None, list[str]]:
    """The date in some words, with the month as a word; and the words that are left."""
    left, year, month, day = [], 0, 0, 0
    for word in words:
        if not month and (found := _MONTHS.get(word.lower().rstrip("."))):
            month = found
        elif not year and re.fullmatch(r"\d{4}", word):
            year = int(word)
        elif not day and (number := re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th|\.)?", word)):
            day = int(number[1])
        else:
            left.append(word)
    return (dt.date(year, month, day) if year and month and day else None), left


def _time_of(clock: re.Match[str]) -> dt.time:
    found = clock.groupdict()
    hour = int(found["hour"])
    if found["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(clock[0])
        hour = hour % 12 + (12 if found["half"][0] in "pP" else 0)
    part = (found.get("part") or "0")[:6].ljust(6, "0")
    return dt.time(hour, int(found["minute"]), int(found.get("second") or 0), int(part))


def _in_zone(
    date: dt.date, time: dt.time, named: str, zone: dt.tzinfo | None
) -> dt.datetime | None:
    naive = dt.datetime.combine(date, time)
    named = " ".join(_words(named)).strip("()")
    if not named:
        return naive.replace(tzinfo=zone) if zone else naive.astimezone()
    found = _zone_named(named, naive, zone)
    return naive.replace(tzinfo=found) if found else None


def _zone_named(name: str, naive: dt.datetime, zone: dt.tzinfo | None) -> dt.tzinfo | None:
    """The zone that goes by a name; of several the one where `naive` was written, else none."""
    if offset := _OFFSET.fullmatch(name):
        minutes = int(offset["hour"]) * 60 + int(offset["minute"] or 0)
        return dt.timezone(dt.timedelta(minutes=-minutes if offset["sign"] == "-" else minutes))
    here = naive.replace(tzinfo=zone) if zone else naive.astimezone()
    if (here.tzname() or "").casefold() == name.casefold():
        return here.tzinfo
    if (hours := _OFFSETS.get(name.casefold())) is not None:
        return dt.timezone(dt.timedelta(hours=hours), name.upper())
    if name.casefold() in _SEVERAL:
        same = {ZoneInfo(each) for each in _SEVERAL[name.casefold()]}
        near = [each for each in same if naive.replace(tzinfo=each).utcoffset() == here.utcoffset()]
        return near[0] if near else None
    place = _PLACES.get(_KIND_OF_TIME.sub("", name.casefold()), name)
    try:
        return ZoneInfo(place) if _ZONE.fullmatch(place) else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
