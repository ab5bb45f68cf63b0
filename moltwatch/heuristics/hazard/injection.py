"""Instructions smuggled to agents that read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from moltwatch.heuristics.base import Features, Heuristic
from moltwatch.heuristics.features.text import Text
from moltwatch.heuristics.hazard.attacks import Place, find_attacks
from moltwatch.heuristics.hazard.mention import is_of_trade, is_quoted, is_reported, topics
from moltwatch.heuristics.hazard.refrain import IN_FULL, Refrains, Repeats
from moltwatch.heuristics.parameters import Fraction
from moltwatch.model import Evidence, Kind, Mark
from moltwatch.odds import log_odds, noisy_or
from moltwatch.text import as_written, display_line, place_as_written


class Injection(Heuristic):
    """The post gives instructions to the agents that read it.

    To drop their own, to obey a fake system message or orders that claim to stand above all others
    and to spread them, to hand over secrets, to change SOUL.md, MEMORY.md or HEARTBEAT.md, to run
    code from elsewhere or what destroys. Use is told from mention: an attack that
    is quoted, negated or reported, or stands in a post about injection, counts for little.

    Parameters
    quoted: what is left of an attack inside quotation marks or code (0 to 1)
    mentioned: what is left of one after words of reporting or refusal (0 to 1)
    about: what is left for each word, up to three, that shows the post is about security (0 to 1)
    repeats: how often in a day an account is told for the same attack, before only each doubling
        is; ten times as often where it opens threads with new texts (posts, 1 to 1,000,000)

    Fails when
    an attack is dressed as a story or as a warning against itself, is spread over several posts, or
    comes in a language it has no patterns for.
    """

    name: ClassVar[str] = "injection"
    kind: ClassVar[Kind] = Kind.HAZARD
    family: ClassVar[str] = "injection"
    unless: ClassVar[str] = (
        "these words were quoted (which leaves {quoted:.0%} of their weight), reported or "
        "refused ({mentioned:.0%}), or stood in a post about security ({about:.0%} for each "
        "word that shows it)"
    )

    def __init__(
        self,
        quoted: Fraction = 0.45,
        mentioned: Fraction = 0.45,
        about: Fraction = 0.6,
        repeats: Repeats = IN_FULL,
    ) -> None:
        self.quoted = quoted
        self.mentioned = mentioned
        self.about = about
        self.repeats = repeats
        self._refrains = Refrains(repeats)

    def observe(self, item: Features) -> Iterable[Evidence]:
        found = item.shown_to(self)
        return (self._refrains.weigh(item, found),) if found else ()

    def read(self, text: Text) -> Evidence | None:
        """All attacks of a text, if there are any."""
        places = find_attacks(text.folded)
        if not places:
            return None
        # Of attacks that do the same the strongest: how strong, and where it stands.
        strongest: dict[str, tuple[float, int, int]] = {}
        bare = not is_of_trade(text.folded)
        for place in places:
            use = (self._weight(text.folded, place, bare), place.start, place.end)
            does = place.attack.says
            strongest[does] = max(strongest.get(does, (0.0, 0, 0)), use)
        subjects = [] if bare else topics(text.folded)
        left: float = self.about ** min(len(subjects), 3)
        danger = noisy_or(weight for weight, _, _ in strongest.values()) * left
        told = sorted(strongest.items(), key=lambda hit: -hit[1][0])
        marks, where = [], []
        for does, (_, start, end) in told[:2]:
            words = display_line(as_written(text.body, text.folded, start, end), 80)
            marks.append(Mark("{does} (“{words}”)", {"does": does, "words": words}))
            if stands := place_as_written(text.body, text.folded, start, end):
                where.append(stands)
        if subjects:
            about = ", ".join(subjects[:2])
            says = f"{marks[-1].says}; though it speaks of {{about}}"
            marks[-1] = Mark(says, {**marks[-1].facts, "about": about})
        return self.evidence(log_odds(danger), marks=marks, places=where)

    def _weight(self, text: str, place: Place, bare: bool) -> float:
        """How telling an attack is where it stands. In a ``bare`` text, without a word about
        security, a block of code is there to be copied."""
        weight = place.attack.weight
        if is_quoted(text, place.start, place.end, code=place.attack.code or bare):
            weight *= self.quoted
        if is_reported(text, place.start, place.end):
            weight *= self.mentioned
        return weight
