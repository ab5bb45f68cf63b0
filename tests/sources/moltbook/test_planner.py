"""What a Moltbook poller asks next, and what it tells of what came; pure."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from moltwatch.model import AgentSeen, Event, Gap, Heartbeat, Post
from moltwatch.sources.moltbook.comments import LATE, Threads
from moltwatch.sources.moltbook.news import News, release
from moltwatch.sources.moltbook.planner import MOST_PAGES, SOONEST, SURVEY, Planner
from moltwatch.sources.moltbook.wire import Ask, Listed, Page, Request, post_of
from moltwatch.times import DAY, MINUTE, SECOND, Micros
from tests import strategies
from tests.sources.fakes import T0, post


def page(*ids: str, comments: int = 0, cursor: str | None = None) -> Page:
    """A page that lists these."""
    return Page(
        value={},
        listed=tuple(Listed(id=id, comments=comments) for id in ids),
        cursor=cursor,
    )


# --- the plan ------------------------------------------------------------------------------------


def begun(*ids: str) -> Planner:
    """A planner that has read the list once, at T0."""
    planner = Planner("test")
    planner.took_new(page(*ids), T0, T0)
    return planner


def asked(request: Request | None) -> dict[str, str]:
    assert request is not None
    return dict(request.params)


def is_for_new(request: Request | None) -> bool:
    return request is not None and request.ask is Ask.NEW


def test_new_posts_first_and_read_on_until_known() -> None:
    planner = Planner("test", submolt="philosophy")
    assert asked(planner.next(T0)) == {"sort": "new", "limit": "100", "submolt": "philosophy"}
    planner.took_new(page("b", "a"), T0, T0)
    now = planner.due
    assert not is_for_new(planner.next(now - 1))
    assert "offset" not in asked(planner.next(now))
    assert planner.took_new(page("f", "e"), T0, now) == []
    assert asked(planner.next(now))["offset"] == "2"
    assert planner.took_new(page("d", "c", cursor="x"), T0, now) == []
    assert asked(planner.next(now))["cursor"] == "x"
    assert planner.took_new(page("c", "b"), T0, now) == []
    assert not is_for_new(planner.next(now))
    assert planner.due > now


def test_what_lies_beyond_the_last_page_read_is_a_gap() -> None:
    planner = begun("a")
    now = planner.due
    gaps: list[Event] = []
    for number in range(MOST_PAGES):
        assert gaps == []
        gaps = planner.took_new(page(f"n{number}"), now - number * SECOND, now)
    (gap,) = gaps
    assert isinstance(gap, Gap)
    assert (gap.since, gap.until) == (T0, now - (MOST_PAGES - 1) * SECOND)
    assert not gap.recovered
    again = planner.due
    assert planner.took_new(page("n0"), now, again) == [], "told once"


def test_an_outage_is_a_gap_that_closes_where_the_list_reaches_back() -> None:
    planner = begun("a")
    request = planner.next(planner.due)
    assert request is not None
    planner.lost(request, "connection refused", planner.due, limited=False)
    (gap,) = planner.took_new(page("b", "a"), T0, T0 + MINUTE)
    assert isinstance(gap, Gap)
    assert gap.recovered
    assert (gap.since, gap.until, gap.reason) == (T0, T0 + MINUTE, "connection refused")


def test_pages_that_never_come_do_not_stop_the_rest() -> None:
    planner = begun("a")
    now = planner.due
    planner.took_new(page("c"), T0, now)
    told: list[Event] = []
    for _ in range(3):
        assert told == []
        request = planner.next(now)
        assert request is not None
        assert request.page == 2
        told = planner.lost(request, "no answer in time", now, limited=False)
    assert [type(event) for event in told] == [Gap]
    assert not is_for_new(planner.next(now))


@given(st.lists(st.integers(0, 9), max_size=40), st.integers(0, 9))
def test_no_list_makes_it_ask_for_ever(picks: list[int], last: int) -> None:
    planner = begun("a")
    now = planner.due
    for number in [*picks, *[last] * MOST_PAGES]:
        request = planner.next(now)
        if not is_for_new(request):
            break
        planner.took_new(page(f"n{number}", f"n{number + 1}"), None, now)
    assert not is_for_new(planner.next(now))
    assert planner.due >= now + SOONEST


def test_busy_and_older_threads_are_looked_through_in_turn() -> None:
    planner = Planner("test")
    planner.took_new(page("c", "b", cursor="second"), T0, T0)
    pages = [page("hot"), page("b", "a", cursor="third"), page("a"), page(), page("hot")]
    asked_for = []
    now = T0
    for number, answer in enumerate(pages):
        now += SURVEY
        if now >= planner.due:
            planner.took_new(page("c", "b", cursor="second"), T0, now)
        request = planner.next(now)
        assert request is not None
        assert request.ask is Ask.SURVEY, number
        asked_for.append({key: asked(request).get(key) for key in ("sort", "cursor", "offset")})
        planner.took_survey(answer, now)
    assert asked_for == [
        {"sort": "hot", "cursor": None, "offset": None},
        {"sort": "new", "cursor": "second", "offset": None},
        {"sort": "new", "cursor": "third", "offset": None},
        {"sort": "new", "cursor": None, "offset": "300"},
        {"sort": "hot", "cursor": None, "offset": None},
    ]


def test_a_thread_read_in_pages_and_to_its_end() -> None:
    planner = Planner("test")
    planner.took_new(page("t", comments=150), T0, T0)
    first = planner.next(T0)
    assert first is not None
    assert first.ask is Ask.COMMENTS
    planner.took_thread(first, page("c1", cursor="x"), T0, fresh=100, known=0)
    second = planner.next(T0)
    assert asked(second)["cursor"] == "x"
    assert second is not None
    planner.took_thread(second, page("c2"), T0, fresh=45, known=0)
    assert planner.next(T0) is None
    assert planner.report(T0 + MINUTE) == [], "five were deleted: the list was read to its end"


def test_roots_are_asked_for_once() -> None:
    planner = begun("a")
    planner.want_roots(["r", "r", ".."])
    request = planner.next(T0)
    assert request == post_of("r")
    planner.refused(post_of("r"), 404, "HTTP 404", T0)
    planner.want_roots(["r"])
    assert planner.next(T0) is None


def test_comments_that_cannot_be_read_are_left_alone_for_a_while() -> None:
    planner = Planner("test")
    planner.took_new(page(*(f"t{n}" for n in range(40)), comments=3), T0, T0)
    tries = 0
    while (request := planner.next(T0)) is not None and tries < 100:
        planner.refused(request, 500, "HTTP 500", T0)
        tries += 1
    assert tries <= 10
    assert planner.comments.trouble == "comments cannot be read: HTTP 500"
    assert "40 threads waiting" in planner.words()
    assert planner.next(planner.due).ask is Ask.NEW  # type: ignore[union-attr]


# --- threads -------------------------------------------------------------------------------------


def tell(threads: Threads, id: str, comments: int, now: Micros, *, born: bool = True) -> None:
    threads.tell(Listed(id=id, comments=comments), now, new=True, born=born)


def test_most_waiting_first_then_most_expected() -> None:
    threads = Threads()
    for id, comments in (("a", 3), ("b", 9), ("c", 0)):
        tell(threads, id, comments, T0)
    order = []
    while best := threads.best(T0):
        order.append(best.id)
        threads.took(best.id, best.waiting, T0, overlap=False)
    assert order == ["b", "a"]
    for minutes in range(1, 6):  # a gets a comment a minute, and then no list shows it
        tell(threads, "a", 3 + minutes, T0 + minutes * MINUTE)
    threads.took("a", 5, T0 + 5 * MINUTE, overlap=True)
    best = threads.best(T0 + 8 * MINUTE)
    assert best is not None
    assert best.id == "a"


def test_comments_are_missed_once() -> None:
    threads = Threads()
    tell(threads, "a", 10, T0)
    assert threads.missed(T0 + LATE - 1) is None
    missed = threads.missed(T0 + LATE)
    assert missed is not None
    assert (missed.comments, missed.threads, missed.since) == (10, 1, T0)
    threads.took("a", 4, T0 + LATE, overlap=False)
    assert threads.missed(T0 + 9 * LATE) is None


def test_what_was_written_before_anybody_watched_is_not_missed() -> None:
    threads = Threads()
    tell(threads, "old", 5_000, T0, born=False)
    threads.took("old", 100, T0, overlap=False)
    assert threads.missed(T0 + LATE) is None
    tell(threads, "old", 5_300, T0 + MINUTE)
    threads.took("old", 100, T0 + MINUTE, overlap=False)
    missed = threads.missed(T0 + MINUTE)
    assert missed is not None
    assert missed.comments == 200


# --- news ----------------------------------------------------------------------------------------


@given(strategies.streams, st.none() | strategies.times, strategies.times)
def test_release_keeps_everything_and_never_runs_back(
    events: list[Event], reached: Micros | None, now: Micros
) -> None:
    released = release(events, reached, now)
    assert len(released) == len(events)
    times = [event.seen_at for event in released]
    assert times == sorted(times)
    assert all(at <= now for at in times)
    if reached is not None:
        assert all(at >= min(reached, now) for at in times)
    kept = [event.id for event in released if isinstance(event, Post)]
    assert sorted(kept) == sorted(event.id for event in events if isinstance(event, Post))


def test_what_was_read_late_keeps_its_rhythm_hastened_if_it_must_be() -> None:
    late = [post(n) for n in (1, 4, 6)]
    kept = release([*late, post(30)], T0 + 20 * SECOND, T0 + 60 * SECOND)
    assert [(event.seen_at - T0) / SECOND for event in kept] == [20, 23, 25, 30]
    hastened = release(late, T0 + 21 * SECOND, T0 + 23 * SECOND)
    assert [(event.seen_at - T0) / SECOND for event in hastened] == [21, 21.3, 21.5]
    assert len({event.seen_at for event in release(late, T0 + DAY, T0 + DAY + SECOND)}) == 3


def test_a_reply_never_comes_before_what_it_answers() -> None:
    root, answer = post(9), post(1, thread="p9", parent="p9")
    released = release([root, answer], None, T0 + MINUTE)
    assert [event.id for event in released if isinstance(event, Post)] == ["p9", "p1"]
    assert released[0].seen_at == released[1].seen_at == root.created_at


def test_a_profile_stands_before_its_post_and_a_gap_before_what_follows_it() -> None:
    agent = AgentSeen(name="a3", bio="x", seen_at=T0 + MINUTE)
    gap = Gap(seen_at=T0 + MINUTE, since=T0, until=T0 + 2 * SECOND, reason="")
    released = release([gap, agent, post(3), post(1), post(2)], T0, T0 + MINUTE)
    names = [getattr(event, "id", None) or getattr(event, "name", "gap") for event in released]
    assert names == ["p1", "gap", "p2", "a3", "p3"]


@given(strategies.streams)
def test_the_same_again_is_no_news(events: list[Event]) -> None:
    news = News()
    posts = [event for event in events if isinstance(event, Post)]
    unique = list({event.id: event for event in posts}.values())
    assert news.take(unique) == unique
    assert news.take(unique) == []
    beat = Heartbeat(seen_at=DAY)
    assert news.take([beat]) == [beat]
