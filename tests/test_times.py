"""Times come in many dialects and leave in one."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.times import (
    DAY,
    HOUR,
    LATEST,
    MINUTE,
    SECOND,
    format_duration,
    format_time,
    parse_duration,
    parse_time,
)

MOMENT = 1_769_836_771_200_000  # 2026-01-31T05:19:31.2Z


@pytest.mark.parametrize(
    "value",
    [
        "2026-01-31T05:19:31.2Z",
        "2026-01-31T05:19:31.200000+00:00",
        "2026-01-31T06:19:31.2+01:00",
        "2026-01-31 05:19:31.200",
        "2026-01-31T05:19:31.2000000000Z",
        1_769_836_771.2,
        1_769_836_771_200,
        1_769_836_771_200_000,
        "1769836771.2",
        datetime(2026, 1, 31, 5, 19, 31, 200_000, UTC),
        datetime(2026, 1, 31, 5, 19, 31, 200_000),
    ],
)
def test_every_dialect_means_the_same_moment(value: object) -> None:
    assert parse_time(value) == MOMENT


@pytest.mark.parametrize(
    "value",
    [
        "",
        "soon",
        "5",
        "1e9",
        "12345678",
        "9" * 400,
        "2026-13-01",
        None,
        True,
        [],
        -1,
        "9999-01-01T00:00:00Z",
        1e40,
        float("nan"),
    ],
)
def test_what_is_no_time_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="time"):
        parse_time(value)


def test_a_day_written_without_hyphens_is_a_day() -> None:
    assert parse_time("20260131") == parse_time("2026-01-31")
    assert parse_time("100000000") == 100_000_000 * SECOND, "from nine digits on it is a number"


@pytest.mark.parametrize("digits", [13, 400])
@pytest.mark.parametrize("unit", ["", "h"])
def test_absurd_durations_are_refused(digits: int, unit: str) -> None:
    with pytest.raises(ValueError, match="longer than a lifetime"):
        parse_duration("9" * digits + unit)


@given(st.integers(0, LATEST - 1))
def test_formatting_is_exact(at: int) -> None:
    assert parse_time(format_time(at)) == at


@given(st.text())
def test_text_from_strangers_never_does_worse_than_value_error(text: str) -> None:
    with suppress(ValueError):
        assert 0 <= parse_time(text) < LATEST


def test_decimals_only_where_there_are_any() -> None:
    assert format_time(MOMENT) == "2026-01-31T05:19:31.2Z"
    assert format_time(MOMENT - 200_000) == "2026-01-31T05:19:31Z"


@pytest.mark.parametrize(
    ("text", "span"),
    [("90s", 90 * SECOND), ("2h", 2 * HOUR), ("1h30m", 90 * MINUTE), ("45", 45 * SECOND)],
)
def test_durations(text: str, span: int) -> None:
    assert parse_duration(text) == span


@pytest.mark.parametrize("text", ["", "h", "2 weeks", "-3s", "1h and more"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (400_000, "0.4 s"),
        (2 * SECOND, "2 s"),
        (40 * SECOND, "40 s"),
        (200 * SECOND, "3 min 20 s"),
        (20 * MINUTE, "20 min"),
        (2 * HOUR + 5 * MINUTE, "2 h 5 min"),
        (3 * DAY, "3 d"),
    ],
)
def test_durations_in_words(span: int, words: str) -> None:
    assert format_duration(span) == words
