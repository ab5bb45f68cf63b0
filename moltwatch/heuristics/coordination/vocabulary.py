"""Words that nobody used before, in the mouths of several accounts that hardly ever spoke."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Sequence, Set
from typing import ClassVar

from moltwatch.heuristics.base import Heuristic, Item, Signal
from moltwatch.heuristics.coordination.chance import at_least
from moltwatch.heuristics.coordination.crowd import Told
from moltwatch.heuristics.parameters import Accounts, Count, Fraction, Seconds
from moltwatch.model import Kind
from moltwatch.times import SECOND, Micros

SHORTEST, LONGEST = 5, 60
"""Letters of a word: shorter ones are mostly chance, longer ones are no words."""

MOST_WORDS = 200
"""Words looked at of one post: its first."""

GENERATION = 80_000
"""Words remembered in each of two generations; the older is dropped when the newer is full."""

MOST_UNUSUAL = 20_000
MOST_DIALECTS = 2_000
MOST_SPEAKERS = 50_000

SHOWN = 3
"""Words of a dialect that are told."""

FLUENT = 2
"""Words of a dialect, where it has several, that one must use to be one of its speakers."""

ONE_IN = 3
"""One post in so many of those who write much is listened to: what they say, they say again."""

COPY = 0.7
"""How much a text is like another's (words or frame, 0 to 1) from which its words are not its
author's."""

CHANCE = 0.02
"""Probability, with as many posts by accounts that hardly write as are usual, from which a word is
theirs: where everybody is new, most words are in the mouths of newcomers."""

_Sighting = tuple[Micros, str, str, str]
"""Time, author, post and thread."""


class _Word:
    """A new word that more than one account used."""

    __slots__ = ("dialect", "first", "loud", "quiet", "thread", "waiting")

    def __init__(self, first: Micros, thread: str) -> None:
        self.first = first
        self.thread: str | None = thread
        """Where it was used by quiet accounts, as long as that is one place; then it may be but
        what they talk of there."""
        self.loud: dict[str, None] = {}
        self.quiet: dict[str, None] = {}
        """Accounts that used it, by whether they had written much before."""
        self.waiting: deque[_Sighting] = deque(maxlen=100)
        """Posts by quiet accounts, not yet told."""
        self.dialect: _Dialect | None = None


class _Dialect:
    """New words that the same accounts use."""

    __slots__ = ("fluent", "n", "name", "speakers", "words")

    def __init__(self, name: str) -> None:
        self.name = name
        self.words: list[str] = []
        """The first of them."""
        self.n = 0
        """How many there are."""
        self.speakers: dict[str, int] = {}
        """Accounts, and how many of the words they used."""
        self.fluent: dict[str, None] = {}
        """Those who used more than one."""


