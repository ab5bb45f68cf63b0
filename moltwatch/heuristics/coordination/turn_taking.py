"""Accounts that come one after the other, in the same order every time."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Collection, Iterable
from typing import Annotated, ClassVar, NamedTuple

from msgspec import Meta

from moltwatch.heuristics.base import Act, Evidence, Features, Heuristic
from moltwatch.heuristics.coordination.crowd import Told
from moltwatch.heuristics.coordination.post_filters import is_foreign
from moltwatch.heuristics.coordination.significance import RECENT, at_least, occasions
from moltwatch.heuristics.features.fading import Fading, Members
from moltwatch.heuristics.parameters import Chance, Fraction, Seconds
from moltwatch.model import Kind, Level
from moltwatch.times import DAY, SECOND, Micros

_SAYS = "{who} come one after the other, again and again in one order"
_EVENLY = f"{_SAYS}, each {{wait:duration}} after the one before"

MOST_PLACES = 5_000
MOST_ACCOUNTS = 20_000
MOST_RINGS = 20_000
"""Accounts of which it is remembered in which ring they are."""

TURNS_KEPT = 12
"""Latest turns of an account that count."""

CONVERSATION = 40
"""Posts within which an account that comes back to a thread is in a conversation there."""

LOUD = 100
"""Posts in a day from which an account comes after everybody."""

FEWEST = 3
MANY = 4
"""Accounts in a row that need no other evidence."""
LONGEST = 6
"""Accounts followed back from one; longer rows are put together from such."""


class _Turn(NamedTuple):
    """An account came to a place after another one."""

    after: str
    wait: Micros
    act: Act
    before: Act
    """The other one's."""


def _turns() -> deque[_Turn]:
    return deque(maxlen=TURNS_KEPT)


