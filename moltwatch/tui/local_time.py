"""The time of the clock on the wall: every time on the screen is told in one zone.

The zone is set once, when the screen starts. A time of another day than the session's now is told
with its day. Whatever is written to a file or to stdout stays in UTC.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from difflib import get_close_matches
from zoneinfo import ZoneInfo, available_timezones

from moltwatch.errors import UsageError
from moltwatch.times import DAY, HOUR, MINUTE, SECOND, Micros

LOCAL = "local"
"""The name of the zone that the machine is set to."""

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
_PLACE = re.compile(r"[A-Za-z_]+(/[A-Za-z0-9_+-]+)+")
"""A zone named after a place; anything else in TZ is a rule, which the system's library reads."""

STEPS: tuple[Micros, ...] = (
    *(n * SECOND for n in (10, 30)),
    *(n * MINUTE for n in (1, 5, 10, 30)),
    *(n * HOUR for n in (1, 3, 6, 12)),
    *(n * DAY for n in (1, 2, 7, 14, 28, 91, 364)),
)
"""How far apart labels of a time line may be."""


class _Here:
    """What is set: the zone (None is the system's own), and which day it is there."""

    zone: tzinfo | None = UTC
    today: date | None = None


def find_zone(name: str, environ: Mapping[str, str] = os.environ) -> tuple[tzinfo | None, str]:
    """The zone of that name and, where it cannot be had, UTC and a sentence that says so.

    Raises UsageError for a name that means nothing.
    """
    told = environ.get("TZ", "").removeprefix(":") if name.lower() == LOCAL else name
    if name.lower() == LOCAL and not _PLACE.fullmatch(told):
        return None, ""
    if told.upper() == "UTC":
        return UTC, ""
    try:
        return ZoneInfo(told), ""
    except (KeyError, ValueError, OSError):
        known = available_timezones()
    if not known:
        return UTC, f"this machine knows no time zones, {told} neither: times are in UTC"
    if name.lower() == LOCAL:
        return UTC, f"TZ={told} is no time zone that this machine knows: times are in UTC"
    close = get_close_matches(told, known, 1, 0.5)
    hint = f"did you mean {close[0]}?" if close else "local, UTC, or a name such as Europe/Berlin"
    raise UsageError(f"{told} is no time zone: {hint}")


def use(zone: tzinfo | None) -> None:
    """Tell times in this zone from now on; None is the system's own."""
    _Here.zone, _Here.today = zone, None


def turn(now: Micros) -> bool:
    """It is ``now``: times of this day are told without it. Tell whether the day has changed."""
    day = _moment(now).date()
    turned, _Here.today = day != _Here.today, day
    return turned


def clock(at: Micros) -> str:
    """When something was: ``19:24:04``, on another day ``30 Jan 19:24``."""
    moment = _moment(at)
    if _Here.today is None or moment.date() == _Here.today:
        return f"{moment:%H:%M:%S}"
    return day_and_time(at)


_TIME = re.compile(
    r"(?:(?P<year>\d{4})-(?P<month>\d\d?)-(?P<on>\d\d?)"
    r"|(?P<day>\d\d?) (?P<name>[A-Za-z]{3})[a-z]*)?"
    r"(?:(?:(?<=\d)T|(?<=.) +|^)(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d))?"
    r"(?P<offset>Z|[+-]\d\d:\d\d)?)?"
)


