"""Relays with a will of their own: no filters by tags, a login, no time."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moltwatch.model import Event, Post
from moltwatch.sources.live.failures import Refused, TurnedAway
from moltwatch.sources.nostr.protocol import clawstr
from moltwatch.sources.nostr.questions import PATIENCE
from moltwatch.times import HOUR, SECOND
from tests.sources.fakes import T0
from tests.sources.nostr.fake_relay import BAD_WORDS, REFUSAL, REPLY, ROOT, Relay, live, texts
from tests.sources.nostr.kit import ADA, BOB, event_frame, frame


def test_a_relay_without_filters_by_tags() -> None:
    relay = Relay(clawstr(["general"]))
    relay.says(REFUSAL)
    assert relay.last("live") == [
        {"kinds": [1111], "limit": 1},
        {"kinds": [5, 7], "limit": 1},
    ]
    assert "choosing here" in relay.feed.notice
    assert texts(relay.says(live(ADA.post("elsewhere", community="other")), live(ROOT))) == ["root"]
    asked = len(relay.asked)
    relay.says(REFUSAL)
    assert len(relay.asked) == asked
    # Learnt once, remembered.
    relay.feed.lost("connection lost")
    relay.connect()
    assert "#l" not in relay.last("live")[0]


def test_a_notice_after_the_answer_is_only_shown() -> None:
    relay = Relay()
    relay.says(frame("EOSE", "live"), frame("NOTICE", "restarting \x1b[31msoon"))
    assert "#l" in relay.last("live")[0]
    assert "\x1b" not in relay.feed.notice
    assert "restarting" in relay.feed.notice


def test_filters_refused_by_closing() -> None:
    relay = Relay(since=T0 - HOUR)
    relay.says(frame("CLOSED", "live", "unsupported: too many tags"))
    assert "#l" not in relay.last("live")[0]
    assert "#l" not in relay.last("past")[0]
    with pytest.raises(TurnedAway, match="unsupported"):
        relay.says(frame("CLOSED", "live", "unsupported: no"))


def test_busy() -> None:
    with pytest.raises(TurnedAway, match="slow down"):
        Relay().says(frame("CLOSED", "live", "rate-limited: slow down"))


def test_a_relay_that_demands_a_login() -> None:
    relay = Relay()
    relay.says(frame("AUTH", "riddle"))
    assert relay.asked[1:] == [], "many send a challenge to everybody"
    relay.says(frame("CLOSED", "live", "auth-required: who are you?"))
    verb, event = relay.asked[-1]
    assert verb == "AUTH"
    assert event["kind"] == 22242
    assert event["tags"] == [["relay", "ws://relay"], ["challenge", "riddle"]]
    relay.says(frame("OK", event["id"], True, ""))
    assert relay.asked[-1][:2] == ["REQ", "live"]
    assert texts(relay.says(frame("EOSE", "live"), live(ROOT))) == ["root"]


def test_a_challenge_that_comes_after_the_refusal() -> None:
    relay = Relay()
    relay.says(frame("CLOSED", "live", "auth-required: who are you?"), frame("AUTH", "riddle"))
    assert relay.asked[-1][0] == "AUTH"


def test_a_login_that_is_refused() -> None:
    relay = Relay()
    relay.says(frame("AUTH", "riddle"), frame("NOTICE", "restricted: members only"))
    with pytest.raises(Refused, match="refuses strangers: restricted: not on the list"):
        relay.says(frame("OK", relay.asked[-1][1]["id"], False, "restricted: not on the list"))


def test_a_login_without_a_challenge() -> None:
    relay = Relay()
    relay.says(frame("CLOSED", "live", "auth-required: who are you?"))
    with pytest.raises(Refused, match="log in"):
        relay.waits(PATIENCE)


def test_a_login_that_is_not_answered() -> None:
    relay = Relay()
    relay.says(frame("AUTH", "riddle"), frame("NOTICE", "restricted: permission denied"))
    relay.waits(PATIENCE)
    assert relay.asked[-1][:2] == ["REQ", "live"]
    with pytest.raises(Refused, match="permission denied"):
        relay.says(frame("NOTICE", "restricted: permission denied"))


@pytest.mark.parametrize("words", BAD_WORDS)
def test_refused_in_spite_of_a_login(words: str) -> None:
    relay = Relay()
    relay.says(frame("AUTH", "riddle"), frame("CLOSED", "live", "auth-required: ?"))
    relay.says(frame("OK", relay.asked[-1][1]["id"], True, ""))
    with pytest.raises(Refused, match=words.partition(":")[0]):
        relay.says(frame("CLOSED", "live", words))


FRAMES = st.one_of(
    st.sampled_from(
        [live(ROOT), live(REPLY), event_frame(ROOT, "past"), event_frame(REPLY, "posts")]
        + [frame("EOSE", name) for name in ("live", "past", "bios", "posts", "?")]
        + [live(BOB.vote(ROOT)), live(ADA.profile(name="otter")), REFUSAL, b"[1]", b""]
        + [frame("AUTH", "c"), frame("OK", "id", True), frame("CLOSED", "bios", "error: no")]
    ),
    st.binary(max_size=20),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(FRAMES, st.none()), max_size=25))
def test_whatever_a_relay_sends_nothing_comes_twice(script: list[bytes | None]) -> None:
    """None stands for a broken connection."""
    relay = Relay(since=T0 - HOUR)
    told: list[Event] = []
    for data in script:
        relay.now += SECOND
        if data is None:
            relay.feed.lost("connection lost")
            relay.connect()
        else:
            told += relay.says(data)
    relay.says(*[frame("EOSE", "past")] * 4)
    told += relay.waits(60 * SECOND)
    ids = [event.id for event in told if isinstance(event, Post)]
    assert len(ids) == len(set(ids))
    assert all(event.thread == ROOT.id for event in told if isinstance(event, Post))
    assert all(T0 - HOUR <= event.seen_at <= relay.now for event in told)