class Vocabulary(Heuristic):
    """Several accounts that hardly wrote before use a word that nobody used before.

    A new topic is picked up by those who write much, since most comments are theirs; a word that
    stays among newcomers was given to them. What stands in the post they answer does not count, so
    quoting and answering are not meant; nor does a word of which they speak in one thread only, or
    one in a text that is copied. Words that the same accounts share make one dialect, and the more
    of them, the more telling.

    Parameters
    warm_up: posts after which it is known which words are usual
    quiet: posts up to which an account counts as one that hardly writes
    accounts: such accounts from which a word is telling
    window: within what time of its first use (seconds)
    loud: how many other accounts may use it, as a part of those
    strength: how telling one word is; each of the next three adds 0.1

    Fails when
    a campaign speaks plainly, or an event brings many newcomers with a new name on their lips.
    """

    name: ClassVar[str] = "vocabulary"
    kind: ClassVar[Kind] = Kind.COORDINATED
    family: ClassVar[str] = "vocabulary"

    def __init__(
        self,
        warm_up: Count = 1_500,
        quiet: Count = 6,
        accounts: Accounts = 4,
        window: Seconds = 7_200.0,
        loud: Fraction = 0.3,
        strength: Fraction = 0.3,
    ) -> None:
        self.warm_up = warm_up
        self.quiet = quiet
        self.accounts = accounts
        self.window = window
        self.loud = loud
        self.strength = strength
        self._posts = 0
        self._quiet_posts = 0
        self._usual: set[str] = set()
        self._once_usual: set[str] = set()
        """Usual words, in two generations."""
        self._unusual: OrderedDict[str, _Sighting | _Word] = OrderedDict()
        """Words seen once, or by few; what was used least lately goes first."""
        self._dialects: OrderedDict[str, _Dialect] = OrderedDict()
        self._speaks: OrderedDict[str, _Dialect] = OrderedDict()
        self._told = Told()

    def observe(self, item: Item) -> Iterable[Signal]:
        self._posts += 1
        is_quiet = item.author.n < self.quiet
        self._quiet_posts += is_quiet
        if not is_quiet and self._posts % ONE_IN:
            return ()
        words: Set[str] = item.vocabulary
        if len(item.words) > MOST_WORDS or item.text.longest > LONGEST:
            words = {word for word in item.words[:MOST_WORDS] if len(word) <= LONGEST}
        if self._posts <= self.warm_up:
            self._usual |= words
            return ()
        rest = words - self._usual
        if not rest:
            return ()
        if self._once_usual and (again := rest & self._once_usual):
            self._usual |= again
            rest -= again
        if len(self._usual) > GENERATION:
            self._once_usual, self._usual = self._usual, set()
        known = [word for word in rest if word in self._unusual]
        if not is_quiet:
            self._usual |= rest - set(known)
        else:
            post = item.post
            sighting = (post.seen_at, item.author.name, post.id, item.thread.id)
            # Sorted, because what a set yields first differs from process to process.
            for word in sorted(rest - set(known)):
                if len(word) >= SHORTEST and not word.isdecimal():
                    self._unusual[word] = sighting
            while len(self._unusual) > MOST_UNUSUAL:
                self._unusual.popitem(last=False)
        return self._hear(sorted(known), item, is_quiet) if known else ()

    def _hear(self, words: Sequence[str], item: Item, is_quiet: bool) -> Iterator[Signal]:
        """Somebody uses words that were new lately: words that count stand neither in what is
        answered nor in a copy, whose text would be told of twice."""
        if item.is_like_anothers(COPY):
            return
        taken = item.above()
        for word in words:
            if word not in taken:
                yield from self._use(word, item, is_quiet)

    def _give_up(self, word: str) -> None:
        """A word turns out to be usual."""
        self._unusual.pop(word, None)
        self._usual.add(word)

    def _use(self, word: str, item: Item, is_quiet: bool) -> Iterator[Signal]:
        post, author = item.post, item.author.name
        held = self._unusual.get(word)
        if held is None:
            return  # it went while other words of this post were looked at
        if not isinstance(held, _Word):
            if held[1] == author:
                return
            first, held = held, _Word(held[0], held[3])
            held.quiet[first[1]] = None
            held.waiting.append(first)
            self._unusual[word] = held
        self._unusual.move_to_end(word)
        news: tuple[str, ...] = (author,) if is_quiet and author not in held.quiet else ()
        if is_quiet:
            held.quiet[author] = None
            held.waiting.append((post.seen_at, author, post.id, post.thread))
            if held.thread != post.thread:
                held.thread = None
        elif author not in held.quiet:
            held.loud[author] = None
        if ONE_IN * len(held.loud) > max(1, self.loud * len(held.quiet)):
            self._give_up(word)
            return
        if held.dialect is None:
            if post.seen_at - held.first > self.window * SECOND:
                self._give_up(word)
                return
            if held.thread or len(held.quiet) < self.accounts or self._by_chance(held) > CHANCE:
                return
            held.dialect = self._dialect(word, held)
            news = tuple(held.quiet)
        yield from self._tell(held, held.dialect, news)

    def _by_chance(self, held: _Word) -> float:
        """Probability that of the accounts that use a word so many, or more, hardly write."""
        quiet = len(held.quiet)
        everyone = quiet + ONE_IN * len(held.loud)
        return at_least(everyone, quiet, self._quiet_posts / self._posts)

    def _dialect(self, word: str, held: _Word) -> _Dialect:
        """The dialect a telling word belongs to: one that half of its users speak, or a new one."""
        shared: dict[str, int] = {}
        for account in held.quiet:
            if spoken := self._speaks.get(account):
                shared[spoken.name] = shared.get(spoken.name, 0) + 1
        common = max(shared, key=lambda name: shared[name], default="")
        dialect = self._dialects.get(common)
        if dialect is None or 2 * shared[common] < len(held.quiet):
            dialect = self._dialects[word] = _Dialect(word)
            if len(self._dialects) > MOST_DIALECTS:
                self._dialects.popitem(last=False)
        dialect.n += 1
        if len(dialect.words) < SHOWN:
            dialect.words.append(word)
        return dialect

    def _tell(self, held: _Word, dialect: _Dialect, news: Iterable[str]) -> Iterator[Signal]:
        """Signals for the posts with a word of a dialect; ``news`` are accounts that use it for
        the first time. Where there are several words, who uses but one of them is a passer-by."""
        for account in news:
            known = dialect.speakers[account] = dialect.speakers.get(account, 0) + 1
            if known >= FLUENT:
                dialect.fluent[account] = None
            if account not in self._speaks:
                self._speaks[account] = dialect
        while len(self._speaks) > MOST_SPEAKERS:
            self._speaks.popitem(last=False)
        n = dialect.n
        shown = ", ".join(f"“{word[:40]}”" for word in dialect.words)
        more = f" and {n - SHOWN} words more" if n > SHOWN else ""
        speakers = dialect.fluent if n > 1 else dialect.speakers
        reason = f"{len(speakers)} accounts that hardly write use {shown}{more}, new here"
        posts = [(author, id) for _, author, id, _ in held.waiting if author in speakers]
        others = [sighting for sighting in held.waiting if sighting[1] not in speakers]
        held.waiting.clear()
        held.waiting.extend(others)
        return self._told.signals(
            posts,
            strength=self.strength + 0.1 * min(3, n - 1),
            reason=reason,
            accounts=speakers,
            cluster=dialect.name,
        )
