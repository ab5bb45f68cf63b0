"""Time as moltwatch keeps it: whole microseconds since 1970-01-01T00:00:00 UTC.

An integer compares, subtracts and hashes exactly, decodes without an object per event, and keeps
the microseconds that forums report. Text forms exist only at the edges: RFC 3339 on the way out,
and anything forums are known to send on the way in.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

Micros = int
"""Microseconds since 1970-01-01T00:00:00 UTC, or a span of as many microseconds."""

SECOND: Micros = 1_000_000
MINUTE: Micros = 60 * SECOND
HOUR: Micros = 60 * MINUTE
DAY: Micros = 24 * HOUR

EARLIEST: Micros = 0
LATEST: Micros = 4_102_444_800 * SECOND  # 2100-01-01; later is a broken clock, not a time

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = datetime(1970, 1, 1)
_ONE = timedelta(microseconds=1)
_FRACTION = re.compile(r"\.(\d{1,6})\d*")
_UNIX = re.compile(r"-?\d{9,}(\.\d*)?")
_UNITS = {"ms": 1_000, "s": SECOND, "m": MINUTE, "min": MINUTE, "h": HOUR, "d": DAY}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|min|s|m|h|d)", re.IGNORECASE)


def parse_time(value: object) -> Micros:
    """Read a point in time in any form a forum is known to send.

    Takes RFC 3339 text (``Z``, an offset, or none, which is read as UTC; a blank for the ``T``; any
    number of decimals) and numbers: seconds, milliseconds or microseconds since 1970, told apart by
    magnitude. In text, a number has nine digits at least: ``20260131`` is a day. Raises ValueError
    for anything else and for times outside 1970 to 2100.
    """
    if isinstance(value, bool):
        raise ValueError(f"not a time: {value!r}")
    if isinstance(value, str):
        text = value.strip()
        micros = _parse_number(float(text)) if _UNIX.fullmatch(text) else _parse_iso(text)
    elif isinstance(value, int | float):
        micros = _parse_number(value)
    elif isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        micros = (aware - _EPOCH) // _ONE
    else:
        raise ValueError(f"not a time: {type(value).__name__}")
    if not EARLIEST <= micros < LATEST:
        raise ValueError("time outside 1970 to 2100")
    return micros


def _parse_number(number: float) -> Micros:
    # 1e11 s is the year 5138 and 1e14 ms too, so the three ranges do not meet.
    if not abs(number) < 1e17:
        raise ValueError("time outside 1970 to 2100")
    if abs(number) < 1e11:
        return round(number * SECOND)
    if abs(number) < 1e14:
        return round(number * 1_000)
    return int(number)


def _as_micros(fraction: re.Match[str]) -> str:
    return f".{fraction[1]:0<6}"


def _parse_iso(text: str) -> Micros:
    try:
        if "." in text:
            text = _FRACTION.sub(_as_micros, text)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"not a time: {text[:40]!r}") from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // _ONE


@lru_cache(maxsize=64)  # what comes together often has one time
def format_time(at: Micros) -> str:
    """RFC 3339 in UTC, with as many decimals as it takes to be exact (``…:31.2Z``)."""
    text = (_NAIVE_EPOCH + timedelta(microseconds=at)).isoformat()
    return f"{text.rstrip('0') if at % SECOND else text}Z"


def parse_duration(text: str) -> Micros:
    """Read ``90s``, ``2h``, ``1h30m`` or plain seconds. Raises ValueError for anything else, and
    for more than 130 years."""
    stripped = text.strip().lower()
    if re.fullmatch(r"\d+(\.\d+)?", stripped):
        stripped += "s"
    parts = _DURATION.findall(stripped)
    if not parts or _DURATION.sub("", stripped).strip():
        raise ValueError(f"not a duration: {text[:40]!r} (try 90s, 2h or 1h30m)")
    span = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if span > LATEST:
        raise ValueError(f"longer than a lifetime: {text[:40]!r}")
    return round(span)


def format_duration(span: Micros) -> str:
    """A span in words short enough for a line: ``0.4 s``, ``3 min 20 s``, ``2 h 5 min``."""
    seconds = span / SECOND
    if seconds < 10:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours // 24} d {hours % 24} h" if hours % 24 else f"{hours // 24} d"
