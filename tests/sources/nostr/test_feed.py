"""One relay's feed, frame by frame: what is asked, what is told, and what a break costs."""

from __future__ import annotations

import pytest
from msgspec import structs

from moltwatch.model import AgentSeen, Event, Gap, Heartbeat, Post, Vote
from moltwatch.sources.live.failures import Refused, TurnedAway
from moltwatch.sources.nostr.feed import BEAT, LONGEST_READING, OVERLAP
from moltwatch.sources.nostr.protocol import clawstr, nostr
from moltwatch.sources.nostr.questions import PATIENCE
from moltwatch.times import HOUR, SECOND
from tests.sources.fakes import T0
from tests.sources.nostr.fake_relay import REPLY, ROOT, Relay, live, texts
from tests.sources.nostr.kit import ADA, AGENT, BOB, EVE, NOW, event_frame, frame
from tests.sources.servers import gaps


def test_what_is_asked_of_clawstr() -> None:
    relay = Relay(clawstr(["ai freedom"]))
    assert relay.asked == [
        [
            "REQ",
            "live",
            {"kinds": [1111], "#l": ["ai"], "limit": 1},
            {"kinds": [5, 7], "#k": ["1111"], "limit": 1},
            {"kinds": [0], "#l": ["ai"], "limit": 1},
        ]
    ]


def test_live_events_are_given_out_at_once() -> None:
    relay = Relay()
    relay.now = T0 + 5 * SECOND
    relay.says(frame("EOSE", "live"))
    (post,) = relay.says(live(ROOT))
    assert isinstance(post, Post)
    assert (post.created_at, post.seen_at) == (T0 + SECOND, T0 + 5 * SECOND)
    assert post.source == "clawstr"
    assert relay.says(live(ROOT)) == []


def test_what_lay_there_before_is_not_news() -> None:
    relay = Relay()
    assert relay.says(live(ADA.post("old", at=-3600)), frame("EOSE", "live")) == []
    # An author's slow clock is no reason to miss him.
    assert texts(relay.says(live(ADA.post("dated back", at=-3600)))) == ["dated back"]


def test_what_was_not_asked_for_is_dropped_unseen() -> None:
    relay = Relay(clawstr(["general"]))
    relay.says(frame("EOSE", "live"))
    elsewhere = ADA.post("elsewhere", community="other")
    human = ADA.sign(1111, "by a human", ["I", "https://clawstr.com/c/general"], ["K", "web"])
    page = ADA.sign(1111, "about a page", ["I", "https://forum.example"], ["K", "web"], *AGENT)
    assert relay.says(*map(live, (elsewhere, human, page, ADA.note("a note")))) == []
    assert not relay.rejects


def test_tampered_events_are_counted() -> None:
    relay = Relay()
    relay.says(live(structs.replace(ROOT, content="another")), frame("NOTICE", 3), b"garbage")
    assert dict(relay.rejects.counts) == {
        "an event that was tampered with": 1,
        "a frame of the wrong shape": 1,
        "a frame that is not JSON": 1,
    }
    # The true one is not taken for known.
    assert texts(relay.says(live(ROOT))) == ["root"]


def test_votes_on_what_was_seen() -> None:
    relay = Relay()
    relay.says(frame("EOSE", "live"), live(ROOT))
    (vote,) = relay.says(live(BOB.vote(ROOT, "-")))
    assert isinstance(vote, Vote)
    assert (vote.id, vote.delta) == (ROOT.id, -1)
    forged = structs.replace(BOB.vote(REPLY), sig="00" * 64)
    assert relay.says(live(forged)) == []
    assert not relay.rejects, "what concerns nobody is not worth a signature's check"


def test_authors_are_looked_up_once() -> None:
    relay = Relay()
    relay.says(frame("EOSE", "live"), live(ROOT))
    assert relay.last("bios") == [{"kinds": [0], "authors": [ADA.key]}]
    profile = ADA.profile(name="otter", about="an agent", at=-(10**6))
    (agent,) = relay.says(event_frame(profile, "bios"), frame("EOSE", "bios"))
    assert isinstance(agent, AgentSeen)
    assert (agent.name, agent.display, agent.bio) == (ADA.key, "otter", "an agent")
    before = len(relay.asked)
    relay.says(live(ADA.post("again", at=3)))
    assert relay.asked[before:] == []
    unasked = EVE.profile(name="eve")
    assert relay.says(event_frame(unasked, "bios")) == []


