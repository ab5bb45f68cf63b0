"""Quiet accounts, all on one thread at once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import ClassVar, TypeAlias

from moltwatch.heuristics.base import Act, Evidence, Features, Heuristic
from moltwatch.heuristics.coordination.crowd import Told
from moltwatch.heuristics.coordination.post_filters import YoungSession
from moltwatch.heuristics.coordination.significance import at_least, lured
from moltwatch.heuristics.features.fading import Members
from moltwatch.heuristics.parameters import Accounts, Chance, Count, Fraction, Seconds
from moltwatch.model import Kind, Level
from moltwatch.times import HOUR, SECOND, Micros, format_duration

MOST_THREADS = 5_000
MOST_GUESTS = 60
"""Accounts looked at in one thread; the latest."""

LEAST_SEEN = 500
"""Guests before which it is not known how many quiet accounts are usual here."""

_BURST = (
    "{who} had hardly posted and came to threads in bursts: {quiet} of {guests} guests of one"
    " within {within:duration} ({usual:.0%} is usual)"
)
_NEW = "{who} had never posted and came to one thread within {span}"
_HARDLY = "{who} had posted {times:count time} at most and came to one thread within {span}"

AT_ONCE: Micros = 180 * SECOND
"""Within which guests come all at once, as if sent."""

NEWNESS = (1, 2)
"""Posts up to which an account is newer than quiet: one that never wrote before is rarest."""

FEWEST_AT_ONCE = 4

OWN = 10
"""Guests before which a thread's own share of quiet ones is that of all threads."""

WAVE_GAP: Micros = HOUR
"""Bursts are rare; one that follows another within this time is of the same wave."""

WAVE: Micros = 6 * HOUR
"""How long the threads of a wave count that goes on and on."""


COMPANY = 3
"""Guests of a wave who use one rare word from which that is theirs."""

MOST_OF_WAVE = 1_000
"""Guests of a wave that are remembered; the latest."""

MOST_WORDS = 40
"""Rare words that are remembered of one post."""

RARE = 0.003
"""Part of the posts up to which a word is rare."""

PASSING = 0.4
"""What it proves to have been on one thread of a wave: nothing, without other evidence on the same
account."""


_Guest: TypeAlias = tuple[Act, int, frozenset[str]]
"""An account's first comment on a thread, within the window, how many posts it had written before,
anywhere, and the rare words of one who is quiet."""


class _Room:
    """One thread's latest guests."""

    __slots__ = ("ever", "guests", "new", "quiet")

    def __init__(self, levels: int) -> None:
        self.guests: dict[str, _Guest] = {}
        """By account, in order of arrival."""
        self.quiet = 0
        """How many of them are quiet."""
        self.ever = 0
        """Guests it ever had."""
        self.new = [0] * levels
        """By how new the quiet are how many of those were, the newest first."""


class _Visitor:
    """A quiet guest on threads of a wave."""

    __slots__ = ("acts", "belongs", "words")

    def __init__(self) -> None:
        self.acts: dict[str, Act] = {}
        """By thread."""
        self.words: set[str] = set()
        self.belongs = False
        """Whether it has more in common with the others than one thread."""


class _Wave:
    """Bursts on several threads, one soon after the other."""

    __slots__ = ("_speakers", "_visitors", "last", "name", "threads")

    def __init__(self, name: str) -> None:
        self.name = name
        self.last: Micros = 0
        self.threads = Members(WAVE)
        self._visitors: OrderedDict[str, _Visitor] = OrderedDict()
        self._speakers: dict[str, dict[str, None]] = {}
        """By rare word who used it."""

    def come(self, thread: str, act: Act, words: frozenset[str]) -> list[Act]:
        """A quiet guest was on a thread of the wave; the posts of all who are seen now to belong to
        it: they were on another thread of it too, or use a rare word that others of it use."""
        visitor = self._visitors.setdefault(act.author, _Visitor())
        visitor.acts[thread] = act
        found = [visitor] if visitor.belongs or len(visitor.acts) > 1 else []
        for word in sorted(words - visitor.words)[:MOST_WORDS]:
            visitor.words.add(word)
            speakers = self._speakers.setdefault(word, {})
            speakers[act.author] = None
            if len(speakers) == COMPANY:
                found += map(self._visitors.__getitem__, speakers)
            elif len(speakers) > COMPANY:
                found.append(visitor)
        acts: dict[Act, None] = {}
        for each in found:
            each.belongs = True
            acts.update(dict.fromkeys(each.acts.values()))
        if len(self._visitors) > MOST_OF_WAVE:
            self._forget(*self._visitors.popitem(last=False))
        return list(acts)

    def _forget(self, account: str, visitor: _Visitor) -> None:
        for word in visitor.words:
            speakers = self._speakers[word]
            del speakers[account]
            if not speakers:
                del self._speakers[word]


