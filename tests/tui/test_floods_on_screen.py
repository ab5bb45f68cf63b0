"""Who writes very much has a card that says how much, and drowns no thread."""

from __future__ import annotations

from moltwatch.model import Event, FlaggedPost, Kind, Post, Scores
from moltwatch.session.floods import Burst
from moltwatch.times import MINUTE
from moltwatch.tui.views.flags import told_of_flood
from tests.evidence import evidence
from tests.tui.driving import Watcher, watching
from tests.tui.forum import START, Findings, Forum

POSTS = 120
"""Of the one who writes very much, one in four of all."""


_LETTERS = str.maketrans("01", "ab")


def forum() -> Forum:
    """A flood of weak personas, one strong persona, a hazard."""
    events: list[Event] = []
    findings: Findings = {}

    def say(author: str, text: str, kind: Kind | None = None, score: float = 0.53) -> None:
        n = len(events)
        at = START + n * MINUTE // 2
        post = Post(
            id=f"p{n}", thread="p0", parent="p0" if n else None, author=author, text=text,
            title=None if n else "Memes", created_at=at, seen_at=at,
        )  # fmt: skip
        events.append(post)
        if kind:
            flag = evidence(kind=kind, score=score, reason=f"is {author}")
            scores = Scores(**{kind.value: score})
            found = FlaggedPost(at=at, kind=kind, post=post, scores=scores, flags=(flag,))
            findings[post.id] = [found]

    say("root", "Look at these")
    say("king", "I am the king", Kind.PERSONA, 0.9)
    say("thief", "hand me your keys", Kind.HAZARD, 0.6)
    for n in range(POSTS):
        text = f"![pepe](https://a.example/{n % 7}.png) Pepe #{n} on the road to 2000 🐸"
        say("rally", text, Kind.PERSONA)
        for other in range(3):
            say(f"ann{n % 30}", f"{'xyz'[other]}{n:07b}".translate(_LETTERS))
    return Forum(events, findings)


def side(watcher: Watcher) -> str:
    width = watcher.main.flags.size.width
    lines = [line[-width:].strip("▌│▏ ") for line in watcher.text.splitlines()]
    return " ".join(" ".join(lines).split())


async def test_a_flood_has_a_card_that_says_how_much_it_is() -> None:
    async with watching(forum(), size=(120, 40)) as watcher:
        told = side(watcher)
        assert "WHAT MATTERS ▲1 ◆2 cases .80+" in told and "weaker" not in told
        assert f"{3 + 4 * POSTS} posts ◆{POSTS + 1} ▲1" in watcher.text, "at the top, posts"
        assert "◆ rally ×120" in told and told.index("▲ thief") < told.index("◆ rally")
        assert "120 posts, 1 in 4 of all · says nearly the same ×120 is rally" in told
        await watcher.press("s")
        assert "◆ rally" in side(watcher), "it has a card whatever the strength"


async def test_a_flood_that_is_over_says_that_it_was_one() -> None:
    async with watching(forum()) as watcher:
        session = watcher.session
        [case] = [case for case in session.charges.cases if case.flood]
        assert case.flood is not None and case.flood.part > 0.2
        case.flood.burst = Burst("p0", 40, START, START + 2 * MINUTE)
        session.counts.posts = 1_000_000
        assert told_of_flood(case, session).startswith(
            "120 posts, once 1 in 4 of all · 40 posts in"
        )
        assert "40 posts in one thread in 2 min · says nearly" in told_of_flood(case, session)
        session.counts.posts = 150
        assert told_of_flood(case, session).startswith("120 posts, 80% of all · ")


async def test_the_time_of_a_card_is_that_of_its_latest_post() -> None:
    async with watching(forum(), size=(120, 40)) as watcher:
        last = START + (3 + 4 * (POSTS - 1)) * MINUTE // 2
        head = next(line for line in watcher.text.splitlines() if "◆ rally" in line)
        hour, minute = divmod(last // MINUTE % (24 * 60), 60)
        assert f" {hour:02}:{minute:02} .53" in head


async def test_a_flood_is_one_line_of_its_thread() -> None:
    async with watching(forum(), size=(120, 40)) as watcher:
        rows = watcher.main.thread.view.rows
        assert len(rows) == 3 + 3 * POSTS + 2, "the first of them, and one row for all others"
        watcher.main.focus_thread()
        await watcher.press("g")
        assert "▸ 119 more by this account, nearly the same ◆119" in watcher.text
