"""What a heuristic is.

A heuristic is a class whose constructor arguments are its parameters; under the same names they
are its section in the configuration file (``[heuristics.NAME]``). It sees each post once, in
stream order, together with its :class:`Features`, and answers with :class:`Evidence`. Only
coordination looks back at earlier posts; what is said of persona and hazard concerns the post at
hand, and is final with it. A heuristic never reads the wall clock, votes or karma, keeps its own
memory bounded by stream time, and knows nothing of verdicts: each kind's fuser makes those.

Third parties register theirs through the entry point group ``moltwatch.heuristics``; built-ins
come the same way through :mod:`moltwatch.heuristics.registry`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import ClassVar

import msgspec

from moltwatch.heuristics.features.post import Features
from moltwatch.heuristics.features.text import Text
from moltwatch.model import Act, AgentSeen, Evidence, Fact, Kind, Level, Mark
from moltwatch.times import Micros

__all__ = ["Act", "Evidence", "Features", "Heuristic", "Level", "Mark", "Text", "check_evidence"]


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
    unless: ClassVar[str] = ""
    """Completes "not flagged if …": what would have to be otherwise for it to say nothing. A
    template for its parameters (``{accounts}``, ``{window:seconds}``), see
    :func:`moltwatch.wording.sentence`. Where it is empty, and where it asks for more ``{accounts}``
    than a reader is told of, it is told what the verdict would be without what was found."""

    def read(self, text: Text) -> object:
        """What the title and text show whoever reads them, whoever wrote them. It is asked once for
        all copies of a text, and is at hand in :meth:`observe` as ``item.shown_to(self)``. About a
        post whose text shows it nothing (None) a heuristic is not asked."""
        return True

    def otherwise(self, found: Evidence) -> str:
        """The template ``unless`` as it is true of what was ``found``: for a heuristic that finds
        things of several sorts, each by conditions of its own."""
        return self.unless

    @abstractmethod
    def observe(self, item: Features) -> Iterable[Evidence]:
        """Look at the next post. ``item.post.seen_at`` is the stream time."""

    def profile(self, agent: AgentSeen) -> Iterable[Evidence]:
        """Look at a profile that was observed (new, or changed). Only coordination may answer."""
        return ()

    def advance(self, now: Micros) -> Iterable[Evidence]:
        """Stream time moved on to ``now``: close windows, forget. Called before each event whose
        time is later than the last, so it must cost next to nothing when nothing is due. Only
        coordination may answer."""
        return ()

    def evidence(
        self,
        weight: float,
        says: str = "",
        *,
        marks: Sequence[Mark] = (),
        cluster: str | None = None,
        acts: Sequence[Act] = (),
        places: Sequence[tuple[int, int]] = (),
        **facts: Fact,
    ) -> Evidence:
        """Evidence of one observation, for whose ``facts`` ``says`` is a template, or of several
        ``marks``; the other arguments are those of :class:`Evidence`."""
        return Evidence(
            heuristic=self.name,
            kind=self.kind,
            family=self.family,
            weight=weight,
            marks=tuple(marks) or (Mark(says, facts, weight * (self.kind is Kind.PERSONA)),),
            cluster=cluster,
            acts=tuple(acts),
            places=tuple(places),
        )


MOST_LOG_ODDS = 50.0
"""Of evidence of a persona or a hazard; nothing is so sure."""

_FIELDS = msgspec.structs.fields(Evidence)
_NO_TEXT = (bytes, bytearray, datetime)
"""What would become text on the way to a line, and so pass for it."""


def check_evidence(heuristic: Heuristic, evidence: Evidence) -> None:
    """Raises ValueError or TypeError that says what is wrong with a heuristic's evidence: a field
    of another type, a weight out of range, nothing shared, a sentence that cannot be worded."""
    for field in _FIELDS:
        try:
            value = msgspec.to_builtins(getattr(evidence, field.name), builtin_types=_NO_TEXT)
            msgspec.convert(value, field.type)
        except msgspec.ValidationError as error:
            raise ValueError(f"{field.name}: {error}") from None
    of = (heuristic.name, heuristic.kind, heuristic.family)
    if (evidence.heuristic, evidence.kind, evidence.family) != of:
        raise ValueError("speaks in another's name")
    shared = evidence.kind is Kind.COORDINATED
    least, most = (0.0, 1.0) if shared else (-MOST_LOG_ODDS, MOST_LOG_ODDS)
    if not least <= evidence.weight <= most or math.isnan(evidence.weight):
        raise ValueError(f"weighs {evidence.weight}, which is not {least:g} to {most:g}")
    if shared and (evidence.cluster is None or not evidence.acts):
        raise ValueError("names nothing that is shared, or no post that shows it")
    if not evidence.marks:
        raise ValueError("gives evidence that says nothing")
    try:
        worded = evidence.reason and evidence.reason_in(evidence.n + 1)
    except (KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"its sentence cannot be worded: {error!r}") from None
    if not worded:
        raise ValueError("has an empty sentence")
