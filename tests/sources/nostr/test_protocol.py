"""Nostr's wire format: ids, signatures and frames, against another implementation."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from moltwatch.errors import BadItem
from moltwatch.sources.nostr.protocol import (
    Answer,
    Challenge,
    Closed,
    EndOfStored,
    NostrEvent,
    Notice,
    Stored,
    event_id,
    login,
    read_relay_frame,
    verify,
)
from tests.sources.nostr.kit import ADA, BOB, NOW, event_frame, frame

EVENT = ADA.post("a post \x07 with \u2028 and \U0001f99e")


def foreign(content: str, tags: list[list[str]]) -> NostrEvent:
    """An event as the Rust implementation makes it."""
    from nostr_sdk import EventBuilder, Keys, Kind, Tag

    event = (
        EventBuilder(Kind(1111), content)
        .tags([Tag.parse(tag) for tag in tags])
        .finalize(Keys.generate())
    )
    return NostrEvent(**json.loads(event.as_json()))


@settings(max_examples=30, deadline=None)
@given(
    st.text(max_size=200),
    st.lists(st.lists(st.text(max_size=20), min_size=1, max_size=4), max_size=4),
)
def test_what_another_implementation_signed_is_valid(content: str, tags: list[list[str]]) -> None:
    tags = [tag for tag in tags if tag[0]]
    verify(foreign(content, tags))


def test_what_we_sign_is_valid_elsewhere() -> None:
    from nostr_sdk import Event

    _, data = login(ADA.secret, relay="ws://127.0.0.1:1", challenge="c", created_at=NOW)
    verb, event = json.loads(data)
    assert verb == "AUTH"
    assert Event.from_json(json.dumps(event)).verify()
    assert event["tags"] == [["relay", "ws://127.0.0.1:1"], ["challenge", "c"]]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"content": "something else"}, "tampered"),
        ({"created_at": NOW + 1}, "tampered"),
        ({"tags": []}, "tampered"),
        ({"pubkey": BOB.key}, "tampered"),
        ({"kind": 1}, "tampered"),
        ({"sig": "00" * 64}, "signature"),
        ({"sig": BOB.post("x").sig}, "signature"),
        ({"sig": "zz" * 64}, "hexadecimal"),
        ({"sig": ""}, "hexadecimal"),
        ({"id": EVENT.id.upper()}, "hexadecimal"),
        ({"pubkey": ""}, "hexadecimal"),
    ],
)
def test_nobody_is_believed(change: dict[str, object], reason: str) -> None:
    verify(EVENT)
    with pytest.raises(BadItem, match=reason):
        verify(structs.replace(EVENT, **change))


def test_a_new_id_does_not_mend_a_signature() -> None:
    changed = structs.replace(EVENT, content="something else")
    with pytest.raises(BadItem, match="signature"):
        verify(structs.replace(changed, id=event_id(changed)))


def test_a_key_that_is_no_point_of_the_curve() -> None:
    changed = structs.replace(EVENT, pubkey="ff" * 32)
    with pytest.raises(BadItem, match="signature"):
        verify(structs.replace(changed, id=event_id(changed)))


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
