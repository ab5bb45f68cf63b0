"""What a report remembers of groups: who came when, and what they say, in bounded memory."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable

from moltwatch.model import Evidence, Group, GroupState, Post
from moltwatch.outputs.report.quotes import WITHHELD, quote
from moltwatch.outputs.report.summary import MOST_MEMBERS, GroupStory, Member, Quote
from moltwatch.text import fold
from moltwatch.times import EARLIEST, LATEST, Micros

MOST_REMEMBERED = 5_000
"""Groups remembered; those that ended are forgotten first, then those that were quiet longest."""

MOST_WEIGHT = 200_000
"""What all of them may weigh together, an account being 1: some 50 MB."""

MOST_ARRIVALS = 2_000
"""Accounts of a group whose coming is remembered."""

MOST_TEXTS = 30
"""Different texts of a group that are counted."""

TEXT_WEIGHT = 10
MOST_CHARS = 300
MOST_REASON = 400


class _Known:
    """One group."""

    def __init__(self) -> None:
        self.group: Group | None = None
        """As last told, if it was."""
        self.formed: Micros | None = None
        self.came: dict[str, tuple[Micros, int]] = {}
        """By account the time of its first post, and how many there are."""
        self.texts: Counter[str] = Counter()
        """Posts by what they say, folded."""
        self.said: dict[str, str] = {}
        """What that looks like unfolded, the first time."""
        self.posts = 0
        self.last: Micros = 0
        self.secret = False
        """One of its posts shows a secret, which its reason may quote."""

    @property
    def weight(self) -> int:
        return len(self.came) + TEXT_WEIGHT * len(self.texts)

    def add(self, post: Post, said: str) -> None:
        at, n = self.came.get(post.author, (post.seen_at, 0))
        if n or len(self.came) < MOST_ARRIVALS:
            self.came[post.author] = min(at, post.seen_at), n + 1
        text = fold(said)
        if text in self.texts or len(self.texts) < MOST_TEXTS:
            self.texts[text] += 1
            self.said.setdefault(text, said)
        self.posts += 1
        self.last = max(self.last, post.seen_at)

    def swallow(self, other: _Known) -> None:
        """``other`` went into this one."""
        for name, (at, n) in other.came.items():
            mine, more = self.came.get(name, (at, 0))
            self.came[name] = min(mine, at), n + more
        self.texts += other.texts
        self.said = other.said | self.said
        self.posts += other.posts
        self.last = max(self.last, other.last)
        self.secret = self.secret or other.secret
        if other.formed is not None:
            self.formed = min(self.formed or other.formed, other.formed)


class GroupMemory:
    """All groups of a recording, or of the part from ``start`` to ``end``. ``called`` is asked at
    the end what accounts are called."""

    def __init__(self, called: Callable[[str], Quote], start: Micros, end: Micros) -> None:
        self._called = called
        self._start, self._end = start, end
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._weight = 0

    def tell(self, group: Group) -> None:
        """A group formed, grew, merged or ended."""
        known = self._of(group.id)
        known.group = group
        if group.state is GroupState.FORMED and known.formed is None:
            if self._start <= group.at < self._end:
                known.formed = group.at
        elif group.state is GroupState.ENDED:
            self._known.move_to_end(group.id, last=False)

    def add(self, post: Post, flags: Iterable[Evidence], said: str) -> None:
        """A post that says this was flagged as a group's, for these reasons."""
        for id in dict.fromkeys(flag.group for flag in flags if flag.group is not None):
            known = self._of(id)
            before = known.weight
            known.add(post, said[:MOST_CHARS])
            self._weight += known.weight - before
        self._bound()

    def withhold(self, flags: Iterable[Evidence]) -> None:
        """A post with these flags shows a secret."""
        for flag in flags:
            if flag.group is not None:
                self._of(flag.group).secret = True

    def stories(self) -> list[GroupStory]:
        """Every group with posts, the largest first; what went into another is part of that."""
        together: dict[str, _Known] = {}
        for id, known in self._known.items():
            last = self._last(id)
            if last not in together:
                together[last] = _Known()
                together[last].group = self._known[last].group
            together[last].swallow(known)
        whole = (self._start, self._end) == (EARLIEST, LATEST)
        stories = [
            _story(id, known, self._called, whole) for id, known in together.items() if known.posts
        ]
        return sorted(stories, key=lambda story: (-story.n, -story.posts, story.first, story.id))

    def _last(self, id: str) -> str:
        """The group it went into at last."""
        for _ in range(20):
            known = self._known.get(id)
            into = known.group.into if known and known.group else None
            if into is None or into not in self._known:
                break
            id = into
        return id

    def _of(self, id: str) -> _Known:
        known = self._known.get(id)
        if known is None:
            known = self._known[id] = _Known()
            self._bound()
        else:
            self._known.move_to_end(id)
        return known

    def _bound(self) -> None:
        while len(self._known) > MOST_REMEMBERED or (
            self._weight > MOST_WEIGHT and len(self._known) > 1
        ):
            _, forgotten = self._known.popitem(last=False)
            self._weight -= forgotten.weight


def _story(
    id: str,
    known: _Known,
    called: Callable[[str], Quote],
    whole: bool,
) -> GroupStory:
    came = sorted((at, name, n) for name, (at, n) in known.came.items())
    text, shared = max(known.texts.items(), key=lambda said: (said[1], len(said[0]), said[0]))
    group = known.group
    return GroupStory(
        id=id,
        # The group's own number is of all its time.
        n=max(group.n if group and whole else 0, len(came)),
        posts=known.posts,
        reason=Quote(WITHHELD)
        if known.secret
        else quote(group.reason if group else "", MOST_REASON),
        formed=known.formed,
        first=came[0][0],
        last=known.last,
        arrivals=tuple(at for at, _, _ in came),
        members=tuple(
            Member(name=called(name), at=at, posts=n) for at, name, n in came[:MOST_MEMBERS]
        ),
        text=quote(known.said[text]),
        shared=shared,
    )