def read(text: str, now: Micros, span: tuple[Micros, Micros] | None = None) -> Micros | None:
    """The time that somebody types as it stands on the screen: ``19:24``, ``19:24:04``, ``30 Jan``,
    ``30 Jan 19:24``, or as a file has it, ``2026-01-30T19:24Z``. What is not said is as it is
    ``now``; a day begins at midnight. Where no day is said, it is the nearest one on which that
    time lies within the ``span``, if there is one. None for anything else."""
    found = _TIME.fullmatch(text.strip())
    if found is None or not found[0]:
        return None
    said = found.groupdict()
    today = _moment(now)
    month, on = said["month"], said["on"] or said["day"]
    if said["name"]:
        place = _MONTHS.find(said["name"].title())
        if place < 0 or place % 3:
            return None
        month = str(place // 3 + 1)
    try:
        at = datetime(
            int(said["year"] or today.year),
            int(month or today.month),
            int(on or today.day),
            int(said["hour"] or 0),
            int(said["minute"] or 0),
            int(said["second"] or 0),
            tzinfo=datetime.fromisoformat(f"2000-01-01T00:00{said['offset']}").tzinfo
            if said["offset"]
            else _Here.zone,
        )
        moment = round(at.timestamp()) * SECOND
        if span is None or month or on:
            return moment
        days = (at + timedelta(day) for day in (0, -1, 1))
        times = (round(day.timestamp()) * SECOND for day in days)
        within = [time for time in times if span[0] <= time <= span[1]]
        return min(within, key=lambda time: abs(time - now), default=moment)
    except (ValueError, OverflowError, OSError):  # the 31st of February
        return None


def column(times: Sequence[Micros]) -> list[str]:
    """Each of them as :func:`clock` has it, all equally wide."""
    told = [clock(at) for at in times]
    wide = max(map(len, told), default=0)
    return [text.rjust(wide) for text in told]


def time_of_day(at: Micros) -> str:
    """``19:24:04``, whatever the day."""
    return f"{_moment(at):%H:%M:%S}"


def short_time(at: Micros) -> str:
    """``19:24``."""
    return f"{_moment(at):%H:%M}"


def day(at: Micros) -> str:
    """``30 Jan``."""
    return _day(_moment(at))


def day_and_time(at: Micros) -> str:
    """``30 Jan 19:24``."""
    moment = _moment(at)
    return f"{_day(moment)} {moment:%H:%M}"


def weekday(at: Micros) -> str:
    """``Fri 30 Jan``."""
    moment = _moment(at)
    return f"{_DAYS[moment.weekday()]} {_day(moment)}"


def full_date(at: Micros) -> str:
    """``2026-01-30``."""
    return f"{_moment(at):%Y-%m-%d}"


def zone_name(at: Micros) -> str:
    """What the zone is called then: ``CET``, in summer ``CEST``."""
    return _aware(at).tzname() or ""


def ticks(start: Micros, end: Micros, cells: int, apart: int) -> list[tuple[int, str]]:
    """Labels under a time line of so many cells: where each belongs, and what it says. They stand
    on full hours or days of the zone, at least ``apart`` cells from each other."""
    span = end - start
    if span <= 0 or cells <= 0:
        return []
    step = next((step for step in STEPS if step * cells >= apart * span), 0)
    if not step:
        return []
    labels: list[tuple[int, str]] = []
    at = start - 1
    for _ in range(cells):
        at = _next(at, step)
        if at >= end:
            break
        labels.append(((at - start) * cells // span, _label(at, step)))
    return labels


def _next(at: Micros, step: Micros) -> Micros:
    """The first full ``step`` of the zone's clock after ``at``."""
    offset = _offset(at)
    then = ((at + offset) // step + 1) * step
    after = then - _offset(then - offset)  # the clocks may be put forward or back in between
    return after if after > at else then - offset


def _label(at: Micros, step: Micros) -> str:
    moment = _moment(at)
    if step >= DAY or (moment.hour, moment.minute, moment.second) == (0, 0, 0):
        return _day(moment)
    return f"{moment:%H:%M:%S}" if step < MINUTE else f"{moment:%H:%M}"


def _offset(at: Micros) -> Micros:
    return (_aware(at).utcoffset() or timedelta()) // timedelta(microseconds=1)


def _moment(at: Micros) -> datetime:
    return datetime.fromtimestamp(at // SECOND, _Here.zone)


def _aware(at: Micros) -> datetime:
    moment = _moment(at)
    return moment if moment.tzinfo else moment.astimezone()


def _day(moment: datetime) -> str:
    return f"{moment.day} {_MONTHS[3 * moment.month - 3 : 3 * moment.month]}"
