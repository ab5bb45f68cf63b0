"""What a forum's client makes of frames and broken connections, without any network."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.dialects.fields import AHEAD
from moltwatch.dialects.lines import encode as line
from moltwatch.errors import Rejects
from moltwatch.model import Event, Gap, Heartbeat, Post, Vote
from moltwatch.sources.forum.source import Follower
from moltwatch.sources.live.failures import Refused
from moltwatch.times import SECOND
from tests.sources.fakes import T0, post
from tests.sources.servers import gaps, ids

NOW = T0 + 1_000 * SECOND


def follower(**options: Any) -> Follower:
    return Follower("agora:1", rejects=Rejects(), **options)


def welcome(**fields: Any) -> bytes:
    return json.dumps({"type": "welcome", "protocol": 1, "clock": "stream", **fields}).encode()


def events(*of: Event, cursor: str | None = None) -> bytes:
    frame = {"type": "events", "cursor": cursor, "events": [json.loads(line(e)) for e in of]}
    return json.dumps(frame).encode()


def test_recorded_times_are_kept_and_the_cursor_moves() -> None:
    follow = follower()
    assert follow.subscribe().since is None
    assert follow.receive(welcome(cursor="c0"), NOW) == []
    assert follow.receive(events(post(1), post(2), cursor="c2"), NOW) == [post(1), post(2)]
    assert follow.subscribe().since == "c2"


def test_live_events_are_stamped_on_arrival() -> None:
    follow = follower()
    follow.receive(welcome(clock="wall"), NOW)
    (event,) = follow.receive(events(post(1)), NOW)
    assert event.seen_at == NOW
    assert isinstance(event, Post)
    assert event.created_at == post(1).created_at


def test_times_far_ahead_of_us_are_pulled_back() -> None:
    follow = follower()
    follow.receive(welcome(), T0)
    (event,) = follow.receive(events(post(9_999)), T0)
    assert event.seen_at == T0 + AHEAD


def test_a_simple_forum_needs_nothing_but_posts() -> None:
    follow = follower()
    (event,) = follow.receive(b'{"id": 7, "author": {"name": "ada"}, "content": "hello"}', NOW)
    assert event == Post(
        id="7",
        thread="7",
        author="ada",
        text="hello",
        created_at=NOW,
        seen_at=NOW,
        source="agora:1",
    )


def test_bad_events_cost_only_themselves() -> None:
    follow = follower()
    frame = {
        "type": "events",
        "cursor": "c",
        "events": [1, json.loads(line(post(1))), {"type": "post"}, None, json.loads(line(post(2)))],
    }
    follow.receive(welcome(), NOW)
    assert follow.receive(json.dumps(frame).encode(), NOW) == [post(1), post(2)]
    assert follow.rejects.total == 3
    assert follow.cursor == "c"


def test_garbage_is_counted() -> None:
    follow = follower()
    for data in (b"\x00\xff", b"{", b'"text"', b'{"type":"events","events":{}}'):
        assert follow.receive(data, NOW) == []
    assert follow.rejects.total == 4


def test_heartbeats_move_time_forward_only() -> None:
    follow = follower()
    follow.receive(welcome(), NOW)
    follow.receive(events(post(10)), NOW)
    for seconds in (5, 10):
        beat = json.dumps({"type": "heartbeat", "at": T0 + seconds * SECOND, "cursor": "b"})
        assert follow.receive(beat.encode(), NOW) == []
    late = json.dumps({"type": "heartbeat", "at": T0 + 11 * SECOND}).encode()
    assert follow.receive(late, NOW) == [Heartbeat(seen_at=T0 + 11 * SECOND, source="agora:1")]
    assert follow.cursor == "b"


def test_silence_moves_time_only_where_it_is_the_wall_clocks() -> None:
    live, played = follower(), follower()
    assert live.quiet(NOW) == []
    live.receive(welcome(clock="wall"), NOW)
    played.receive(welcome(), NOW)
    assert live.quiet(NOW + 5) == [Heartbeat(seen_at=NOW + 5, source="agora:1")]
    assert played.quiet(NOW + 5) == []


def test_a_resumed_stream_has_a_gap_that_is_whole() -> None:
    follow = follower()
    follow.receive(welcome(), NOW)
    follow.receive(events(post(1), cursor="c1"), NOW)
    follow.lost("connection lost")
    assert follow.subscribe().since == "c1"
    assert follow.receive(welcome(resumed=True, cursor="c1"), NOW) == []
    gap, after = follow.receive(events(post(5), cursor="c5"), NOW)
    assert after == post(5)
    assert gap == Gap(
        seen_at=post(5).seen_at,
        since=post(1).seen_at,
        until=post(5).seen_at,
        reason="connection lost",
        recovered=True,
        source="agora:1",
    )


def test_of_a_live_forum_the_gap_ends_with_the_welcome() -> None:
    follow = follower()
    follow.receive(welcome(clock="wall"), NOW)
    follow.receive(events(post(1), cursor="c1"), NOW)
    follow.lost("HTTP 503")
    (gap,) = follow.receive(welcome(clock="wall", missed=1234), NOW + 60 * SECOND)
    assert isinstance(gap, Gap)
    assert (gap.since, gap.until, gap.recovered) == (NOW, NOW + 60 * SECOND, False)
    assert gap.reason == "HTTP 503; 1,234 events missed"


def test_several_failures_in_a_row_are_one_gap() -> None:
    follow = follower()
    follow.receive(welcome(), NOW)
    follow.receive(events(post(1), cursor="c1"), NOW)
    for reason in ("connection lost", "connection refused", "connection refused"):
        follow.lost(reason)
    follow.receive(welcome(resumed=True), NOW)
    found = follow.receive(events(post(2), post(3)), NOW)
    assert [type(event) for event in found] == [Gap, Post, Post]


def test_a_gap_once_lossy_stays_lossy() -> None:
    follow = follower()
    follow.receive(welcome(), NOW)
    follow.receive(events(post(1), cursor="c1"), NOW)
    follow.lost("connection lost")
    follow.receive(welcome(resumed=False, missed=3, cursor="c4"), NOW)
    follow.lost("connection lost")
    follow.receive(welcome(resumed=True, cursor="c4"), NOW)
    gap, _ = follow.receive(events(post(9)), NOW)
    assert isinstance(gap, Gap)
    assert not gap.recovered
    assert "3 events missed" in gap.reason


def test_a_promise_that_was_not_kept_is_told() -> None:
    """It said that all would come again, broke off, and knew no more of it afterwards."""
    follow = follower()
    follow.receive(welcome(clock="wall"), NOW)
    follow.receive(events(post(1), cursor="c1"), NOW)
    follow.lost("connection lost")
    promise = follow.receive(welcome(clock="wall", resumed=True), NOW + 60 * SECOND)
    told = follow.receive(events(post(2), cursor="c2"), NOW + 60 * SECOND)
    follow.lost("connection lost")
    after = follow.receive(welcome(clock="wall", resumed=False), NOW + 90 * SECOND)
    (first,), (second,) = gaps(promise), gaps(after)
    assert ids(told) == ["p2"]
    assert (first.since, first.until, first.recovered) == (NOW, NOW + 60 * SECOND, True)
    assert (second.since, second.until) == (NOW, NOW + 90 * SECOND)
    assert not second.recovered


def test_a_promise_that_was_kept_is_forgotten() -> None:
    follow = follower()
    follow.receive(welcome(clock="wall"), NOW)
    follow.receive(events(post(1), cursor="c1"), NOW)
    follow.lost("connection lost")
    follow.receive(welcome(clock="wall", resumed=True), NOW + 60 * SECOND)
    follow.receive(b'{"type":"heartbeat"}', NOW + 70 * SECOND)
    follow.lost("connection lost")
    (gap,) = gaps(follow.receive(welcome(clock="wall", resumed=False), NOW + 90 * SECOND))
    assert gap.since == NOW + 70 * SECOND


def test_a_server_that_resumes_and_has_missed_something() -> None:
    follow = follower()
    follow.receive(welcome(clock="wall"), NOW)
    follow.receive(events(post(1), cursor="c1"), NOW)
    follow.lost("connection lost")
    (gap,) = gaps(follow.receive(welcome(clock="wall", resumed=True, missed=3), NOW + SECOND))
    assert not gap.recovered
    assert gap.reason == "connection lost; 3 events missed"


def test_no_gap_before_anything_was_heard() -> None:
    follow = follower()
    follow.lost("connection refused")
    before = follow.begun
    follow.receive(welcome(), NOW)
    assert (before, follow.begun) == (False, True)
    assert follow.receive(events(post(1)), NOW) == [post(1)]


def test_what_was_known_before_is_not_delivered_again() -> None:
    vote = Vote(id="p1", seen_at=T0, delta=1)
    follow = follower()
    follow.receive(welcome(), NOW)
    # On one connection two votes that look alike are two votes.
    assert follow.receive(events(post(1), vote, vote), NOW) == [post(1), vote, vote]
    follow.lost("connection lost")
    follow.receive(welcome(), NOW)
    found = follow.receive(events(post(1), vote, vote, post(2)), NOW)
    assert [type(event) for event in found] == [Gap, Post]
    assert found[-1] == post(2)


def test_a_resumed_stream_may_repeat_a_vote_but_not_a_post() -> None:
    vote = Vote(id="p1", seen_at=T0, delta=1)
    follow = follower()
    follow.receive(welcome(), NOW)
    follow.receive(events(post(1), vote, cursor="c"), NOW)
    follow.lost("connection lost")
    follow.receive(welcome(resumed=True), NOW)
    assert follow.receive(events(vote, post(1)), NOW)[1:] == [vote]


def test_a_server_that_claims_to_resume_what_nobody_asked_for() -> None:
    follow = follower()
    follow.receive(welcome(resumed=True, cursor="c"), NOW)
    follow.receive(events(post(1)), NOW)
    follow.lost("a message larger than we take", skip=True)
    assert follow.subscribe().since is None
    follow.receive(welcome(resumed=True), NOW)
    gap, _ = follow.receive(events(post(2)), NOW)
    assert isinstance(gap, Gap)
    assert not gap.recovered


def test_the_end_closes_an_open_gap() -> None:
    follow = follower()
    follow.receive(welcome(), NOW)
    follow.receive(events(post(1), cursor="c1"), NOW)
    follow.lost("connection lost")
    follow.receive(welcome(resumed=True), NOW)
    (gap,) = follow.receive(b'{"type":"end"}', NOW)
    assert isinstance(gap, Gap)
    assert (gap.since, gap.until) == (post(1).seen_at, post(1).seen_at)
    assert follow.ended


def test_giving_up_leaves_a_gap() -> None:
    follow = follower()
    follow.receive(welcome(clock="wall"), NOW)
    follow.lost("HTTP 401 Unauthorized")
    (gap,) = follow.give_up(NOW + 7)
    assert isinstance(gap, Gap)
    assert not gap.recovered
    assert follow.give_up(NOW + 8) == []


@pytest.mark.parametrize(
    "data",
    [
        welcome(protocol=2),
        b'{"type":"error","code":"unauthorized","message":"no \\u001b[31mentry"}',
        b'{"type":"error","code":"unsupported-protocol"}',
    ],
)
def test_a_server_that_will_never_serve_us(data: bytes) -> None:
    with pytest.raises(Refused) as caught:
        follower().receive(data, NOW)
    assert "\x1b" not in str(caught.value)


def test_other_complaints_are_noted() -> None:
    follow = follower()
    assert follow.receive(b'{"type":"error","code":"busy","message":"come\\nback"}', NOW) == []
    assert follow.notice == "come back"


def test_communities_are_asked_for() -> None:
    assert follower(communities=["a", "b"]).subscribe().communities == ("a", "b")


@given(st.lists(st.binary(max_size=80) | st.sampled_from([
    welcome(), welcome(clock="wall", heartbeat=-1), welcome(resumed=True, missed=-5),
    events(post(1)), events(post(2), post(1), cursor="x"), b'{"type":"end"}',
    b'{"type":"header","version":99}', b'{"type":"heartbeat","at":99999999999999999999}',
    b'{"type":"heartbeat","at":-1}', b"lost",
]), max_size=12))  # fmt: skip
def test_whatever_comes_time_of_gaps_and_heartbeats_never_runs_back(frames: list[bytes]) -> None:
    follow = follower()
    latest = 0
    for number, data in enumerate(frames):
        if data == b"lost":
            follow.lost("connection lost")
            continue
        for event in follow.receive(data, NOW + number):
            if isinstance(event, Gap | Heartbeat):
                assert event.seen_at >= latest
                if isinstance(event, Gap):
                    assert event.since <= event.until == event.seen_at
            latest = max(latest, event.seen_at)
