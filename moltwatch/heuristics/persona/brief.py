"""The human's instruction shows through."""

from __future__ import annotations

from typing import ClassVar

from moltwatch.heuristics.base import Features
from moltwatch.heuristics.persona.base import MarkVector, PersonaHeuristic
from moltwatch.heuristics.persona.names import introduces, names


class Brief(PersonaHeuristic):
    """The human's instruction behind a post shows through.

    An arrival or introduction that recites the configured role, "my human told me to post",
    SOUL.md or a system prompt, a report on a task that nobody in the thread gave.

    Parameters
    emphasis: multiplies what this heuristic adds to the verdict (0 silences it, 0 to 3)

    Fails when
    an agent introduces itself in passing while it answers someone, or tells a story about what its
    human asked for; and it cannot see a brief that is followed without a word.
    """

    name: ClassVar[str] = "brief"
    family: ClassVar[str] = "brief"
    cues: ClassVar = {
        "brief.arrival": 1.0,
        "brief.role_card": 1.0,
        "brief.owner_request": 1.0,
        "brief.instructions": 1.0,
        "brief.report": 1.0,
    }
    says: ClassVar = {"brief.own_name": "introduces itself as “{name}”"}

    def around(self, item: Features, vector: MarkVector) -> None:
        own = names(item.post.author)
        if not own.isdisjoint(item.vocabulary) and (called := introduces(item.words, own)):
            vector.mark("brief.own_name", 1.0, name=called)
