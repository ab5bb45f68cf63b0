"""An account of which very many posts are flagged matters, however weak each of them is."""

from __future__ import annotations

from collections.abc import Iterable

from moltwatch.model import FlaggedPost, Kind, Post, Scores
from moltwatch.session import Session
from moltwatch.session.charge import Charge
from moltwatch.session.charges import Case, Charges
from moltwatch.session.floods import AT_ONCE, FEWEST, PART, WITHIN, flooded
from moltwatch.times import DAY, HOUR, MINUTE, SECOND, Micros
from tests.evidence import evidence

NOON: Micros = 1_770_000_000 * SECOND


def post(
    n: int, at: Micros, author: str = "rally", thread: str = "", text: str = "", written: Micros = 0
) -> Post:
    return Post(
        id=f"{author}-{n}", thread=thread or f"t{n}", parent=thread or f"t{n}", author=author,
        text=text or f"welcome, number {n}", seen_at=NOON + at, created_at=written or NOON + at,
    )  # fmt: skip


def flagged(post: Post, score: float = 0.53) -> FlaggedPost:
    flag = evidence(kind=Kind.PERSONA, score=score)
    at, scores = post.seen_at, Scores(persona=score)
    return FlaggedPost(at=at, kind=Kind.PERSONA, post=post, scores=scores, flags=(flag,))


def fed(posts: Iterable[Post], score: float = 0.53) -> Case:
    """The case of one account, all of whose posts are flagged."""
    session = Session()
    for each in posts:
        session.take(each, [flagged(each, score)])
    [case] = session.charges.cases
    return case


def test_who_fills_the_forum_matters_with_weak_posts() -> None:
    session = Session()
    for n in range(FEWEST - 1):
        mine, other = post(n, n * MINUTE), post(n, n * MINUTE, "ann")
        session.take(mine, [flagged(mine)])
        session.take(other, [])
    [case] = session.charges.cases
    assert not (case.flood or case.matters or case.marked)
    last = post(FEWEST, 2 * HOUR)
    session.take(last, [flagged(last)])
    [case] = session.charges.cases
    assert case.flood is not None and case.flood.burst is None and case.matters
    assert case.flood.part == FEWEST / session.posts
    assert case.flood.times == FEWEST, "the same but for a number"
    assert [at for at, _ in case.marked] == [NOON], "the time line knows where it begins"


def test_many_of_very_many_are_no_flood() -> None:
    charges = [Charge(flagged(post(n, n * MINUTE)), Kind.PERSONA) for n in range(3)]
    enough = round(FEWEST / PART)
    assert flooded(None, charges, FEWEST, enough) is not None
    assert flooded(None, charges, FEWEST, enough + 100) is None
    known = flooded(None, charges, FEWEST, enough)
    assert flooded(known, charges, FEWEST + 1, 10 * enough) is known, "what was one stays one"
    assert known is not None and known.part == PART, "and is told with the most it was"


def test_who_fills_a_thread_within_minutes_matters() -> None:
    soon = WITHIN // AT_ONCE
    one_thread = [post(n, n * soon, thread="t") for n in range(AT_ONCE)]
    assert fed(one_thread[:-1]).flood is None
    case = fed(one_thread)
    assert case.flood is not None and case.flood.burst is not None and case.flood.part == 0
    assert (case.flood.burst.n, case.flood.burst.within) == (AT_ONCE, (AT_ONCE - 1) * soon)
    assert fed(post(n, n * soon) for n in range(AT_ONCE)).flood is None, "in many threads"
    slowly = [post(n, n * 2 * soon, thread="t") for n in range(AT_ONCE)]
    assert fed(slowly).flood is None
    of_a_day = [post(n, n, thread="t", written=NOON - DAY + n * HOUR // 2) for n in range(AT_ONCE)]
    assert fed(of_a_day).flood is None, "a day's posts that are seen at once"


def test_a_burst_goes_on_and_another_is_another() -> None:
    first = [post(n, n * SECOND, thread="t") for n in range(AT_ONCE + 10)]
    again = [post(50 + n, HOUR + n * SECOND, thread="t") for n in range(AT_ONCE + 2)]
    flood = fed([*first, *again]).flood
    assert flood is not None and flood.burst is not None
    assert flood.burst.n == AT_ONCE + 10 and flood.burst.within == (AT_ONCE + 9) * SECOND


def test_a_flood_is_kept_when_weak_personas_are_let_go() -> None:
    charges, posts = Charges(most=100), 0
    for n in range(AT_ONCE):
        posts += 1
        charges.add(Charge(flagged(post(n, n * SECOND, thread="t")), Kind.PERSONA), posts)
    [flood] = charges.cases
    for n in range(500):
        posts += 1
        charges.add(Charge(flagged(post(n, n * MINUTE, f"meek{n}")), Kind.PERSONA), posts)
    assert len(charges) == 100 and charges.keeps(flood) and flood.stands
    assert flood.flood is not None and flood.posts == AT_ONCE