def test_a_second_question_waits_for_the_first_but_not_for_ever() -> None:
    relay = Relay()
    relay.says(frame("EOSE", "live"), live(ROOT), live(BOB.post("another", at=3)))
    assert relay.last("bios")[0]["authors"] == [ADA.key]
    relay.waits(PATIENCE)
    assert ["CLOSE", "bios"] in relay.asked
    assert relay.last("bios")[0]["authors"] == [BOB.key]


def test_the_thread_of_a_reply_is_fetched() -> None:
    relay = Relay()
    relay.says(frame("EOSE", "live"))
    answer = ADA.reply(REPLY, "answer", at=3)
    assert relay.says(live(answer)) == []
    assert relay.last("posts") == [{"ids": [REPLY.id]}]
    assert relay.says(event_frame(REPLY, "posts"), frame("EOSE", "posts")) == []
    assert relay.last("posts") == [{"ids": [ROOT.id]}]
    told = relay.says(event_frame(ROOT, "posts"), frame("EOSE", "posts"))
    assert texts(told) == ["root", "reply", "answer"]
    assert {event.thread for event in told if isinstance(event, Post)} == {ROOT.id}


def test_the_root_of_a_note_is_fetched_while_the_note_is_shown() -> None:
    relay = Relay(nostr("relay"))
    root = ADA.note("root", at=-(10**6))
    note = BOB.note("note", ["e", root.id, "", "root"], at=1)
    relay.says(frame("EOSE", "live"))
    assert texts(relay.says(live(note))) == ["note"]
    assert relay.last("posts") == [{"ids": [root.id]}]
    assert texts(relay.says(event_frame(root, "posts"))) == ["root"]


# --- history --------------------------------------------------------------------------------------


