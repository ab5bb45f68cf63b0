"""What is kept and passes an expression of the filter language, found out a little each frame.

Everything that is kept is tried, outward from where the user is; then what comes, and what changes.
What passes is remembered in order of time.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Mapping
from time import perf_counter

from msgspec import structs

from moltwatch.model import Kind, Scores
from moltwatch.session import Session
from moltwatch.session.filter import compile_filter
from moltwatch.session.filter_terms import Subject
from moltwatch.session.names import Names
from moltwatch.session.thread import Node
from moltwatch.times import Micros

BUDGET = 0.004
"""Seconds a frame may spend on trying posts."""

BETWEEN_SWEEPS = 150
"""Frames between two looks for what is no longer kept."""

BETWEEN_NAMES = 300
"""Frames after which accounts that are called otherwise by now are tried again."""

BATCH = 32
"""Posts tried in one direction before the other has its turn."""

Key = tuple[Micros, str, str]
"""Of a post: when it was seen, its id and that of its thread. Keys sort in order of time."""

LATEST: Micros = 2**63
_NO_SCORES = Scores()


def key_of(node: Node) -> Key:
    return node.at, node.id, node.thread.id


class Hits:
    """The posts of one session that pass one expression."""

    def __init__(
        self, expression: str, kept: Mapping[str, str] | None = None, here: Micros = LATEST
    ) -> None:
        """``kept`` are filters by name; trying begins at the time ``here``. Raises UsageError when
        the expression is none."""
        self.expression = expression
        self.kept = dict(kept or {})
        """The names that it was made with: one that is forgotten meanwhile still means the same."""
        self.filter = compile_filter(expression, everywhere=True, kept=self.kept)
        self.threads: dict[str, int] = {}
        """How many posts pass of each thread that has any."""
        self.complete = False
        """All that is kept was tried."""
        self._here = here
        self._found: deque[Key] = deque()
        self._session: Session | None = None
        self._names = Names()
        self._named = 0
        """The version of the names with which trying began."""
        self._nodes: list[Node] = []
        """What is tried now, in order of arrival: done is what lies between the two places."""
        self._low = self._high = 0
        self._again: deque[str] = deque()
        """What is to be tried once more."""
        self._added = self._changed = self._gone = 0
        """Of the session, as far as it was taken in."""
        self._sweeping: list[Key] = []
        self._idle = 0
        """Frames since everything was tried."""

    @property
    def nothing(self) -> bool:
        """All was tried and nothing passes."""
        return self.complete and not self._found

    @property
    def n(self) -> int:
        """Posts that pass, as far as was tried."""
        return len(self._found)

    @property
    def others(self) -> int:
        """Posts that do not, as far as was tried."""
        if self._session is None:
            return 0
        tried = self._session.threads.posts if self.complete else self._high - self._low
        return max(0, tried - len(self._found))

    def reset(self) -> None:
        """Another session is on the screen."""
        self._clear()

    def _clear(self) -> None:
        self._session = None
        self.complete = False
        self.threads.clear()
        self._found.clear()

    def passes(self, node: Node) -> bool:
        """Whether a post passes, as things stand."""
        return node.post is not None and self.filter(subject(node, self._names))

    # --- what was found ---------------------------------------------------------------------------

    def place(self, key: Key) -> int | None:
        """How many come before this post, if it is one that passes."""
        at = bisect_left(self._found, key)
        return at if at < len(self._found) and self._found[at] == key else None

    def after(self, key: Key) -> Key | None:
        """The next one later than that; None where there is none so far."""
        at = bisect_right(self._found, key)
        return self._found[at] if at < len(self._found) else None

    def before(self, key: Key) -> Key | None:
        """The next one earlier than that; None where there is none so far."""
        at = bisect_left(self._found, key)
        return self._found[at - 1] if at else None

    def tried(self, key: Key) -> bool:
        """Whether what lies next to that was tried: what is next to it is known, if anything is."""
        if self.complete:
            return True
        if self._low == self._high:
            return False
        first, last = self._nodes[self._low].at, self._nodes[self._high - 1].at
        return first <= key[0] <= last or (self._high == len(self._nodes) and key[0] > last)

    # --- trying -----------------------------------------------------------------------------------

    def work(self, session: Session) -> None:
        """Try posts for a few milliseconds."""
        until = perf_counter() + BUDGET
        if session is not self._session:
            self.begin(session)
        self._take_in(session)
        while self._again and perf_counter() < until:
            if node := session.threads.node(self._again.popleft()):
                self._try(node)
        if self._scan(session, until):
            self.complete = True
            self._nodes.clear()
            self._low = self._high = 0
            self._idle += 1
            self._sweep(session, until)
            self._learn_names(session)

    def begin(self, session: Session) -> None:
        """Look in this session from now on."""
        self._clear()
        self._session, self._names = session, session.names
        self._again.clear()
        self._sweeping.clear()
        self._changed = session.n_changed
        self._gone = session.threads.added - session.threads.posts
        self._start_over(session)
        self._low = self._high = bisect_left(self._nodes, self._here, key=lambda node: node.at)

    def _start_over(self, session: Session) -> None:
        """Try everything, from the latest backwards."""
        self._named = session.names.version
        self._added = session.threads.added
        self._nodes = session.threads.all_posts()
        self._low = self._high = len(self._nodes)

    def _take_in(self, session: Session) -> None:
        """What came, and what changed, since the last frame."""
        threads = session.threads
        if new := threads.added - self._added:
            self._added = threads.added
            self._nodes += reversed(threads.newest(new))
        if new := session.n_changed - self._changed:
            self._changed = session.n_changed
            if new <= len(session.changed):
                self._again.extend(list(session.changed)[-new:])
            elif self.complete:
                self._start_over(session)

    def _scan(self, session: Session, until: float) -> bool:
        """Go on with what was not tried yet; tell whether all is done."""
        nodes, threads = self._nodes, session.threads
        forward = True
        while self._low or self._high < len(nodes):
            forward = self._high < len(nodes) and (forward or not self._low)
            for _ in range(BATCH):
                if forward and self._high < len(nodes):
                    node = nodes[self._high]
                    self._high += 1
                elif not forward and self._low:
                    self._low -= 1
                    node = nodes[self._low]
                else:
                    break
                if threads.node(node.id) is node:
                    self._try(node)
                if perf_counter() > until:
                    return False
            forward = not forward
        return True

    def _try(self, node: Node) -> None:
        key, found = key_of(node), self._found
        if self.passes(node):
            if not found or key > found[-1]:
                found.append(key)
            elif key < found[0]:
                found.appendleft(key)
            else:
                at = bisect_left(found, key)
                if found[at] == key:
                    return
                found.insert(at, key)
            self.threads[node.thread.id] = self.threads.get(node.thread.id, 0) + 1
        elif found and found[0] <= key <= found[-1]:
            self._let_go(key)

    def _let_go(self, key: Key) -> None:
        if (at := self.place(key)) is not None:
            del self._found[at]
            self.threads[key[2]] -= 1
            if not self.threads[key[2]]:
                del self.threads[key[2]]

    def _sweep(self, session: Session, until: float) -> None:
        """Let go of what the session has let go of."""
        gone = session.threads.added - session.threads.posts
        if not self._sweeping and gone != self._gone and self._idle % BETWEEN_SWEEPS == 0:
            self._gone = gone
            self._sweeping = list(self._found)
        while self._sweeping and perf_counter() < until:
            for key in self._sweeping[-BATCH:]:
                if session.threads.node(key[1]) is None:
                    self._let_go(key)
            del self._sweeping[-BATCH:]

    def _learn_names(self, session: Session) -> None:
        """A profile that came after the posts tells by what other name to find them."""
        if session.names.version != self._named and self._idle % BETWEEN_NAMES == 0:
            self._start_over(session)


def subject(node: Node, names: Names) -> Subject:
    """A post as the filter language sees it: with the words that are on the screen."""
    post = node.post
    assert post is not None
    if node.deleted:
        post = structs.replace(post, title=None, text="")
    elif node.edited:
        post = structs.replace(post, title=node.title, text=node.text)
    if not node.charges:
        return Subject(post, _NO_SCORES, authors=names.aliases(post.author))
    standing = [charge for charge in node.charges if charge.stands]
    scores = {charge.kind: charge.score for charge in standing}
    return Subject(
        post,
        Scores(
            persona=scores.get(Kind.PERSONA, 0.0),
            coordinated=scores.get(Kind.COORDINATED, 0.0),
            hazard=scores.get(Kind.HAZARD, 0.0),
        ),
        tuple(flag for charge in standing for flag in charge.reasons),
        frozenset(scores),
        names.aliases(post.author),
    )
