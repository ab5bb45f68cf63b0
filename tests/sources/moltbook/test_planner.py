"""What a Moltbook poller asks next, and what it tells of what came; pure."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from moltwatch.model import AgentSeen, Event, Gap, Heartbeat, Post
from moltwatch.sources.moltbook.news import News, release
from moltwatch.sources.moltbook.planner import MOST_PAGES, SOONEST, SURVEY, Planner
from moltwatch.sources.moltbook.threads import AGAIN, LATE, Threads, Why
from moltwatch.sources.moltbook.wire import PAGE, Ask, Listed, Page, Request, post_of
from moltwatch.times import DAY, HOUR, MINUTE, SECOND, Micros
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
    assert asked(planner.next(now))["offset"] == "1", "pages overlap"
    assert planner.took_new(page("e", "d", "c", cursor="x"), T0, now) == []
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


def test_a_list_that_ends_before_what_was_known_is_a_gap() -> None:
    planner = begun("a")
    now = planner.due
    full = [f"n{number}" for number in range(PAGE)]
    assert planner.took_new(page(*full, cursor="x"), now, now) == []
    (gap,) = planner.took_new(page(), None, now)
    assert isinstance(gap, Gap)
    assert (gap.since, gap.reason) == (T0, "the list of new posts ends before what was known")
    assert not gap.recovered


def test_a_list_that_ends_where_nothing_was_known_is_whole() -> None:
    planner = begun()
    now = planner.due
    full = [f"n{number}" for number in range(PAGE)]
    assert planner.took_new(page(*full, cursor="x"), now, now) == []
    assert planner.took_new(page(), None, now) == []


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
        {"sort": "new", "cursor": None, "offset": "5"},
        {"sort": "hot", "cursor": None, "offset": None},
    ]


def names(prefix: str, n: int) -> set[str]:
    return {f"{prefix}{number}" for number in range(n)}


def test_a_thread_read_in_pages_and_to_its_end() -> None:
    planner = Planner("test")
    planner.took_new(page("t", comments=150), T0, T0)
    first = planner.next(T0)
    assert first is not None
    assert first.ask is Ask.COMMENTS
    planner.took_thread(first, page("c1", cursor="x"), T0, given=names("a", 100), new=100)
    second = planner.next(T0)
    assert asked(second)["cursor"] == "x"
    assert second is not None
    planner.took_thread(second, page("c2"), T0, given=names("b", 45), new=45)
    assert planner.next(T0) is None
    assert planner.report(T0 + MINUTE) == [], "five were deleted before anybody watched"


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
        threads.took(best.id, T0, fresh=best.waiting, given=best.waiting, cut=None)
    assert order == ["b", "a"]
    for minutes in range(1, 6):  # a gets a comment a minute, and then no list shows it
        tell(threads, "a", 3 + minutes, T0 + minutes * MINUTE)
    threads.took("a", T0 + 5 * MINUTE, fresh=5, given=8, cut=None)
    best = threads.best(T0 + 8 * MINUTE)
    assert best is not None
    assert best.id == "a"


def test_comments_are_missed_once() -> None:
    threads = Threads()
    tell(threads, "a", 10, T0)
    assert threads.missed(T0 + LATE - 1) == []
    (missed,) = threads.missed(T0 + LATE)
    assert (missed.thread, missed.comments, missed.since) == ("a", 10, T0)
    assert missed.why is Why.WAITING
    tell(threads, "a", 12, T0 + LATE)
    (more,) = threads.missed(T0 + 2 * LATE)
    assert more.comments == 2, "what came later waits for itself"
    threads.took("a", T0 + 2 * LATE, fresh=4, given=4, cut=Why.CUT)
    assert threads.missed(T0 + 9 * LATE) == []


def test_what_the_server_cuts_off_is_missed_however_old_it_is() -> None:
    threads = Threads()
    tell(threads, "old", 5_000, T0, born=False)
    threads.took("old", T0, fresh=500, given=500, cut=Why.CUT)
    assert [missed.comments for missed in threads.missed(T0)] == [4_500]
    tell(threads, "old", 5_300, T0 + MINUTE)
    threads.took("old", T0 + MINUTE, fresh=100, given=500, cut=Why.CUT)
    assert [missed.comments for missed in threads.missed(T0 + MINUTE)] == [200]


def test_a_full_page_of_known_comments_is_not_all_there_is() -> None:
    threads = Threads()
    tell(threads, "t", 500, T0)
    threads.took("t", T0, fresh=500, given=500, cut=Why.CUT)
    assert threads.missed(T0) == []
    tell(threads, "t", 520, T0 + MINUTE)
    threads.took("t", T0 + MINUTE, fresh=0, given=500, cut=Why.CUT)
    (missed,) = threads.missed(T0 + MINUTE)
    assert (missed.comments, missed.why) == (20, Why.CUT)
    threads.took("t", T0 + 2 * MINUTE, fresh=0, given=500, cut=Why.CUT)
    assert threads.missed(T0 + 2 * MINUTE) == [], "told of once"


def test_a_list_that_lags_behind_is_no_hole() -> None:
    """A comment that came before the list knew of it is not counted twice, and a number that goes
    down and up again is not two new comments."""
    threads = Threads()
    tell(threads, "t", 10, T0)
    threads.took("t", T0, fresh=12, given=12, cut=None)
    for number in (12, 10, 12):
        tell(threads, "t", number, T0 + MINUTE)
        threads.took("t", T0 + MINUTE, fresh=0, given=12, cut=None)
    assert threads.missed(T0 + 9 * LATE) == []


def test_comments_that_lag_behind_their_number_are_asked_for_once_more() -> None:
    threads = Threads()
    tell(threads, "t", 10, T0)
    threads.took("t", T0, fresh=7, given=7, cut=None)
    assert threads.best(T0 + SECOND) is None
    threads.rank_again()
    late = threads.best(T0 + AGAIN)
    assert late is not None
    assert late.waiting == 3
    threads.took("t", T0 + AGAIN, fresh=3, given=10, cut=None)
    assert threads.missed(T0 + 9 * LATE) == []


def test_a_number_that_counts_what_was_deleted() -> None:
    """Told of once where that was under our eyes, and never again; deletions that were never seen
    otherwise are nobody's hole."""
    threads = Threads()
    tell(threads, "old", 10, T0, born=False)
    threads.took("old", T0, fresh=8, given=8, cut=None)
    assert threads.missed(T0) == []
    tell(threads, "old", 13, T0 + MINUTE)
    threads.took("old", T0 + MINUTE, fresh=2, given=10, cut=None)
    threads.took("old", T0 + 2 * MINUTE, fresh=0, given=10, cut=None)
    (missed,) = threads.missed(T0 + 2 * MINUTE)
    assert (missed.comments, missed.why) == (1, Why.HELD)
    tell(threads, "old", 14, T0 + 3 * MINUTE)
    threads.took("old", T0 + 3 * MINUTE, fresh=1, given=11, cut=None)
    assert threads.missed(T0 + 9 * LATE) == []


