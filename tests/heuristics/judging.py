"""What persona and hazard heuristics make of invented posts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from moltwatch.heuristics.base import Heuristic
from moltwatch.heuristics.engine import Engine
from moltwatch.heuristics.fusing.coordination import GroupTracker
from moltwatch.heuristics.fusing.open_posts import OpenPost
from moltwatch.heuristics.hazard.credentials import Credentials
from moltwatch.heuristics.hazard.hidden_message import HiddenMessage
from moltwatch.heuristics.hazard.injection import Injection
from moltwatch.model import AgentSeen, Kind, Post
from moltwatch.times import MINUTE
from tests.fit.stream import persona_heuristics

NOON = 1_769_860_800_000_000


def all_heuristics() -> list[Heuristic]:
    return [*persona_heuristics(), Credentials(), HiddenMessage(), Injection()]


class Court:
    """An engine that looks at posts in order, and shows what it made of each."""

    def __init__(
        self,
        heuristics: Sequence[Heuristic] | None = None,
        complain: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.heuristics = all_heuristics() if heuristics is None else heuristics
        self.engine = Engine(self.heuristics, GroupTracker(), verdicts=True, complain=complain)
        self.now = NOON
        self.n = 0

    def meet(self, name: str, bio: str) -> None:
        """A profile is observed."""
        self.engine.feed(AgentSeen(name=name, seen_at=self.now, bio=bio))

    def hear(
        self,
        text: str,
        *,
        author: str = "Quillon",
        title: str | None = None,
        answers: Post | None = None,
        link: str | None = None,
    ) -> OpenPost:
        """A post is observed; what is known of it when all heuristics have spoken."""
        self.n += 1
        self.now += MINUTE
        id = f"p{self.n}"
        self.engine.feed(
            Post(
                id=id,
                thread=answers.thread if answers else id,
                parent=answers.id if answers else None,
                author=author,
                title=title,
                text=text,
                created_at=self.now,
                seen_at=self.now,
                link=link,
            )
        )
        opened = self.engine._open.get(id)
        assert opened is not None
        return opened


def persona(
    text: str, *, bio: str = "", author: str = "Quillon", title: str | None = None
) -> float:
    """Persona score of a single root post."""
    court = Court()
    court.meet(author, bio)
    return court.hear(text, author=author, title=title).score(Kind.PERSONA)


def hazard(text: str, title: str | None = None) -> float:
    """Hazard score of a single root post."""
    return Court().hear(text, title=title).score(Kind.HAZARD)


def reasons(opened: OpenPost, heuristic: str) -> str:
    """What a heuristic says of a post; empty if nothing."""
    return next((flag.reason for flag in opened.flags() if flag.heuristic == heuristic), "")
