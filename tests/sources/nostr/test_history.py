"""The past of a relay: what can be read of it, and that what cannot is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import Struct

from moltwatch.dialects.nostr import NostrEvent
from moltwatch.model import Event, Gap, Post
from moltwatch.sources.nostr import history as history_module
from moltwatch.sources.nostr.history import MOST_PAGES, PAGE, History, Manners, Told, Want
from moltwatch.sources.nostr.protocol import clawstr
from moltwatch.times import SECOND
from tests.sources.fakes import T0
from tests.sources.nostr.fake_relay import Relay
from tests.sources.nostr.kit import ADA, BOB, EVE, NOW, event_frame, frame, publish, sdk_relay
from tests.sources.nostr.test_relays import HOUR_AGO, at, relay, watching
from tests.sources.servers import gaps

NOTES = {"kinds": [1]}


def event(number: int, second: int, author: int = 0) -> NostrEvent:
    """Not signed: only its place counts here."""
    return NostrEvent(
        id=f"{number:064x}",
        pubkey=f"{author:064x}",
        created_at=second,
        kind=1,
        tags=[],
        content="",
        sig="",
    )


class Store(Struct, kw_only=True):
    """What a relay has, and how it answers."""

    events: Sequence[NostrEvent]
    most: int = PAGE
    inclusive: bool = True
    heeds_until: bool = True
    newest_first: bool = True

    def answer(self, asked: dict[str, Any]) -> list[NostrEvent]:
        until = asked.get("until", 10**12) if self.heeds_until else 10**12
        until += self.inclusive
        found = [
            one
            for one in self.events
            if asked.get("since", 0) <= one.created_at < until
            and one.pubkey in asked.get("authors", [one.pubkey])
        ]
        found.sort(key=lambda one: (one.created_at, one.id), reverse=self.newest_first)
        return found[: min(self.most, asked["limit"])]


def read(store: Store, since: int = 0, manners: Manners | None = None) -> tuple[set[str], History]:
    """What is read of a store: ids, and the history that read them."""
    history = History([Want("notes", NOTES, since, set())], manners or Manners())
    history.begin_at(10_000, 9_990)
    seen: set[str] = set()
    for _ in range(2_000):
        for one in store.answer(dict(history.page())):
            history.saw(one)
            if one.created_at >= since:
                seen.add(one.id)
        if not history.turn():
            return seen, history
    raise AssertionError("it never ends")


def spans(history: History) -> list[tuple[int, int]]:
    return [(one.since, one.until) for one in history.unread]


@pytest.mark.parametrize("inclusive", [True, False])
def test_a_crowded_second_does_not_hide_what_is_older(inclusive: bool) -> None:
    """As it was met: 750 events, 500 of them in one second and more than the relay gives."""
    older = [event(n, 100 + n % 50) for n in range(250)]
    crowd = [event(1_000 + n, 500, author=n) for n in range(700)]
    newer = [event(5_000 + n, 600 + n) for n in range(50)]
    seen, history = read(Store(events=[*older, *crowd, *newer], inclusive=inclusive))
    assert {one.id for one in [*older, *newer]} <= seen
    assert spans(history) == [(500, 501)]
    (unread,) = history.unread
    assert unread.crowded
    assert unread.reason == "more notes in one second than the 500 it gives at once"


def test_of_a_crowded_second_more_is_asked_for_by_its_authors() -> None:
    crowd = [event(n, 500, author=n % 30) for n in range(1_200)]
    store = Store(events=[event(9_999, 400), *crowd], most=300)
    seen, history = read(store)
    assert len(seen) == 1_201
    assert spans(history) == [(500, 501)], "others may have written, too"


def test_a_second_that_fits_beside_a_newer_one_is_whole() -> None:
    """The first page ends in the middle of a second; no page is filled by it alone."""
    events = [event(n, 501 if n < 400 else 500) for n in range(600)] + [event(999, 3)]
    for inclusive in (True, False):
        seen, history = read(Store(events=events, inclusive=inclusive))
        assert len(seen) == 601
        assert spans(history) == []


@pytest.mark.parametrize(("n", "told"), [(PAGE, [(500, 501)]), (PAGE - 1, []), (30, [])])
def test_the_last_second_may_be_cut_where_it_fills_a_page(n: int, told: list[Any]) -> None:
    """The relay holds more from before the time that is wanted, so a smaller page is not cut."""
    events = [event(one, 500, author=one) for one in range(n)]
    before = [event(5_000 + one, one) for one in range(400)]
    _, history = read(Store(events=[*before, *events]), since=450)
    assert spans(history) == told


def test_nothing_tells_whether_a_small_relay_cut_its_only_second() -> None:
    """A question for more than the second holds would tell; here there is no more."""
    events = [event(n, 500, author=n) for n in range(120)]
    _, history = read(Store(events=events))
    assert spans(history) == [(500, 501)]
    _, history = read(Store(events=[*events, event(999, 2)]), since=450)
    assert spans(history) == []


def test_a_relay_that_does_not_heed_until() -> None:
    events = [event(n, n) for n in range(700)]
    _, history = read(Store(events=events, heeds_until=False))
    assert [one.reason for one in history.unread] == [
        "it gives the newest whatever it is asked for"
    ]
    assert spans(history) == [(0, 201)]


def test_a_relay_that_gives_the_oldest_first() -> None:
    _, history = read(Store(events=[event(n, n) for n in range(700)], newest_first=False))
    assert (0, 10_000) in spans(history)


def test_a_past_without_an_end() -> None:
    class Endless(Store):
        def answer(self, asked: dict[str, Any]) -> list[NostrEvent]:
            until = asked.get("until", 9_000)
            return [event(until - n, until - n) for n in (1, 2)]

    _, history = read(Endless(events=()))
    assert [one.reason for one in history.unread] == ["it holds more notes than can be read back"]
    assert spans(history) == [(0, 9_001 - MOST_PAGES)]


@settings(max_examples=300, deadline=None)
@given(
    seconds=st.lists(st.integers(1, 12), max_size=60),
    most=st.integers(3, 9),
    inclusive=st.booleans(),
    authors=st.integers(1, 20),
    since=st.integers(0, 6),
    known=st.integers(0, 9),
)
@example(seconds=[5] * 20, most=8, inclusive=True, authors=1, since=0, known=0)
@example(seconds=[5] * 8 + [4], most=8, inclusive=False, authors=8, since=0, known=0)
def test_what_is_not_told_to_be_unread_was_read(
    seconds: list[int], most: int, inclusive: bool, authors: int, since: int, known: int
) -> None:
    """Relays of any limit from the fewest on, with pages of 8: nothing is lost without a word."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history_module, "PAGE", 8)
        patch.setattr(history_module, "FEWEST_GIVEN", 3)
        events = [event(n, second, n % authors) for n, second in enumerate(seconds)]
        store = Store(events=events, most=most, inclusive=inclusive)
        manners = Manners(largest=min(known, most, 8))
        seen, history = read(store, since, manners)
    told = spans(history)
    for one in events:
        hidden = any(begin <= one.created_at < end for begin, end in told)
        assert one.id in seen or one.created_at < since or hidden
    assert all(end - begin == 1 for begin, end in told), "one limit costs single seconds only"


