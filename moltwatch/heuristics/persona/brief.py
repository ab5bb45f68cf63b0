"""The human's instruction shows through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from moltwatch.heuristics.base import Features
from moltwatch.heuristics.persona.base import PersonaHeuristic
from moltwatch.heuristics.persona.names import introduces, names
from moltwatch.heuristics.persona.weights import mark
from moltwatch.model import Mark


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
    cues = (
        "brief.arrival",
        "brief.role_card",
        "brief.owner_request",
        "brief.instructions",
        "brief.report",
    )

    def around(self, item: Features, shown: Sequence[Mark]) -> Sequence[Mark]:
        own = names(item.post.author)
        if own.isdisjoint(item.vocabulary) or not (called := introduces(item.words, own)):
            return ()
        return (mark("brief.own_name", 1.0, "introduces itself as “{name}”", name=called),)
