"""Times are told in one zone, with the day where it is not today; hours stand under their place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moltwatch.errors import UsageError
from moltwatch.times import DAY, MINUTE, parse_time
from moltwatch.tui import local_time
from moltwatch.tui.local_time import clock, column, find_zone, ticks, turn, use
from tests.tui.driving import watching
from tests.tui.forum import START, Forum, script

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    use(UTC)


def test_a_zone_is_found_by_name_or_in_the_environment() -> None:
    assert find_zone("UTC") == (UTC, "")
    assert find_zone("Europe/Berlin", {"TZ": "Asia/Tokyo"}) == (BERLIN, "")
    assert find_zone("local", {"TZ": ":Asia/Tokyo"}) == (ZoneInfo("Asia/Tokyo"), "")
    assert find_zone("local", {}) == (None, ""), "the system's own"
    assert find_zone("local", {"TZ": "CET-1CEST"}) == (None, ""), "a rule is the system's too"
    assert find_zone("local", {"TZ": "Mars/Olympus"}) == (
        UTC,
        "TZ=Mars/Olympus is no time zone that this machine knows: times are in UTC",
    )
    with pytest.raises(UsageError, match="did you mean Europe/Berlin"):
        find_zone("Europe/Berlinn", {})


def test_a_machine_without_zones_falls_back_to_utc_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(name: str) -> None:
        raise ZoneInfoNotFoundError(name)

    monkeypatch.setattr(local_time, "ZoneInfo", unknown)
    monkeypatch.setattr(local_time, "available_timezones", set)
    zone, said = find_zone("Europe/Berlin", {})
    assert zone is UTC and "knows no time zones" in said and "UTC" in said


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("19:24", "2026-01-30T18:24:00Z"),
        ("9:24:05", "2026-01-30T08:24:05Z"),
        ("29 Jan 21:00", "2026-01-29T20:00:00Z"),
        ("1 august 21:00", "2026-08-01T19:00:00Z"),
        ("29 Jan", "2026-01-28T23:00:00Z"),
        ("2026-01-31T05:19", "2026-01-31T04:19:00Z"),
        ("2026-01-31 05:19Z", "2026-01-31T05:19:00Z"),
        ("2026-01-31T05:19:30+05:30", "2026-01-30T23:49:30Z"),
    ],
)
def test_a_time_is_read_as_it_is_told(typed: str, meant: str) -> None:
    use(BERLIN)
    now = parse_time("2026-01-30T22:58:00Z")
    turn(now)
    assert local_time.read(typed, now) == parse_time(meant)
    at = local_time.read(clock(now - DAY), now)
    assert at == (now - DAY) // MINUTE * MINUTE


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("21:00", "2026-01-30T20:00:00Z"),
        ("05:00", "2026-01-31T04:00:00Z"),
        ("6:30", "2026-01-31T05:30:00Z"),
        ("18:00", "2026-01-31T17:00:00Z"),
        ("31 Jan 21:00", "2026-01-31T20:00:00Z"),
        ("2026-01-29T21:00", "2026-01-29T20:00:00Z"),
    ],
)
def test_a_time_without_a_day_lies_in_the_recording_if_it_can(typed: str, meant: str) -> None:
    use(BERLIN)
    span = parse_time("2026-01-30T18:00:00Z"), parse_time("2026-01-31T09:00:00Z")
    now = parse_time("2026-01-31T05:19:00Z")
    assert local_time.read(typed, now, span) == parse_time(meant)


@given(st.text("0123456789:- TZ+JanFeb", max_size=24) | st.text(max_size=12))
def test_what_is_no_time_is_none(typed: str) -> None:
    at = local_time.read(typed, START, (START - DAY, START))
    assert at is None or isinstance(at, int)
    for wrong in ("", " ", "Jan", "31 Feb", "25:00", "12", "30 Xyz 12:00", "an 12:00", "0-0-0"):
        assert local_time.read(wrong, START) is None


def test_another_day_is_named_and_a_column_stays_in_line() -> None:
    use(BERLIN)
    late = parse_time("2026-01-30T22:58:00Z")
    assert turn(late) and not turn(late + MINUTE)
    assert clock(late) == "23:58:00"
    assert turn(late + 4 * MINUTE), "it is the next day in Berlin, not yet in UTC"
    assert clock(late) == "30 Jan 23:58"
    assert column([late, late + 4 * MINUTE]) == ["30 Jan 23:58", "    00:02:00"]
    assert local_time.zone_name(late) == "CET"
    assert local_time.zone_name(parse_time("2026-07-01T00:00:00Z")) == "CEST"
    use(None)
    assert local_time.zone_name(late) and clock(late), "the system's own zone has a name as well"


def test_days_are_labelled_at_midnight_though_the_clocks_change() -> None:
    use(BERLIN)
    start = parse_time("2026-03-28T12:00:00Z")
    days = ticks(start, start + 3 * DAY, 72, 24)
    assert days == [(11, "29 Mar"), (34, "30 Mar"), (58, "31 Mar")]


@given(
    start=st.integers(0, 60_000 * DAY // 2),
    span=st.integers(1, 2_000 * DAY),
    cells=st.integers(1, 250),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"]),
)
@settings(max_examples=150, deadline=None)
def test_labels_lie_on_the_line_and_do_not_touch(
    start: int, span: int, cells: int, zone: str
) -> None:
    use(ZoneInfo(zone))
    labels = ticks(start, start + span, cells, 16)
    places = [at for at, _ in labels]
    assert all(0 <= at < cells for at in places)
    assert all(later - earlier >= 14 for earlier, later in pairwise(places))
    assert all(0 < len(text) <= 8 for _, text in labels)


async def test_the_screen_tells_local_time_with_its_zone() -> None:
    events, findings = script()
    forum = Forum(events, findings, play=START + 10 * MINUTE)
    async with watching(forum, zone=BERLIN, size=(160, 40)) as watcher:
        lines = watcher.text.splitlines()
        assert lines[0].rstrip().endswith("Mon 2 Feb 03:49:58 CET")
        hours = lines[-2]
        marks = lines[-3]
        assert "03:45" in hours and marks[hours.index("03:45")] in "┴◆❖▲┃"
        assert " 03:48:" in watcher.text and "2 Feb 03:48" not in watcher.text
        watcher.session.counts.now += DAY
        await watcher.frames()
        assert "2 Feb 03:48" in watcher.text, "it was yesterday"
