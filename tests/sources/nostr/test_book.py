"""What several relays told between them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moltwatch.dialects.nostr import NostrEvent, read_event
from moltwatch.model import AgentSeen, Delete, Event, Heartbeat, Post, Vote
from moltwatch.sources.nostr import book as nostr_book
from moltwatch.sources.nostr.book import HISTORY_WAIT, ORPHAN_WAIT, Book
from moltwatch.times import HOUR, SECOND, Micros
from tests.sources.fakes import T0
from tests.sources.nostr.kit import ADA, BOB, EVE

ROOT = ADA.post("root", at=1)
REPLY = BOB.reply(ROOT, "reply", at=2)
ANSWER = ADA.reply(REPLY, "answer", at=3)


def take(book: Book, *events: NostrEvent, at: Micros = T0 + HOUR) -> list[Event]:
    return book.take([read_event(event) for event in events], "clawstr", at)


def posts(events: list[Event]) -> list[tuple[str, str, str | None]]:
    return [(e.text, e.thread, e.parent) for e in events if isinstance(e, Post)]


def test_each_post_once_and_in_its_thread() -> None:
    book = Book()
    told = [*take(book, ROOT), *take(book, REPLY, ROOT), *take(book, ANSWER, REPLY)]
    assert posts(told) == [
        ("root", ROOT.id, None),
        ("reply", ROOT.id, ROOT.id),
        ("answer", ROOT.id, REPLY.id),
    ]


@settings(max_examples=30, deadline=None)
@given(st.randoms(use_true_random=False))
def test_threads_do_not_depend_on_the_order_of_arrival(draw: random.Random) -> None:
    events = [ROOT, REPLY, ANSWER, *CHAIN, ROOT, REPLY]
    draw.shuffle(events)
    book = Book()
    told = [event for one in events for event in take(book, one)]
    assert {thread for _, thread, _ in posts(told)} == {ROOT.id}
    assert len(told) == 3 + len(CHAIN)


CHAIN = [BOB.reply(ANSWER, "link 0", at=10)]
for number in range(1, 9):
    CHAIN.append(EVE.reply(CHAIN[-1], f"link {number}", at=10 + number))


def test_a_reply_waits_for_its_thread_but_not_for_ever() -> None:
    book = Book()
    assert take(book, ANSWER, at=T0) == []
    assert book.release(T0 + ORPHAN_WAIT - 1) == []
    assert posts(book.release(T0 + ORPHAN_WAIT)) == [("answer", REPLY.id, REPLY.id)]
    # Those who answer it belong with it.
    assert posts(take(book, CHAIN[0])) == [("link 0", REPLY.id, ANSWER.id)]


def test_one_vote_for_each_account() -> None:
    book = Book()
    take(book, ROOT)
    told = [
        *take(book, BOB.vote(ROOT, "+", at=4)),
        *take(book, BOB.vote(ROOT, "+", at=5)),
        *take(book, BOB.vote(ROOT, "-", at=6)),
        *take(book, BOB.vote(ROOT, "\U0001f99e", at=7)),
        *take(book, EVE.vote(ROOT, "+", at=7)),
        *take(book, EVE.vote(REPLY, "+", at=7)),
    ]
    assert [(e.id, e.delta) for e in told if isinstance(e, Vote)] == [
        (ROOT.id, 1),
        (ROOT.id, -2),
        (ROOT.id, 1),
    ]


def test_only_the_newest_profile_counts() -> None:
    book = Book()
    told = [
        *take(book, ADA.profile(name="otter", at=10)),
        *take(book, ADA.profile(name="older", at=5)),
        *take(book, ADA.profile(name="newer", about="bio", at=20)),
    ]
    assert [(e.name, e.display, e.bio) for e in told if isinstance(e, AgentSeen)] == [
        (ADA.key, "otter", None),
        (ADA.key, "newer", "bio"),
    ]


def test_only_authors_take_down() -> None:
    book = Book()
    take(book, ROOT, REPLY)
    by_eve = EVE.sign(5, "", ["e", ROOT.id])
    by_ada = ADA.sign(5, "", ["e", ROOT.id], ["e", ROOT.id], ["e", REPLY.id])
    assert take(book, by_eve) == []
    assert [e.id for e in take(book, by_ada) if isinstance(e, Delete)] == [ROOT.id]


def test_what_is_dated_tomorrow_was_written_by_now() -> None:
    (post,) = take(Book(), ADA.post("tomorrow", at=86_400), at=T0)
    assert isinstance(post, Post)
    assert post.created_at == post.seen_at == T0


def test_histories_come_in_one_order_when_the_last_is_there() -> None:
    book, first, second = Book(), object(), object()
    since, now = T0, T0 + HOUR
    book.expect_history(first, since)
    book.expect_history(second, since)
    assert take(book, ANSWER, ROOT, at=now) == []
    book.history_done(first)
    assert book.open(now) == []
    assert take(book, REPLY, ADA.profile(name="otter", at=-86_400), ROOT, at=now) == []
    book.history_done(second)
    told = book.open(now)
    assert [type(event) for event in told] == [AgentSeen, Post, Post, Post]
    assert [(event.seen_at - T0) // SECOND for event in told] == [0, 1, 2, 3]
    # From here on time is the clock's.
    (live,) = take(book, CHAIN[0], at=now + 1)
    assert live.seen_at == now + 1


def test_a_history_that_does_not_come() -> None:
    book = Book()
    book.expect_history("slow", T0)
    assert take(book, ROOT, at=T0) == []
    assert book.beat(0, "clawstr", T0 + 1) == []
    assert posts(book.open(T0 + HISTORY_WAIT)) == [("root", ROOT.id, None)]


def test_time_goes_on_when_nobody_writes() -> None:
    book = Book()
    take(book, ROOT, at=T0)
    assert book.beat(15 * SECOND, "clawstr", T0 + 14 * SECOND) == []
    beat = Heartbeat(seen_at=T0 + 15 * SECOND, source="clawstr")
    assert book.beat(15 * SECOND, "clawstr", T0 + 15 * SECOND) == [beat]
    assert book.beat(15 * SECOND, "clawstr", T0 + 16 * SECOND) == []


def test_a_flood_of_orphans_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nostr_book, "MOST_ORPHANS", 10)
    book = Book()
    strangers = [ADA.reply(EVE.post(f"unseen {n}"), f"orphan {n}") for n in range(20)]
    assert len([event for one in strangers for event in take(book, one)]) == 10