# --- witnesses ------------------------------------------------------------------------------------


def test_the_newest_are_the_witnesses() -> None:
    told = Told()
    for n in range(100):
        told.add(f"{n}", (n * 37) % 100)
    assert told.reach(10**6) == 99
    assert told.reach(5) == 5
    assert len(told.after(0)) == 16
    assert told.after(99) == {f"{(n)}" for n in range(100) if (n * 37) % 100 == 99}


class Joiner(Relay):
    """nostream, as it was met: of a filter with several tags it finds nothing that is stored."""

    def __init__(self, *stored: NostrEvent, finds: bool = True, **options: Any) -> None:
        self.stored = sorted(stored, key=lambda one: -one.created_at)
        self.finds = finds
        super().__init__(**options)

    def answers_all(self) -> list[Event]:
        """Everything that has been asked, until nothing is."""
        events: list[Event] = []
        while self.asked:
            verb, name, *filters = self.asked.pop(0)
            if verb == "REQ":
                for one in self._found(filters):
                    events += self.says(event_frame(one, name))
                events += self.says(frame("EOSE", name))
        return events

    def _found(self, filters: list[dict[str, Any]]) -> list[NostrEvent]:
        found: dict[str, NostrEvent] = {}
        for asked in filters:
            tags = {key[1:]: value for key, value in asked.items() if key.startswith("#")}
            if len(tags) > 1 or not self.finds or "ids" in asked or "authors" in asked:
                continue
            matching = [
                one
                for one in self.stored
                if one.kind in asked["kinds"]
                and asked.get("since", 0) <= one.created_at <= asked.get("until", 10**12)
                and all(set(values) & set(one.values(tag)) for tag, values in tags.items())
            ]
            found |= {one.id: one for one in matching[: asked["limit"]]}
        return list(found.values())


def told_texts(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Post)]


def test_a_relay_that_joins_one_row_of_tags_gives_its_past() -> None:
    posts = [ADA.post(f"post {n}", at=n - 600) for n in range(50)]
    elsewhere = BOB.post("elsewhere", at=-20, community="other")
    human = EVE.sign(
        1111, "by a human", ["I", "https://clawstr.com/c/general"], ["K", "web"], ["l", "ai"], at=-9
    )
    joiner = Joiner(*posts, elsewhere, human, scope=clawstr(["general"]), since=T0 - 3_600 * SECOND)
    events = joiner.answers_all()
    assert told_texts(events) == [f"post {n}" for n in range(50)]
    assert gaps(events) == []