def test_a_number_that_counts_what_was_deleted_no_more_hides_nothing() -> None:
    threads = Threads()
    tell(threads, "t", 500, T0)
    threads.took("t", T0, fresh=500, given=500, cut=Why.CUT)
    tell(threads, "t", 490, T0 + MINUTE)
    tell(threads, "t", 495, T0 + 2 * MINUTE)
    assert [thread.waiting for thread in (threads.best(T0 + 2 * MINUTE),) if thread] == [5]
    threads.took("t", T0 + 2 * MINUTE, fresh=2, given=490, cut=Why.CUT)
    assert [missed.comments for missed in threads.missed(T0 + 2 * MINUTE)] == [3]


def test_a_number_that_goes_down_may_hide_as_many_new_ones() -> None:
    """One was deleted and one written: the number is as it was. Where numbers go down, a thread is
    read from time to time all the same."""
    threads = Threads()
    tell(threads, "a", 5, T0)
    tell(threads, "b", 5, T0)
    for id in "ab":
        threads.took(id, T0, fresh=5, given=5, cut=None)

    def due(now: Micros) -> list[str]:
        for id in "ab":
            tell(threads, id, 5, now)
        threads.rank_again()
        best = threads.best(now)
        return [best.id] if best else []

    assert due(T0 + HOUR) == []
    tell(threads, "b", 4, T0 + HOUR)
    threads.took("b", T0 + HOUR, fresh=0, given=4, cut=None)
    assert due(T0 + HOUR) == ["b"], "5 again, and one waits"
    threads.took("b", T0 + HOUR, fresh=1, given=5, cut=None)
    assert due(T0 + HOUR) == ["a"], "not looked at for an hour"
    threads.took("a", T0 + HOUR, fresh=1, given=5, cut=None)
    assert due(T0 + HOUR + MINUTE) == []
    assert threads.missed(T0 + 9 * HOUR) == []


def test_a_thread_whose_comments_nobody_counts() -> None:
    threads = Threads()
    threads.tell(Listed(id="t"), T0, new=True, born=True)
    threads.took("t", T0, fresh=80, given=80, cut=None)
    assert threads.missed(T0) == []
    threads.took("t", T0, fresh=20, given=100, cut=Why.CUT)
    (missed,) = threads.missed(T0)
    assert (missed.comments, missed.why) == (None, Why.UNCOUNTED)
    tell(threads, "t", 103, T0 + MINUTE)
    assert [thread.waiting for thread in (threads.best(T0 + MINUTE),) if thread] == [3]


def test_a_thread_older_than_the_watch_is_followed_from_its_first_reading_on() -> None:
    threads = Threads()
    threads.tell(Listed(id="old", comments=60), T0, new=False, born=False)
    assert threads.best(T0) is None, "busy for long, maybe: wait until it moves"
    threads.tell(Listed(id="old", comments=61), T0 + SECOND, new=False, born=False)
    threads.took("old", T0 + SECOND, fresh=61, given=61, cut=None)
    threads.tell(Listed(id="old", comments=62), T0 + 2 * SECOND, new=False, born=False)
    threads.rank_again()
    best = threads.best(T0 + 2 * SECOND)
    assert best is not None
    assert best.waiting == 1


@given(
    st.lists(
        st.tuples(
            st.none() | st.integers(0, 40), st.integers(0, 40), st.sampled_from([None, *Why])
        ),
        max_size=30,
    )
)
def test_nothing_is_missed_more_often_than_it_was_counted(
    steps: list[tuple[int | None, int, Why | None]],
) -> None:
    """Whatever a server says: never more than it ever counted, and what is missing is settled."""
    threads, now, most, missed = Threads(), T0, 0, 0
    rises, last = 0, 0
    for told, given_, cut in steps:
        threads.tell(Listed(id="t", comments=told), now, new=True, born=True)
        if told is not None:
            rises, last, most = rises + max(0, told - last), told, max(most, told)
        threads.took("t", now, fresh=0, given=given_, cut=cut)
        now += AGAIN
        missed += sum(one.comments or 0 for one in threads.missed(now))
    assert missed <= rises
    if (thread := threads.get("t")) is not None and not thread.doubted:
        assert thread.waiting == 0


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