class ThreadBurst(Heuristic):
    """Unusually many accounts that otherwise hardly write answer one thread in a short time.

    What is usual is learnt from the stream: the share of a thread's guests who are quiet. A thread
    is telling when so many of its latest guests are quiet that chance would not do it (binomial
    tail) even where newcomers are led to, and they are most of all who are there. Bursts that come
    within an hour of each other count as one wave. While a session is young everybody seems quiet,
    and then nothing is unusual. Being once on such a thread is not taking part: who was on no other
    of the wave, and uses no rare word that others of it use, needs evidence of his own. Where
    guests come within three minutes who are so new that it is beyond chance (accounts nobody ever
    saw hardly ever begin with the same thread), also for what this thread had before, they need no
    other evidence.

    Parameters
    window: guests of one thread looked at together (seconds)
    quiet: posts up to which an account is quiet
    accounts: quiet accounts from which it is telling
    share: which part of the accounts on the thread they must be
    strength: how telling one thread is; the second of a wave adds 0.1 and the third 0.15
    chance: probability of so many quiet accounts from which it is telling
    certain: probability of so many at once, on this very thread, that needs no other evidence

    Fails when
    a thread invites newcomers to introduce themselves, or is shown to every new account first.
    """

    name: ClassVar[str] = "thread-burst"
    kind: ClassVar[Kind] = Kind.COORDINATED
    family: ClassVar[str] = "synchrony"
    unless: ClassVar[str] = (
        "fewer than {accounts} accounts that had hardly posted had come to one thread within"
        " {window:seconds}, they were less than {share:.0%} of its guests, or chance made so many"
        " likelier than {chance:odds}"
    )

    def __init__(
        self,
        window: Seconds = 1_800.0,
        quiet: Count = 4,
        accounts: Accounts = 6,
        share: Fraction = 0.6,
        strength: Fraction = 0.4,
        chance: Chance = 2.5e-3,
        certain: Chance = 1e-5,
    ) -> None:
        self.window = window
        self.quiet = quiet
        self.accounts = accounts
        self.share = share
        self.strength = strength
        self.chance = chance
        self.certain = certain
        self._window = round(window * SECOND)
        self._rooms: OrderedDict[str, _Room] = OrderedDict()
        self._session = YoungSession()
        self._told = Told()
        self._told_in_passing = Told()
        self._told_at_once = Told()
        self._wave: _Wave | None = None
        self._levels = (*(n for n in NEWNESS if n < quiet), quiet)
        self._guests = 2.0
        self._new_guests = [1.0] * len(self._levels)
        """By level how many guests had written less; the last are all that are quiet."""

    def otherwise(self, found: Evidence) -> str:
        says = found.marks[0].says
        if says == _BURST:
            return self.unless
        if found.n < FEWEST_AT_ONCE:
            return ""
        what = "never posted" if says == _NEW else "hardly posted"
        within = format_duration(AT_ONCE)
        return (
            f"fewer than {FEWEST_AT_ONCE} accounts that had {what} had come to one thread within "
            f"{within}, or chance made so many likelier than {{certain:odds}}"
        )

    def observe(self, item: Features) -> Iterable[Evidence]:
        post = item.post
        if post.parent is None:
            return ()
        now, thread, author, wrote = post.seen_at, item.thread.id, item.author.name, item.author.n
        room = self._rooms.get(thread)
        if room is None:
            self._session.begin(now)
            room = self._rooms[thread] = _Room(len(self._levels))
            if len(self._rooms) > MOST_THREADS:
                self._rooms.popitem(last=False)
        elif author in room.guests:
            return ()
        else:
            self._rooms.move_to_end(thread)
        guests = room.guests
        is_quiet = wrote < self.quiet
        said = frozenset[str]()
        if is_quiet and room.quiet:  # the first of them is hardly ever one of many
            above = item.above()
            said = frozenset([word for word in item.rare(RARE) if word not in above])
        guests[author] = (item.act, wrote, said)
        usual = self._new_guests[-1] / self._guests
        self._guests += 1
        room.ever += 1
        if is_quiet:
            self._welcome(room, wrote)
        if self._guests > 20 * LEAST_SEEN:  # the latest count most
            self._guests /= 2
            self._new_guests = [n / 2 for n in self._new_guests]
        while (first := next(iter(guests.values())))[0].at < now - self._window or (
            len(guests) > MOST_GUESTS
        ):
            room.quiet -= first[1] < self.quiet
            del guests[first[0].author]
        if not is_quiet or room.quiet < FEWEST_AT_ONCE or self._guests < LEAST_SEEN:
            return ()
        return self._look_at(item, room, usual) if self._session.knows(item) else ()

    def _welcome(self, room: _Room, wrote: int) -> None:
        """A quiet guest has come, here and anywhere."""
        room.quiet += 1
        for n, level in enumerate(self._levels):
            if wrote < level:
                self._new_guests[n] += 1
                room.new[n] += 1

    def _look_at(self, item: Features, room: _Room, usual: float) -> list[Evidence]:
        """Whether a thread's guests are unusual now that one more, who is quiet, has come."""
        found: list[Evidence] = []
        if level := self._at_once(room, item.post.seen_at):
            found += self._tell_at_once(item, room, level)
        everyone = len(room.guests)
        if (
            room.quiet >= max(self.accounts, self.share * everyone)
            and at_least(everyone, room.quiet, lured(usual)) <= self.chance
        ):
            found += self._tell(item, room, usual)
        return found

    def _at_once(self, room: _Room, now: Micros) -> int:
        """The level below which the latest guests had written less, all of them at once, which is
        beyond chance; 0 if it is not."""
        late = []
        for act, wrote, _ in reversed(room.guests.values()):
            if act.at < now - AT_ONCE:
                break
            late.append(wrote)
        if len(late) < FEWEST_AT_ONCE:
            return 0
        for n, level in enumerate(self._levels):
            new = sum(wrote < level for wrote in late)
            if new < FEWEST_AT_ONCE:
                continue
            usual = self._new_guests[n] / self._guests
            # Some threads are shown to newcomers; what came before tells which.
            before = room.ever - len(late)
            own = (room.new[n] - new + OWN * usual) / (before + OWN)
            if at_least(len(late), new, max(lured(usual), own)) < self.certain:
                return level
        return 0

    def _tell_at_once(self, item: Features, room: _Room, level: int) -> Iterable[Evidence]:
        horizon = item.post.seen_at - AT_ONCE
        acts = self._told_at_once.new(
            act for act, wrote, _ in room.guests.values() if act.at >= horizon and wrote < level
        )
        if not acts:
            return ()
        says = _NEW if level == 1 else _HARDLY
        weight, cluster = Level.CONCLUSIVE.weight, f"at once {item.thread.id}"
        return (self.evidence(weight, says, cluster=cluster, acts=acts, times=level - 1),)

    def _tell(self, item: Features, room: _Room, usual: float) -> Iterator[Evidence]:
        now, guests = item.post.seen_at, room.guests
        wave = self._join(item.thread.id, now)
        quiet = {act: said for act, wrote, said in guests.values() if wrote < self.quiet}
        strength = self.strength + (0.0, 0.1, 0.25)[min(len(wave.threads), 3) - 1]
        passing = self._told_in_passing.new(quiet)
        found = [wave.come(item.thread.id, act, quiet[act]) for act in passing]
        belonging = self._told.new(dict.fromkeys(chain.from_iterable(found)))
        for weight, cluster, acts in (
            (strength, wave.name, belonging),
            (min(strength, PASSING), f"passing {wave.name}", passing),
        ):
            if acts:
                yield self.evidence(
                    weight,
                    _BURST,
                    cluster=cluster,
                    acts=acts,
                    quiet=room.quiet,
                    guests=len(guests),
                    within=now - next(iter(guests.values()))[0].at,
                    usual=usual,
                )

    def _join(self, thread: str, now: Micros) -> _Wave:
        """The wave this burst belongs to: the last one, or a new one if that is long gone."""
        if self._wave is None or self._wave.last < now - WAVE_GAP:
            self._wave = _Wave(thread)
        self._wave.last = now
        self._wave.threads.join([thread], now)
        return self._wave