class TurnTaking(Heuristic):
    """Three accounts or more come to thread after thread, or post in one community, in the same
    order: the second after the first, the third after the second.

    For each account is kept after whom it came, the last twelve times. Whoever came after the same
    account most of the time, on occasions apart, has a predecessor, and three in a row are a
    ring; two who talk to each other are not, and neither are two who watch the same third. Four in
    a row need no other evidence. Accounts that write all the time come after everybody and are
    left out, and so do not break the order of the others.

    Parameters
    gap: how long after the one before an account still comes after it (seconds)
    turns: on how many occasions an account must have come after the same one
    share: which part of its latest turns that must be
    strength: how telling three in a row are; 0.1 more if they keep the same distance
    chance: probability, for how often the one before comes before anybody, from which it is telling

    Fails when
    a ring changes its order each time, or so many others come to the same places that its
    accounts do not follow each other directly; and where they speak a language that few speak here.
    """

    name: ClassVar[str] = "turn-taking"
    kind: ClassVar[Kind] = Kind.COORDINATED
    family: ClassVar[str] = "order"
    unless: ClassVar[str] = (
        "they had come one after the other fewer than {turns} times, more than {gap:seconds} "
        "apart, or in less than {share:.0%} of their turns"
    )

    def __init__(
        self,
        gap: Seconds = 900.0,
        turns: Annotated[int, Meta(ge=2, le=TURNS_KEPT)] = 3,
        share: Fraction = 0.5,
        strength: Fraction = 0.6,
        chance: Chance = 1e-3,
    ) -> None:
        self.gap = gap
        self.turns = turns
        self.share = share
        self.strength = strength
        self.chance = chance
        self._near = round(gap * SECOND)
        self._last: OrderedDict[str, Act] = OrderedDict()
        """By place who came last."""
        self._turns: Fading[deque[_Turn]] = Fading(_turns, DAY, MOST_ACCOUNTS)
        self._after: Fading[list[str]] = Fading(list, DAY, MOST_ACCOUNTS)
        """By account its predecessor, if it has one."""
        self._recent: deque[str] = deque(maxlen=RECENT)
        """After whom the latest turns came, whosever they were."""
        self._ring_of: OrderedDict[str, str] = OrderedDict()
        self._members: Fading[Members] = Fading(Members, DAY, MOST_RINGS)
        """By ring its accounts."""
        self._told = Told()

    def observe(self, item: Features) -> Iterable[Evidence]:
        account = item.author
        if account.n >= LOUD:
            if account.n == LOUD:
                account.notes.pop(self.name, None)
            return ()
        post, thread = item.post, item.thread.id
        # By thread the number of the account's last post there.
        numbers: dict[str, int] = account.note(self.name, dict)
        last, numbers[thread] = numbers.get(thread), account.n
        if post.parent is None:
            place = f"in {post.community}"
        elif last is None or account.n - last > CONVERSATION:
            place = thread
        else:
            return ()  # in a conversation everybody comes after somebody, again and again
        before = self._last.get(place)
        act = self._last[place] = item.act
        if before is None:
            if len(self._last) > MOST_PLACES:
                self._last.popitem(last=False)
            return ()
        self._last.move_to_end(place)
        if before.author == act.author or act.at - before.at > self._near:
            return ()
        return self._follow(item, before)

    def _follow(self, item: Features, before: Act) -> Iterable[Evidence]:
        """An account came after another one."""
        act, author, other, now = item.act, item.author.name, before.author, item.post.seen_at
        turns = self._turns.touch(author, now)
        turns.append(_Turn(other, now - before.at, act, before))
        self._recent.append(other)
        if len(turns) < self.turns:
            return ()
        mine = [turn for turn in turns if turn.after == other]
        if (
            len(mine) < max(self.turns, self.share * len(turns))
            or occasions(turn.act.at for turn in mine) < self.turns
            or self._by_chance(turns, mine) > self.chance
        ):
            after = self._after.peek(author)
            if after and after[0] == other:
                after.clear()
            return ()
        self._after.touch(author, now)[:] = [other]
        row = self._row(author)
        return self._tell(row, now) if len(row) >= FEWEST and not is_foreign(item) else ()

    def _by_chance(self, turns: Collection[_Turn], mine: Collection[_Turn]) -> float:
        """Probability of as many turns after one account, for how often it is before anybody."""
        others = len(self._recent) - len(mine)
        usual = (self._recent.count(next(iter(mine)).after) - len(mine)) / max(1, others)
        return at_least(len(turns), len(mine), max(usual, 1 / RECENT))

    def _row(self, account: str) -> list[str]:
        """An account, its predecessor, that one's predecessor, and so on for a while."""
        row = [account]
        while len(row) < LONGEST:
            after = self._after.peek(row[-1])
            if not after or after[0] in row:
                break
            row.append(after[0])
        return row

    def _tell(self, row: list[str], now: Micros) -> Iterable[Evidence]:
        ring = next((self._ring_of[a] for a in row if a in self._ring_of), "")
        ring = ring or "+".join(sorted(row))
        members = self._members.touch(ring, now)
        members.join(reversed(row), now)
        for account in reversed(row):
            self._ring_of[account] = ring
            self._ring_of.move_to_end(account)
        while len(self._ring_of) > MOST_RINGS:
            self._ring_of.popitem(last=False)
        turns = [turn for account in row[:-1] for turn in self._behind(account)]
        acts = self._told.new(act for turn in turns for act in (turn.before, turn.act))
        if not acts:
            return ()
        weight = Level.CONCLUSIVE.weight if len(members) >= MANY else self.strength
        if wait := _scripted(turns[:TURNS_KEPT]):
            weight = min(1.0, weight + 0.1)
            return (self.evidence(weight, _EVENLY, cluster=ring, acts=acts, wait=wait),)
        return (self.evidence(weight, _SAYS, cluster=ring, acts=acts),)

    def _behind(self, account: str) -> list[_Turn]:
        """The turns in which an account came after its predecessor."""
        after, turns = self._after.peek(account), self._turns.peek(account)
        return [turn for turn in turns or () if after and turn.after == after[0]]


def _scripted(turns: list[_Turn]) -> Micros:
    """The distance that all turns keep, within a tenth and two seconds; 0 if they do not."""
    waits = sorted(turn.wait for turn in turns)
    middle = waits[len(waits) // 2]
    even = len(waits) > FEWEST and waits[-1] - waits[0] <= middle // 10 + 2 * SECOND
    return middle if even else 0
