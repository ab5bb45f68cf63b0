"""Words that nobody used before, in the mouths of several accounts that hardly ever spoke."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Sequence, Set
from typing import ClassVar, NamedTuple

from moltwatch.heuristics.base import Act, Evidence, Features, Heuristic
from moltwatch.heuristics.coordination.crowd import Told
from moltwatch.heuristics.coordination.significance import at_least
from moltwatch.heuristics.parameters import Accounts, Chance, Count, Fraction, Seconds
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

_SAYS = "{who} used {words}, then new here, in their first {quiet} posts"
_MORE = "{who} used {words} and {more:count more word}, then new here, in their first {quiet} posts"


class _Sighting(NamedTuple):
    """A post that uses a word."""

    act: Act
    thread: str


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
    chance: probability, for how many of the posts are by accounts that hardly write, from which a
        word is theirs: where everybody is new, most words are used by newcomers

    Fails when
    a campaign speaks plainly, or an event brings many newcomers with a new name on their lips.
    """

    name: ClassVar[str] = "vocabulary"
    kind: ClassVar[Kind] = Kind.COORDINATED
    family: ClassVar[str] = "vocabulary"
    unless: ClassVar[str] = (
        "fewer than {accounts} accounts in their first {quiet} posts had used one such word within "
        "{window:seconds} of its first use, or it had been used here before"
    )

    def __init__(
        self,
        warm_up: Count = 1_500,
        quiet: Count = 6,
        accounts: Accounts = 4,
        window: Seconds = 7_200.0,
        loud: Fraction = 0.3,
        strength: Fraction = 0.3,
        chance: Chance = 0.02,
    ) -> None:
        self.warm_up = warm_up
        self.quiet = quiet
        self.accounts = accounts
        self.window = window
        self.loud = loud
        self.strength = strength
        self.chance = chance
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

    def observe(self, item: Features) -> Iterable[Evidence]:
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
        known = rest & self._unusual.keys()
        if not is_quiet:
            self._usual |= rest - known
        else:
            act = Act(item.post.id, item.author.name, item.post.seen_at)  # the name as it is held
            sighting = _Sighting(act, item.thread.id)
            # Sorted, because what a set yields first differs from process to process.
            for word in sorted(rest - known):
                if len(word) >= SHORTEST and not word.isdecimal():
                    self._unusual[word] = sighting
            while len(self._unusual) > MOST_UNUSUAL:
                self._unusual.popitem(last=False)
        return self._hear(sorted(known), item, is_quiet) if known else ()

    def _hear(self, words: Sequence[str], item: Features, is_quiet: bool) -> Iterator[Evidence]:
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

    def _use(self, word: str, item: Features, is_quiet: bool) -> Iterator[Evidence]:
        post, author = item.post, item.author.name
        held = self._unusual.get(word)
        if held is None:
            return  # it went while other words of this post were looked at
        if not isinstance(held, _Word):
            if held.act.author == author:
                return
            first, held = held, _Word(held.act.at, held.thread)
            held.quiet[first.act.author] = None
            held.waiting.append(first)
            self._unusual[word] = held
        self._unusual.move_to_end(word)
        news: tuple[str, ...] = (author,) if is_quiet and author not in held.quiet else ()
        if is_quiet:
            held.quiet[author] = None
            held.waiting.append(_Sighting(item.act, post.thread))
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
            if (
                held.thread
                or len(held.quiet) < self.accounts
                or self._by_chance(held) > self.chance
            ):
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

    def _tell(self, held: _Word, dialect: _Dialect, news: Iterable[str]) -> Iterator[Evidence]:
        """Evidence on the posts with a word of a dialect; ``news`` are accounts that use it for
        the first time. Where there are several words, who uses but one of them is a passer-by."""
        for account in news:
            known = dialect.speakers[account] = dialect.speakers.get(account, 0) + 1
            if known >= FLUENT:
                dialect.fluent[account] = None
            if account not in self._speaks:
                self._speaks[account] = dialect
        while len(self._speaks) > MOST_SPEAKERS:
            self._speaks.popitem(last=False)
        speakers = dialect.fluent if dialect.n > 1 else dialect.speakers
        waiting = [sighting for sighting in held.waiting if sighting.act.author in speakers]
        others = [sighting for sighting in held.waiting if sighting.act.author not in speakers]
        held.waiting.clear()
        held.waiting.extend(others)
        if acts := self._told.new(sighting.act for sighting in waiting):
            more = dialect.n - SHOWN
            words = ", ".join(f"“{word[:40]}”" for word in dialect.words)
            yield self.evidence(
                min(1.0, self.strength + 0.1 * min(3, dialect.n - 1)),
                _MORE if more > 0 else _SAYS,
                cluster=dialect.name,
                acts=acts,
                words=words,
                more=more,
                quiet=self.quiet,
            )
