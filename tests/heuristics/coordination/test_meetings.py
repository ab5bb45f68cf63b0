"""How early a ring that shares no text is told: by its first meeting, or its second."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from moltwatch.heuristics.coordination import visits as visiting
from moltwatch.heuristics.coordination.percolation import Percolation
from moltwatch.heuristics.coordination.significance import at_least, lured
from moltwatch.heuristics.coordination.visits import MOST_GUESTS, Reunion, Visits
from moltwatch.model import Act, FlaggedPost, Post
from moltwatch.times import MINUTE, SECOND
from tests.heuristics.coordination.forum import Forum, coordination, flagged, groups, run
from tests.heuristics.coordination.test_campaigns import LATER, NAMES
from tests.heuristics.coordination.test_rings import saying


def meeting(
    forum: Forum, names: Sequence[str], second: float, *, every: float = 20.0, n: int = 0
) -> list[Post]:
    """Accounts come to a new thread, one after the other."""
    root = forum.post(forum.regular(n), saying(1_000 + n), second - 30)
    return [root] + [
        forum.post(name, saying(100 * n + k), second + every * k + k % 3, thread=root.id)
        for k, name in enumerate(names)
    ]


def settled(forum: Forum, names: Sequence[str]) -> list[Post]:
    """What accounts wrote before, each on its own."""
    return [
        forum.post(name, saying(5_000 + 10 * n + k), 4_000 + 131 * n + 611 * k)
        for n, name in enumerate(names)
        for k in range(5)
    ]


def first_flag(found: Sequence[object]) -> float:
    """Seconds from the first day's beginning to the first flag."""
    return min(f.at for f in found if isinstance(f, FlaggedPost)) / SECOND % 100_000


def test_newcomers_all_at_once_are_told_within_a_minute_of_the_third() -> None:
    forum = Forum()
    raid = meeting(forum, NAMES, LATER)
    found = run([*forum.chatter(4.0), *raid], coordination(["thread-burst"]))
    assert flagged(found) == set(NAMES)
    assert first_flag(found) - raid[3].seen_at / SECOND % 100_000 <= 60


def test_newcomers_who_come_by_and_by_are_welcome() -> None:
    forum = Forum()
    slowly = meeting(forum, NAMES, LATER, every=90)
    assert not flagged(run([*forum.chatter(4.0), *slowly], coordination(["thread-burst"])))


def test_where_newcomers_always_begin_many_are_nothing_unusual() -> None:
    forum = Forum()
    begun = [f"guest{a}{b}" for a in NAMES for b in NAMES]
    root, *_ = welcome = meeting(forum, begun[:20], 3_000, every=100)
    rush = [
        forum.post(name, saying(900 + n), LATER + 20 * n, thread=root.id)
        for n, name in enumerate(begun[20:26])
    ]
    assert not flagged(run([*forum.chatter(4.0), *welcome, *rush], coordination(["thread-burst"])))


def test_settled_accounts_are_told_when_they_meet_again() -> None:
    forum = Forum()
    first, again = meeting(forum, NAMES[:5], LATER), meeting(forum, NAMES[:5], LATER + 900, n=1)
    events = [*forum.chatter(4.0), *settled(forum, NAMES), *first, *again]
    found = run(events, coordination(["co-reply"]))
    assert flagged(found) == set(NAMES[:5])
    assert first_flag(found) <= again[4].seen_at / SECOND % 100_000
    assert len({group.id for group in groups(found)}) == 1


def test_a_passer_by_of_two_meetings_is_none_of_the_ring() -> None:
    forum = Forum()
    events = [*forum.chatter(4.0), *settled(forum, NAMES)]
    for n in range(2):
        root, *ring = meeting(forum, NAMES[:5], LATER + 900 * n, every=4, n=n)
        late = ring[-1].seen_at - root.seen_at + 150 * SECOND
        events += [root, *ring]
        events.append(
            forum.post(
                NAMES[6], saying(77 + n), LATER + 900 * n - 30 + late / SECOND, thread=root.id
            )
        )
    assert flagged(run(events, coordination(["co-reply"]))) == set(NAMES[:5])


