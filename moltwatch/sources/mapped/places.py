"""What was said before in each of several places (rooms, sessions), as a mapping asks for it. Pure.

A gap is closed when every place there is has answered, each with all since its cursor, all there
is, or enough to meet what had come before. A place that has vanished meanwhile can tell nothing
more: then nobody knows what was said in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from moltwatch.bounded import LONGEST_ID, Bounded
from moltwatch.dialects.mapped import HistoryRule, evaluate, holds, parts
from moltwatch.model import Event, Post
from moltwatch.times import SECOND, Micros

MOST_PLACES = 10_000
"""Places that are remembered, and asked about on one connection."""

MOST_HELD = 20_000
"""Events that are held while answers are waited for."""

LONGEST_CURSOR = 4_096

MARGIN: Micros = 10 * SECOND
"""How much older than our watch a post may be and belong to it: clocks differ."""


class Places:
    """The places of one server, over any number of connections."""

    def __init__(self, rule: HistoryRule) -> None:
        self.rule = rule
        self.catching_up = False
        """Something was missed, and may be given back on this connection."""
        self._whole = True
        """Nothing that was missed has been left out, as far as was answered."""
        self._began: Micros | None = None
        """Where our watch begins: what is older is none of ours."""
        self._cursors: Bounded[str, str | None] = Bounded(MOST_PLACES)
        """By place; None for one that has given none."""
        self._listed: set[str] | None = None
        """All places, once they were told on this connection."""
        self._first = True
        """This is the first connection."""
        self._questions: dict[str, str] = {}
        """Places by the number of the question that is open."""
        self._asked: set[str] = set()
        self._again: list[str] = []
        """Places to be asked about once more, without a cursor."""
        self._answered: set[str] = set()
        self._held: list[Event] = []

    def begin(self, at: Micros) -> None:
        """Our watch begins, if it has not."""
        self._began = at if self._began is None else self._began

    def connect(self, *, catching_up: bool) -> None:
        """A new connection."""
        self._first = self._began is None
        self.catching_up, self._whole = catching_up, True
        self._listed = None
        self._questions.clear()
        self._asked.clear()
        self._again.clear()
        self._answered.clear()

    # --- questions --------------------------------------------------------------------------------

    def questions(self, frame: object, number: Callable[[], str]) -> Iterator[tuple[str, str, int]]:
        """What to ask for after a frame: the place, the number of the question, and a limit."""
        listed = evaluate(self.rule.all, frame)
        if isinstance(listed, list) and self._listed is None:
            self._listed = set(_names(listed)[:MOST_PLACES])
            # What was there and is no more has said something that nobody can tell.
            vanished = set(self._cursors) - self._listed
            self._whole = self._whole and not vanished and len(self._listed) == len(listed)
            for place in vanished:
                del self._cursors[place]
        new = [one for one in _names(parts(self.rule.each, frame)) if one not in self._asked]
        for place in [*self._again, *new]:
            if len(self._asked) >= MOST_PLACES:
                self._whole = False
                break
            self._asked.add(place)
            asked = number()
            self._questions[asked] = place
            # Where nothing was missed, the newest message shows where we begin.
            begins = self._first and self._listed is not None and place in self._listed
            yield place, asked, 1 if begins else self.rule.most
        self._again = []

    def cursor_of(self, place: str) -> str | None:
        """From where on to ask; None for the newest."""
        return self._cursors.get(place)

    def answered(self, frame: object, *, known: bool) -> bool:
        """Whether the frame answers a question. ``known``: it holds a post that had come before
        the connection broke."""
        number = evaluate(self.rule.answers, frame)
        place = self._questions.pop(number, None) if isinstance(number, str) else None
        if place is None:
            return False
        if self.rule.again is not None and holds(self.rule.again, frame):
            if self._cursors.get(place) is not None:
                self._cursors[place] = None
                self._again.append(place)
                return True
            self._whole = False
        elif not known and not holds(self.rule.whole, frame):
            self._whole = False
        cursor = evaluate(self.rule.cursor, frame) if self.rule.cursor is not None else None
        fits = isinstance(cursor, str) and len(cursor) <= LONGEST_CURSOR
        self._cursors.put(place, cursor if fits else None)
        self._answered.add(place)
        return True

    @property
    def all_answered(self) -> bool:
        """Every place there is has told what was said."""
        return self._listed is not None and self._listed <= self._answered

    # --- what comes meanwhile ---------------------------------------------------------------------

    def is_ours(self, event: Event) -> bool:
        """Whether it was written since our watch began."""
        return not isinstance(event, Post) or event.created_at >= (self._began or 0) - MARGIN

    def hold(self, events: Sequence[Event]) -> None:
        """These have come, and wait for what was written before them."""
        self._held += events

    @property
    def too_many(self) -> bool:
        """More is held than can be."""
        return len(self._held) > MOST_HELD

    @property
    def whole(self) -> bool:
        """Nothing that was missed is still missing."""
        return self._whole and self.all_answered

    def take(self) -> list[Event]:
        """What was held, in order of writing. Nothing is waited for any more."""
        self.catching_up = False
        held, self._held = self._held, []
        return sorted(held, key=_written)


def _written(event: Event) -> Micros:
    return event.created_at if isinstance(event, Post) else event.seen_at


def _names(found: Iterable[object]) -> list[str]:
    """What of it may name a place."""
    return [one for one in found if isinstance(one, str) and 0 < len(one) <= LONGEST_ID]
