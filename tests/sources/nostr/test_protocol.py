"""Frames of Nostr relays and of their clients, against another implementation."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moltwatch.dialects.nostr import verify
from moltwatch.errors import BadItem
from moltwatch.sources.nostr.protocol import (
    Answer,
    Challenge,
    Closed,
    EndOfStored,
    Notice,
    Stored,
    login,
    read_relay_frame,
)
from tests.sources.nostr.kit import ADA, NOW, event_frame, frame

EVENT = ADA.post("a post \x07 with \u2028 and \U0001f99e")


def test_what_we_sign_is_valid_elsewhere() -> None:
    from nostr_sdk import Event

    _, data = login(ADA.secret, relay="ws://127.0.0.1:1", challenge="c", created_at=NOW)
    verb, event = json.loads(data)
    assert verb == "AUTH"
    assert Event.from_json(json.dumps(event)).verify()
    assert event["tags"] == [["relay", "ws://127.0.0.1:1"], ["challenge", "c"]]


def test_every_frame_there_is() -> None:
    assert read_relay_frame(event_frame(EVENT, "s")) == Stored("s", EVENT)
    assert read_relay_frame(frame("EOSE", "s")) == EndOfStored("s")
    assert read_relay_frame(frame("CLOSED", "s", "error: no")) == Closed("s", "error: no")
    assert read_relay_frame(frame("CLOSED", "s")) == Closed("s", "")
    assert read_relay_frame(frame("NOTICE", "hello")) == Notice("hello")
    assert read_relay_frame(frame("AUTH", "c")) == Challenge("c")
    assert read_relay_frame(frame("OK", "id", False, "no")) == Answer("id", False, "no")
    assert read_relay_frame(frame("OK", "id", True)) == Answer("id", True, "")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"{}",
        b"[]",
        b"[1]",
        b'["EVENT"]',
        b'["EVENT","s"]',
        b'["EVENT","s",{}]',
        b'["EVENT",null,null]',
        b'["EOSE",[]]',
        b'["OK","id","true"]',
        b'["COUNT","s",{"count":3}]',
        b'["NOTICE","\\ud83d"]',
        b'["NOTICE","\xff"]',
        b"[" * 5000,
        b'["EVENT","s",{"created_at":1e400}]',
    ],
)
def test_garbage_is_refused(data: bytes) -> None:
    with pytest.raises(BadItem):
        read_relay_frame(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["EVENT", "EOSE", "CLOSED", "NOTICE", "AUTH", "OK", "?"]), st.lists(JSON))
def test_no_frame_raises_anything_else(verb: str, rest: list[object]) -> None:
    with contextlib.suppress(BadItem):
        read_relay_frame(json.dumps([verb, *rest]).encode())


@settings(max_examples=200)
@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    with contextlib.suppress(BadItem):
        read_relay_frame(data)


@pytest.mark.parametrize("number", [-1, 2**60, 2**70, 10**400])
@pytest.mark.parametrize("key", ["created_at", "kind"])
def test_absurd_numbers(key: str, number: int) -> None:
    event = {**json.loads(event_frame(EVENT))[2], key: number}
    with pytest.raises(BadItem, match=r"shape|JSON"):
        read_relay_frame(json.dumps(["EVENT", "s", event]).encode())


def test_recorded_frames_of_real_relays(shared: Path) -> None:
    n = 0
    for path in sorted((shared / "wire" / "nostr").glob("frames_*.txt")):
        for line in path.read_text().splitlines():
            if line.startswith('<< ["EVENT"') and line.endswith("]"):
                stored = read_relay_frame(line[3:].encode())
                assert isinstance(stored, Stored)
                verify(stored.event)
                n += 1
    assert n > 10
