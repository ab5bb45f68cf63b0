"""An event as JSON and back: the one form in which recordings of either format keep it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from moltwatch.model import AgentSeen, Event, Gap, Post
from moltwatch.recording.dialect import scrub
from moltwatch.times import EARLIEST, LATEST

decode = msgspec.json.Decoder(Event).decode
"""Strict and quick: one JSON object, exactly as :func:`encode` writes it. Raises ValueError."""

_encoder = msgspec.json.Encoder()


def encode_lines(events: Sequence[Event]) -> bytes:
    """One line an event, each with its line feed."""
    try:
        return _encoder.encode_lines(events)
    except UnicodeEncodeError:
        return _encoder.encode_lines([_scrubbed(event) for event in events])


def encode(event: Event) -> str:
    """One event as JSON text."""
    try:
        return _encoder.encode(event).decode()
    except UnicodeEncodeError:
        return _encoder.encode(_scrubbed(event)).decode()


def tag(event: Event) -> str:
    """The word that tells its type in a recording: ``post``, ``edit``, ``gap``…"""
    return str(event.__struct_config__.tag)


def is_sane(event: Event) -> bool:
    """All its times lie between 1970 and 2100: what a decoder cannot say of an integer."""
    if not EARLIEST <= event.seen_at < LATEST:
        return False
    if isinstance(event, Post):
        return EARLIEST <= event.created_at < LATEST
    if isinstance(event, Gap):
        return EARLIEST <= event.since < LATEST and EARLIEST <= event.until < LATEST
    if isinstance(event, AgentSeen):
        return event.created_at is None or EARLIEST <= event.created_at < LATEST
    return True


def _scrubbed(event: Event) -> Event:
    # Lone surrogates: a JSON parser may hand them over, UTF-8 cannot hold them.
    changes = {
        field: scrub(value)
        for field in event.__struct_fields__
        if isinstance(value := getattr(event, field), str)
    }
    return msgspec.structs.replace(event, **changes)
