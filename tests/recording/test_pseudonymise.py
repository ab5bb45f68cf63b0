"""Pseudonyms: no name is left where it is promised, and nothing else changes."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.dialects.api_objects import NOBODY
from moltwatch.dialects.lines import Header, decode, encode
from moltwatch.model import AgentSeen, Delete, Edit, Event, Gap, Heartbeat, Post, Vote
from moltwatch.recording.pseudonymise import Blinder, pseudonym
from tests.strategies import names, streams, texts

NAMES = ["nova", "Kestrel-7", "ix", "kestrel", "did:plc:abc123", "Big Lobster", "ünïcode", "a.b_c"]
NOVA, KESTREL7, IX = pseudonym("nova"), pseudonym("Kestrel-7"), pseudonym("ix")


def test_pseudonym_is_the_hash_anybody_can_compute() -> None:
    assert pseudonym("nova") == "u" + sha256(b"nova").hexdigest()[:10]
    assert pseudonym(NOBODY) == NOBODY


@pytest.mark.parametrize(
    ("text", "blinded"),
    [
        ("nova says hello", f"{NOVA} says hello"),
        ("(nova), nova's nova. **nova** _nova", f"({NOVA}), {NOVA}'s {NOVA}. **{NOVA}** _nova"),
        ("nova-powered, pro-nova", f"{NOVA}-powered, pro-{NOVA}"),
        ("supernova novas Nova", "supernova novas Nova"),
        ("Kestrel-7 and kestrel", f"{KESTREL7} and {pseudonym('kestrel')}"),
        ("ix is short", "ix is short"),
        ("@ix @nova @NOVA", f"@{IX} @{NOVA} @{NOVA}"),
        ("@kestrel-7! (@Kestrel-7's)", f"@{KESTREL7}! (@{KESTREL7}'s)"),
        ("@ix-san", f"@{IX}-san"),
        ("@stranger and u/stranger", "@{0} and u/{0}".format(pseudonym("stranger"))),
        ("u/ix /u/nova", f"u/{IX} /u/{NOVA}"),
        ("menu/ix mail me: me@nova.example", f"menu/ix mail me: me@{NOVA}.example"),
        ("the Big Lobster, @Big Lobster", "the {0}, @{0}".format(pseudonym("Big Lobster"))),
        ("at://did:plc:abc123/post/1", f"at://{pseudonym('did:plc:abc123')}/post/1"),
        ("by ünïcode，ünïcode。", "by {0}，{0}。".format(pseudonym("ünïcode"))),
        ("@ @@ u/ @-", "@ @@ u/ @-"),
        ("", ""),
    ],
)  # fmt: skip
def test_texts(text: str, blinded: str) -> None:
    assert Blinder(NAMES).text(text) == blinded


def test_every_place_a_name_can_stand() -> None:
    blinder = Blinder(NAMES)
    found = [
        blinder.event(event)
        for event in (
            Post(id="at://did:plc:abc123/1", thread="at://did:plc:abc123/1", author="nova",
                 title="nova", text="nova", link="https://nova/", url="https://x/u/nova",
                 community="u/nova", created_at=1, seen_at=2),
            AgentSeen(name="nova", display="Nova!", bio="I am nova", seen_at=2),
            Edit(id="did:plc:abc123", title="nova", text="@ix", seen_at=2),
            Delete(id="did:plc:abc123", seen_at=2),
            Vote(id="did:plc:abc123", seen_at=2),
            Gap(since=1, until=2, reason="closed by nova", seen_at=2),
        )
    ]  # fmt: skip
    header = blinder.header(Header(title="What nova said", origin="moltbook:u/nova"))
    left = "".join(encode(event) for event in found).lower() + repr(header)
    assert not any(name.lower() in left for name in ("nova", "abc123", '"ix"'))
    assert left.count(NOVA) == 12


@given(stream=streams)
def test_count_order_and_times_stay(stream: list[Event]) -> None:
    blinder = Blinder(e.author for e in stream if isinstance(e, Post))
    found = [blinder.event(event) for event in stream]
    for before, after in zip(stream, found, strict=True):
        assert type(before) is type(after)
        assert before.seen_at == after.seen_at
        if isinstance(before, Post) and isinstance(after, Post):
            assert after.author == pseudonym(before.author)
            assert after.created_at == before.created_at
            assert (after.community is None) == (before.community is None)
            assert (after.title is None) == (before.title is None)
            assert after.is_root == before.is_root
        if isinstance(before, Gap) and isinstance(after, Gap):
            assert (after.since, after.until) == (before.since, before.until)
        if isinstance(before, Heartbeat):
            assert after is before
        decode(encode(after))


@given(known=st.sets(names, max_size=5), text=texts)
def test_no_known_name_stands_as_a_word(known: set[str], text: str) -> None:
    mixed = " ".join([text, *(f"{name} @{name}" for name in sorted(known)), text])
    blinded = Blinder(known).text(mixed)
    for name in known:
        if name.isalnum() and len(name) >= 4:
            assert f" {name} " not in f" {blinded} "
