"""All threads, bounded in posts and in characters: the quietest thread goes first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from itertools import islice

from msgspec import Struct

from moltwatch.bounded import Bounded
from moltwatch.model import Post
from moltwatch.session.thread import Node, Thread, ThreadSummary
from moltwatch.times import Micros


class Limits(Struct, frozen=True, kw_only=True):
    """How much a session keeps. The numbers it shows stay exact beyond that."""

    posts: int = 120_000
    """Posts kept over all threads; with none, they are counted and nothing that was written is
    kept but the titles of threads and what stands behind flags."""
    threads: int = 100_000
    """Threads counted where no posts are kept; those that were quiet longest go first."""
    posts_per_thread: int = 20_000
    """Past this, a thread lets go of its oldest quarter."""
    characters: int = 60_000_000
    """Characters of titles, bodies and addresses kept over all threads."""
    agents: int = 20_000
    charges: int = 20_000
    """Charges kept; with none, they are only counted."""
    groups: int = 2_000


class Threads:
    """Threads by id, in order of last activity."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._threads: OrderedDict[str, Thread] = OrderedDict()
        self._posts: dict[str, Node] = {}
        self._counted: Bounded[str, ThreadSummary] = Bounded(limits.threads)
        self._chars = 0
        self.n = 0
        """Threads ever seen; one that was let go and comes back counts once more."""

    def __len__(self) -> int:
        return len(self._threads)

    def __iter__(self) -> Iterator[Thread]:
        """In order of last activity, the quietest first."""
        return iter(self._threads.values())

    @property
    def summaries(self) -> list[ThreadSummary]:
        """All threads known of."""
        return [*self._counted.values(), *self._threads.values()]

    @property
    def forgetful(self) -> bool:
        """There are more than can be counted."""
        return self.n > self._counted.most

    @property
    def posts(self) -> int:
        """Posts kept."""
        return len(self._posts)

    @property
    def characters(self) -> int:
        """Characters kept."""
        return self._chars

    def get(self, id: str) -> Thread | None:
        return self._threads.get(id)

    def node(self, post: str) -> Node | None:
        """A post by its id, if it is kept."""
        return self._posts.get(post)

    def recent(self, n: int) -> list[Thread]:
        """The ``n`` threads with the latest activity, latest first."""
        return list(islice(reversed(self._threads.values()), n))

    def busiest(self, now: Micros, n: int = 1, among: int = 200) -> list[Thread]:
        """The ``n`` threads with the highest rate, out of the latest ``among``."""
        return sorted(self.recent(among), key=lambda thread: -thread.rate.per_minute(now))[:n]

    def add(self, post: Post) -> Node | None:
        """Take in a post; None if it is kept already."""
        if post.id in self._posts:
            return None
        thread = self._threads.get(post.thread)
        if thread is None:
            thread = self._threads[post.thread] = Thread(post.thread)
            self.n += 1
        before = thread.chars
        node = thread.add(post)
        if node is None:
            return None
        thread.rate.add(post.seen_at)
        thread.pulse.add(post.seen_at)
        self._threads.move_to_end(post.thread)
        self._posts[post.id] = node
        self._chars += thread.chars - before
        self._keep_limits(thread)
        return node

    def count(self, post: Post) -> None:
        """Count a post that is not kept."""
        summary = self._summary(post.thread)
        self.n += not summary.n
        summary.count(post)

    def learn(self, root: Post) -> None:
        """A root that is not counted tells what its thread is called."""
        self._summary(root.thread).learn(root)

    def counted(self, id: str) -> ThreadSummary | None:
        """A thread of which no posts are kept."""
        return self._counted.get(id)

    def withhold(self, post: Post) -> None:
        """A post is not to be repeated; if it is a root, neither is the title of its thread."""
        thread = self._threads.get(post.thread) or self._counted.get(post.thread)
        if post.is_root and thread:
            thread.withheld = True

    def rewrite(self, node: Node, title: str | None, text: str | None) -> None:
        """A title, a body or both were edited."""
        before = node.chars
        node.write(title, text)
        if node is node.thread.root:
            node.thread.entitle(node.title, node.text)
        grown = node.chars - before
        node.thread.chars += grown
        self._chars += grown
        self._keep_limits(node.thread)

    def _summary(self, id: str) -> ThreadSummary:
        return self._counted.renewed(id, lambda: ThreadSummary(id))

    def _keep_limits(self, thread: Thread) -> None:
        if len(thread.order) > self._limits.posts_per_thread:
            self._prune(thread)
        while len(self._posts) > self._limits.posts or self._chars > self._limits.characters:
            quietest = next(iter(self._threads.values()))
            if quietest is not thread:
                self._evict(quietest)
            elif len(thread.order) > 4:
                self._prune(thread)
            else:
                break

    def _prune(self, thread: Thread) -> None:
        for node in thread.prune(max(1, len(thread.order) // 4)):
            self._posts.pop(node.id, None)
            self._chars -= node.chars

    def _evict(self, thread: Thread) -> None:
        del self._threads[thread.id]
        for node in thread.order:
            self._posts.pop(node.id, None)
        self._chars -= thread.chars