def test_three_who_meet_again_are_too_few() -> None:
    forum = Forum()
    events = [*forum.chatter(4.0), *settled(forum, NAMES)]
    for n in range(2):
        events += meeting(forum, NAMES[:3], LATER + 900 * n, n=n)
    assert not flagged(run(events, coordination(["co-reply"])))


def crowd(visits: Visits, thread: str, accounts: Sequence[str], at: int) -> None:
    for n, account in enumerate(accounts):
        visits.come(account, thread, Act(f"{thread}{account}", account, at + n * SECOND))


@pytest.mark.parametrize(("strangers", "told"), [(0, True), (MOST_GUESTS, False)])
def test_on_a_crowded_thread_everybody_meets_everybody(strangers: int, told: bool) -> None:
    visits = Visits(600 * MINUTE, 5 * MINUTE)
    for n in range(200):
        visits.come(f"x{n}", f"t{n}", Act("", f"x{n}", n))
    crowd(visits, "one", [*NAMES[:4], *(f"s{n}" for n in range(strangers))], MINUTE)
    crowd(visits, "two", NAMES[:3], 9 * MINUTE)
    near = visits.come(NAMES[3], "two", Act("last", NAMES[3], 9 * MINUTE + 3 * SECOND))
    assert near == NAMES[2::-1]
    reunion = visits.again(NAMES[3], "two", near)
    assert bool(reunion and reunion.chance < 1e-4) is told


def test_meetings_within_a_minute_are_one() -> None:
    visits = Visits(600 * MINUTE, 5 * MINUTE)
    crowd(visits, "one", NAMES[:4], 0)
    crowd(visits, "two", NAMES[:3], 30 * SECOND)
    near = visits.come(NAMES[3], "two", Act("last", NAMES[3], 33 * SECOND))
    assert near and visits.again(NAMES[3], "two", near) is None


def test_in_step_are_those_who_keep_the_pace() -> None:
    visits = Visits(600 * MINUTE, 5 * MINUTE)
    for thread, begin in (("one", 0), ("two", 9 * MINUTE)):
        crowd(visits, thread, NAMES[:4], begin)
        visits.come("late", thread, Act(f"{thread}late", "late", begin + 100 * SECOND))
    reunion = Reunion(("late", *NAMES[:4]), ("one", "two"), 0.0)
    assert visits.in_step(reunion) == NAMES[:4]


def test_merged_communities_are_found_in_one_step() -> None:
    graph = Percolation()
    for n in range(0, 400, 2):  # triangles side by side, joined from the last to the first
        for a, b in ((n, n + 1), (n, n + 1000), (n + 1, n + 1000)):
            graph.connect(f"{a:04}", f"{b:04}")
    for n in range(398, 1, -2):
        for a in (n, n + 1):
            for b in (n - 2, n - 1):
                graph.connect(f"{a:04}", f"{b:04}")
    names = {graph.community(f"{n:04}", f"{n + 1:04}") for n in range(0, 400, 2)}
    assert len(names) == 1
    merged = vars(graph)["_merged"]
    assert set(merged.values()) == names


def test_what_a_young_session_does_not_know_may_be_crowded() -> None:
    forum = Forum()
    events = forum.chatter(0.5)
    for n in range(2):
        _, *ring = meeting(forum, NAMES[:5], 300 + 600 * n, n=n)  # the root came before the stream
        events += ring
    assert not flagged(run(events, coordination(["co-reply"])))


def page_push(forum: Forum, page: str, accounts: int) -> list[Post]:
    return [
        forum.post(name, f"{saying(n)} https://reefdrop{'.'}example{page}", 300 + 20 * n)
        for n, name in enumerate(NAMES[:accounts])
    ]


@pytest.mark.parametrize(
    ("page", "accounts", "told"), [("/join", 4, 4), ("/join", 3, 0), ("", 8, 0)]
)
def test_a_page_on_several_lips_needs_no_warm_up(page: str, accounts: int, told: int) -> None:
    forum = Forum()
    events = [*forum.chatter(0.5), *page_push(forum, page, accounts)]
    assert len(flagged(run(events, coordination(["link-push"])))) == told


@pytest.mark.parametrize(("every", "told"), [(60, 8), (300, 0)])
def test_a_padded_family_that_begins_at_once_needs_no_other_evidence(every: int, told: int) -> None:
    forum = Forum()
    family = [forum.post(f"quorum_{n:03}", saying(n), LATER + every * n) for n in range(8)]
    found = run([*forum.chatter(4.0), *family], coordination(["name-family"]))
    assert len(flagged(found)) == told