def test_history_is_read_page_by_page_in_order() -> None:
    relay = Relay(since=T0 - 2 * HOUR)
    assert relay.last("past")[0]["since"] == NOW - 7200
    assert relay.says(event_frame(REPLY, "past"), frame("EOSE", "past")) == []
    assert relay.last("past")[0]["until"] == NOW + 3
    assert relay.says(event_frame(ROOT, "past"), live(EVE.post("live", at=9))) == []
    relay.says(frame("EOSE", "past"), frame("EOSE", "past"))
    assert relay.last("past")[0]["kinds"] == [5, 7]
    vote = EVE.vote(ROOT, at=3)
    assert relay.says(event_frame(vote, "past"), frame("EOSE", "past")) == []
    relay.now = T0 + HOUR
    told = relay.says(frame("EOSE", "past"))
    assert [type(event) for event in told] == [Post, Post, Vote, Post, Heartbeat]
    assert [(event.seen_at - T0) // SECOND for event in told] == [1, 2, 3, 9, 3600]
    assert ["CLOSE", "past"] in relay.asked


def test_a_relay_that_never_says_where_history_ends() -> None:
    relay = Relay(since=T0 - HOUR)
    relay.says(event_frame(ROOT, "past"))
    assert texts(relay.waits(PATIENCE)) == ["root"]


# --- broken connections ---------------------------------------------------------------------------


def test_after_a_break_what_was_missed_is_fetched() -> None:
    relay = Relay()
    relay.says(frame("EOSE", "live"), live(ROOT))
    relay.now += 30 * SECOND
    relay.says(live(REPLY))
    relay.feed.lost("closed by the server (1012)")
    relay.now += 60 * SECOND
    relay.connect()
    assert relay.last("past")[0]["since"] == (T0 + 2 * SECOND - OVERLAP) // SECOND
    missed, current = EVE.post("missed", at=50), EVE.post("current", at=95)
    again = [event_frame(event, "past") for event in (missed, REPLY, ROOT)]
    assert relay.says(live(current), *again) == []
    ends = [frame("EOSE", "past")] * 4
    gap, *told = relay.says(*ends)
    assert isinstance(gap, Gap)
    assert gap.recovered
    assert (gap.since, gap.reason) == (T0 + 30 * SECOND, "closed by the server (1012)")
    assert texts(told) == ["missed", "current"]


def test_a_break_while_what_was_missed_is_fetched() -> None:
    relay = Relay()
    relay.says(frame("EOSE", "live"), live(ROOT))
    relay.feed.lost("connection lost")
    relay.connect()
    first = relay.last("past")[0]["since"]
    assert relay.says(event_frame(EVE.post("missed", at=5), "past")) == []
    relay.feed.lost("connection lost")
    relay.connect()
    assert relay.last("past")[0]["since"] == first
    told = relay.says(*[frame("EOSE", "past")] * 4)
    assert [gap.recovered for gap in told if isinstance(gap, Gap)] == [True]
    assert texts(told) == ["missed"]


def test_a_break_that_is_not_mended_in_time_says_so() -> None:
    relay = Relay()
    relay.says(frame("EOSE", "live"), live(ROOT))
    relay.feed.lost("connection lost")
    relay.connect()
    relay.says(frame("NOTICE", "slow today"))
    relay.says(frame("NOTICE", "very slow"))
    told = relay.waits(2 * PATIENCE)
    assert [gap.recovered for gap in told if isinstance(gap, Gap)] == [False]


def test_what_is_too_large_is_not_asked_for_again() -> None:
    relay = Relay()
    relay.says(frame("EOSE", "live"), live(ROOT))
    relay.feed.lost("a message larger than we take", skip=True)
    relay.connect()
    assert relay.last("past") == []
    (gap,) = relay.says(frame("EOSE", "live"))
    assert isinstance(gap, Gap)
    assert not gap.recovered


def test_a_time_from_tomorrow_does_not_hide_what_was_missed() -> None:
    relay = Relay()
    relay.says(frame("EOSE", "live"), live(ADA.post("tomorrow", at=86_400)))
    relay.feed.lost("connection lost")
    relay.connect()
    assert relay.last("past")[0]["since"] == NOW - OVERLAP // SECOND


def test_given_up_before_history_was_told() -> None:
    relay = Relay(since=T0 - HOUR)
    relay.says(event_frame(ROOT, "past"))
    relay.feed.lost("connection lost")
    told = relay.feed.give_up(T0 + SECOND)
    assert texts(told) == ["root"]


def test_when_nobody_writes_time_goes_on() -> None:
    relay = Relay()
    assert relay.waits(BEAT) == [], "a relay that says nothing is no witness"
    relay.says(frame("EOSE", "live"), live(ROOT))
    assert [type(event) for event in relay.waits(BEAT)] == [Heartbeat]
    assert relay.waits(BEAT - 1) == []


def test_a_gap_is_told_though_the_relay_turns_one_away_at_once() -> None:
    relay = Relay()
    relay.says(frame("EOSE", "live"), live(ROOT))
    relay.feed.lost("a message larger than we take", skip=True)
    relay.connect()
    relay.now += 90 * SECOND
    (gap,) = relay.feed.receive(frame("CLOSED", "live", "rate-limited: later"), relay.now)
    assert isinstance(gap, Gap)
    assert (gap.since, gap.until, gap.recovered) == (T0, relay.now, False)
    with pytest.raises(TurnedAway, match="rate-limited"):
        relay.feed.answers()
    relay.feed.lost("turned away")
    relay.connect()


def test_an_event_is_told_though_the_relay_serves_no_more() -> None:
    relay = Relay()
    relay.says(frame("CLOSED", "past", ""), frame("NOTICE", "auth-required: who are you?"))
    relay.now += PATIENCE
    assert texts(relay.feed.receive(live(ROOT), relay.now)) == ["root"]
    with pytest.raises(Refused, match="does not say how"):
        relay.feed.answers()


def test_a_reply_that_waits_for_its_thread_is_told_when_nobody_waits_any_more() -> None:
    relay = Relay()
    assert relay.says(frame("EOSE", "live"), live(REPLY)) == []
    assert texts(relay.feed.give_up(relay.now)) == ["reply"]


def test_a_past_that_never_ends_does_not_keep_back_the_present_for_ever() -> None:
    relay = Relay(since=T0 - HOUR)
    relay.says(frame("EOSE", "live"), live(ROOT))
    told: list[Event] = []
    for number in range(LONGEST_READING // (PATIENCE - SECOND) + 2):
        relay.now += PATIENCE - SECOND
        told += relay.says(event_frame(ADA.post(f"old {number}", at=-number), "past"))
    assert "root" in texts(told)
    assert [gap.reason for gap in gaps(told)] == ["reading its past takes too long"]
    assert ["CLOSE", "past"] in relay.asked
