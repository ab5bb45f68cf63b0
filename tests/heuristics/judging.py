"""What persona and hazard heuristics make of invented posts."""

from __future__ import annotations

from collections.abc import Sequence

from moltwatch.heuristics.base import Heuristic
from moltwatch.heuristics.hazard.credentials import Credentials
from moltwatch.heuristics.hazard.hidden_message import HiddenMessage
from moltwatch.heuristics.hazard.injection import Injection
from moltwatch.heuristics.features.memory import Memory
from moltwatch.heuristics.persona.bio_echo import BioEcho
from moltwatch.heuristics.persona.brief import Brief
from moltwatch.heuristics.persona.character import Character
from moltwatch.heuristics.persona.conversation import Conversation
from moltwatch.heuristics.persona.manifesto import Manifesto
from moltwatch.heuristics.persona.promotion import Promotion
from moltwatch.heuristics.persona.self_repetition import SelfRepetition
from moltwatch.heuristics.fusing.verdict import Case, Said
from moltwatch.model import AgentSeen, Kind, Post
from moltwatch.times import MINUTE

NOON = 1_769_860_800_000_000


def all_heuristics() -> list[Heuristic]:
    return [
        BioEcho(),
        Brief(),
        Character(),
        Conversation(),
        Credentials(),
        HiddenMessage(),
        Injection(),
        Manifesto(),
        Promotion(),
        SelfRepetition(),
    ]


class Court:
    """Looks at posts in order, as an engine would, and keeps their cases."""

    def __init__(self, heuristics: Sequence[Heuristic] | None = None) -> None:
        self.heuristics = all_heuristics() if heuristics is None else heuristics
        self.memory = Memory()
        self.now = NOON
        self.n = 0
        self.said: list[Said] = []
        """What was said of the last post."""

    def meet(self, name: str, bio: str) -> None:
        """A profile is observed."""
        self.memory.learn(AgentSeen(name=name, seen_at=self.now, bio=bio))

    def hear(
        self,
        text: str,
        *,
        author: str = "Quillon",
        title: str | None = None,
        answers: Post | None = None,
        link: str | None = None,
    ) -> Case:
        """A post is observed; its case when all heuristics have spoken."""
        self.n += 1
        self.now += MINUTE
        id = f"p{self.n}"
        post = Post(
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
        item = self.memory.item(post)
        case = Case(post)
        self.said = [
            (heuristic.name, heuristic.kind, heuristic.family, signal)
            for heuristic in self.heuristics
            for signal in heuristic.observe(item)
        ]
        case.weigh(self.said)
        for one in self.said:
            case.hold(one)
        self.memory.remember(item)
        return case


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


def reasons(case: Case, heuristic: str) -> str:
    """What a heuristic says of a case; empty if nothing."""
    return next((flag.reason for flag in case.flags() if flag.heuristic == heuristic), "")