def variants(forum: Forum, text: str, every: float) -> list[Post]:
    """A short text from eight accounts, a word of it changed each time."""
    return [
        forum.post(forum.regular(n), text.format(word), LATER + every * n)
        for n, word in enumerate(
            ["drawer", "pantry", "cellar", "locker", "hangar", "garage", "attic", "vault"]
        )
    ]


@pytest.mark.parametrize(
    ("text", "every", "told"),
    [
        ("the harbour keeps my {} better", 20, 8),
        ("the harbour keeps my {} better", 400, 0),
        ("our {} is up", 20, 0),
    ],
)
def test_one_word_of_a_short_text_may_change(text: str, every: float, told: int) -> None:
    forum = Forum()
    events = [*forum.chatter(4.0), *variants(forum, text, every)]
    assert len(flagged(run(events, coordination(["template"])))) == told


def test_who_was_there_but_sometimes_is_a_passer_by() -> None:
    visits = Visits(600 * MINUTE, 5 * MINUTE)
    for n in range(5):
        company = [*NAMES[:4], "sometimes"] if n in (1, 4) else NAMES[:4]
        crowd(visits, f"t{n}", company, n * 9 * MINUTE)
    reunion = Reunion((*NAMES[:4], "sometimes"), ("t1", "t4"), 0.0)
    assert visits.in_step(reunion) == NAMES[:4]


@pytest.mark.parametrize(("every", "told"), [(30, 4), (300, 0)])
def test_a_long_form_takes_few_accounts_if_they_come_at_once(every: int, told: int) -> None:
    forum = Forum()
    form = (
        "my harbour keeps {} in the long drawer behind {} and nobody there ever asks for {} again"
    )
    slots = [("keys", "maps", "soup"), ("oil", "rope", "ink"), ("tea", "wax", "salt")]
    slots.append(("nets", "lamps", "bread"))
    events = forum.chatter(4.0) + [
        forum.post(forum.regular(n), form.format(*filling), LATER + every * n)
        for n, filling in enumerate(slots)
    ]
    assert len(flagged(run(events, coordination(["template"])))) == told


def test_a_meeting_that_one_of_them_forgot_does_not_count() -> None:
    visits = Visits(60 * MINUTE, 5 * MINUTE)
    crowd(visits, "one", NAMES[:4], 0)
    late = 60 * MINUTE + 2 * SECOND  # the first two visits are older than an hour by then
    crowd(visits, "two", NAMES[:3], late)
    near = visits.come(NAMES[3], "two", Act("last", NAMES[3], late))
    assert near == NAMES[2::-1]
    assert visits.again(NAMES[3], "two", near) is None


def test_who_is_forgotten_and_comes_anew_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visiting, "MOST_VISITED", 2)
    monkeypatch.setattr(visiting, "ZEAL", 0)
    visits = Visits(60 * MINUTE, 5 * MINUTE)
    a, b, c, *_ = NAMES
    for n, thread in enumerate(("one", "else", "other", "one")):
        visits.come(a, thread, Act("", a, n * SECOND))
    crowd(visits, "one", [b, c], 10 * SECOND)
    crowd(visits, "two", [a, b], 9 * MINUTE)
    near = visits.come(c, "two", Act("", c, 9 * MINUTE + 3 * SECOND))
    assert near == [b, a]
    reunion = visits.again(c, "two", near)
    assert reunion and reunion.accounts == (c, a, b)
    assert reunion.chance == at_least(2, 2, lured(2 / 9))  # of nine visits, two were elsewhere


def test_a_reason_names_no_chance_that_nobody_knows() -> None:
    forum = Forum()
    first, again = meeting(forum, NAMES[:5], LATER), meeting(forum, NAMES[:5], LATER + 900, n=1)
    events = [*forum.chatter(4.0), *settled(forum, NAMES), *first, *again]
    found = run(events, coordination(["co-reply"]))
    reasons = {
        flag.reason for each in found if isinstance(each, FlaggedPost) for flag in each.flags
    }
    assert any(reason.endswith("by chance less than once in 1,000,000") for reason in reasons)