def test_what_was_seen_live_must_be_in_the_answer() -> None:
    """Before a restart it told of a post, after it it finds nothing: who knows what is there."""
    post = ADA.post("seen", at=-30)
    relay = Joiner(finds=False)
    relay.says(frame("EOSE", "live"), event_frame(post))
    relay.feed.lost("connection lost")
    relay.now += 60 * SECOND
    relay.connect()
    (gap,) = gaps(relay.answers_all())
    assert not gap.recovered
    relay.finds, relay.stored = True, [post]
    relay.feed.lost("connection lost")
    relay.now += 60 * SECOND
    relay.connect()
    (gap,) = gaps(relay.answers_all())
    assert gap.recovered


def test_the_newest_post_it_told_of_is_asked_for_however_old() -> None:
    """Something else was heard since: without that post the answer would prove nothing."""
    post, profile = (
        ADA.post("seen", at=-3_000),
        ADA.sign(0, "{}", ["l", "ai"], ["L", "agent"], at=-5),
    )
    relay = Joiner(post, finds=True)
    relay.says(event_frame(post), frame("EOSE", "live"), event_frame(profile))
    relay.feed.lost("connection lost")
    relay.now += 60 * SECOND
    relay.connect()
    assert relay.last("past")[0]["since"] == NOW - 3_000
    (gap,) = gaps(relay.answers_all())
    assert gap.recovered


def test_a_past_in_which_nothing_is_found_though_something_is_stored() -> None:
    """The question for live posts shows the newest that is stored."""
    relay = Joiner(finds=False, since=T0 - 3_600 * SECOND)
    relay.says(event_frame(ADA.post("stored", at=-60)), frame("EOSE", "live"))
    relay.asked.pop(0)
    (gap,) = gaps(relay.answers_all())
    assert not gap.recovered
    assert gap.reason == "it gave back none of the posts it had told of"
    assert (gap.since, gap.until, gap.source) == (T0 - 3_600 * SECOND, T0, "relay")


def test_a_past_that_is_empty_is_no_gap() -> None:
    assert gaps(Joiner(since=T0 - 3_600 * SECOND).answers_all()) == []


def test_a_past_that_is_never_answered_is_a_gap() -> None:
    relay = Relay(since=T0 - 3_600 * SECOND)
    relay.says(frame("NOTICE", "slow today"), frame("NOTICE", "very slow"))
    (gap,) = gaps(relay.waits(60 * SECOND))
    assert not gap.recovered
    assert gap.reason == "it did not answer in time"
    assert gap.since == T0 - 3_600 * SECOND


def test_a_past_that_was_not_read_when_the_run_ends_is_a_gap() -> None:
    relay = Relay(since=T0 - 3_600 * SECOND)
    relay.says(event_frame(ADA.post("read", at=-60), "past"))
    events = relay.feed.give_up(T0)
    assert told_texts(events) == ["read"]
    (gap,) = gaps(events)
    assert not gap.recovered
    assert relay.feed.give_up(T0) == []


def test_gaps_of_a_past_stand_where_they_lie_in_it() -> None:
    crowd = [ADA.post(f"crowd {n}", at=-500) for n in range(PAGE + 1)]
    others = [BOB.post("older", at=-900), BOB.post("newer", at=-60)]
    joiner = Joiner(*crowd, *others, since=T0 - 3_600 * SECOND)
    events = joiner.answers_all()
    kinds = [
        event
        for event in events
        if isinstance(event, Gap) or "crowd" not in getattr(event, "text", "")
    ]
    assert [getattr(event, "text", event.seen_at) for event in kinds][:3] == [
        "older",
        T0 - 499 * SECOND,
        "newer",
    ]
    times = [event.seen_at for event in events]
    assert times == sorted(times)


# --- a real relay ---------------------------------------------------------------------------------


async def test_a_crowded_second_on_a_real_relay() -> None:
    second = at(-600)
    crowd = [
        author.post(f"crowd {n} {author.name}", at=second)
        for n in range(8)
        for author in (ADA, BOB, EVE)
    ]
    older = [(ADA, BOB, EVE)[n % 3].post(f"older {n}", at=second - 400 - n) for n in range(25)]
    async with sdk_relay(lambda builder: builder.max_filter_limit(10)) as url:
        await publish(url, *crowd, *older)
        async with watching(relay(url, since=at(HOUR_AGO) * SECOND)) as watcher:
            await watcher.until(lambda w: len(w.texts) >= 49)
            (gap,) = watcher.gaps
    assert sorted(watcher.texts) == sorted(one.content for one in [*crowd, *older])
    assert (gap.since, gap.until) == (second * SECOND, (second + 1) * SECOND)
    assert not gap.recovered
    assert gap.reason == "more posts in one second than the 10 it gives at once"
