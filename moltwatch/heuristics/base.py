"""What a heuristic is.

A heuristic is a class whose constructor arguments are its parameters; under the same names they
are its section in the configuration file (``[heuristics.NAME]``). It sees each post once, in
stream order, together with what is remembered of its author and thread, and answers with signals:
reasons, each for one post, graded 0 to 1. Only coordination looks back at earlier posts; what is
said of persona and hazard concerns the post at hand, and is final with it. A heuristic never reads
the wall clock, votes or karma, keeps its own memory bounded by stream time, and knows nothing of
verdicts: fusing is the engine's job.

Third parties register theirs through the entry point group ``moltwatch.heuristics``; built-ins
come the same way through :mod:`moltwatch.heuristics.registry`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from msgspec import Struct

from moltwatch.heuristics.memory.item import Item
from moltwatch.heuristics.memory.texts import Text
from moltwatch.model import AgentSeen, Kind
from moltwatch.times import Micros

__all__ = ["Heuristic", "Item", "Signal"]


class Signal(Struct, frozen=True, kw_only=True, gc=False):
    """One reason concerning one post.

    A coordination heuristic names in ``cluster`` what several accounts share (made from content:
    the same string is the same cluster). When a cluster becomes telling it emits one signal for
    each post already in it, then one for each that joins: never all of them again. The strength
    and reason of a cluster are those of its latest signal.
    """

    post: str
    """Id of the post it concerns: the one at hand, or an earlier one."""
    author: str
    strength: float
    """0 to 1: how telling, if this were the only reason."""
    reason: object
    """Its ``str()`` is one sentence, with the numbers in it, that a user can check. Most are never
    read, so what is costly to word may wait until somebody asks."""
    evidence: tuple[str, ...] = ()
    """Ids of other posts that show it; the engine keeps the first ten."""
    accounts: tuple[str, ...] = ()
    """Accounts involved; the engine keeps the first ten."""
    n: int = 0
    """How many there are in truth."""
    cluster: str | None = None
    muted: bool = False
    """Of a hazard: no news, since its author keeps saying so. It adds nothing to other reasons."""


class Heuristic(ABC):
    """Base of all heuristics. The first paragraph of the docstring says what it looks at; a
    section headed ``Fails when`` says when it is wrong. Both are shown by ``moltwatch
    heuristics NAME``; so are the constructor's parameters with their annotations and defaults,
    explained in a section headed ``Parameters``, one ``name: meaning (unit, range)`` a line."""

    name: ClassVar[str]
    """In lower case with hyphens, as in the configuration."""
    kind: ClassVar[Kind]
    family: ClassVar[str]
    """Heuristics of one family look at the same evidence and do not confirm each other."""
    questions: Sequence[Callable[[Text], object]] = ()
    """What it asks of every text by ``item.text.once``: so it may be asked ahead."""

    @abstractmethod
    def observe(self, item: Item) -> Iterable[Signal]:
        """Look at the next post. ``item.post.seen_at`` is the stream time."""

    def profile(self, agent: AgentSeen) -> Iterable[Signal]:
        """Look at a profile that was observed (new, or changed)."""
        return ()

    def advance(self, now: Micros) -> Iterable[Signal]:
        """Stream time moved on to ``now``: close windows, forget. Called before each event whose
        time is later than the last, so it must cost next to nothing when nothing is due."""
        return ()
