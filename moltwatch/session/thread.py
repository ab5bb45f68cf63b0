"""Threads: posts in order of arrival, and the trees they make; bounded in posts and in characters,
the quietest thread goes first.

A forum does not promise that a parent is seen before its answer, nor that parents make a tree at
all. A parent that was not seen is held open by a blank node, which the post fills when it comes; a
pointer that would close a loop is not followed, and its post stands under the root.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from itertools import islice
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from msgspec import Struct, field, structs

from moltwatch.bounded import Bounded
from moltwatch.model import Kind, Post
from moltwatch.packing import Pieces
from moltwatch.session.pace import Pulse, Rate
from moltwatch.session.secrets import secrets_of
from moltwatch.text import repeated_words
from moltwatch.times import Micros
from moltwatch.wording import cut

if TYPE_CHECKING:
    from moltwatch.session.charge import Charge

MOST_STEPS_UP = 64
"""How far up a late parent looks for itself before it stays where it is, and how many of those
above a post are kept for its sake."""

MOST_CHARS = 20_000
"""Characters kept of one body, and of one title."""

MOST_TITLE = 240
"""Characters kept of what a thread is called."""

MOST_HELD = 1_000
"""Ids of threads and posts that are being looked at: more than stand on any screen."""

LONGEST_ADDRESS = 2_000
"""Characters; a longer address is not kept, for a part of it would lead elsewhere."""


class Node(Struct, eq=False):
    """A post in its thread, or the blank held for one that was not seen."""

    id: str
    thread: Thread
    parent: Node | None
    children: list[Node] = field(default_factory=list)
    post: Post | None = None
    """As first seen, but as short as what is kept; None for a blank."""
    title: str | None = None
    text: str = ""
    """The body as it stands, at most :data:`MOST_CHARS` characters, otherwise untouched; so is the
    title."""
    cut: int = 0
    """Characters of the body that were not kept."""
    at: Micros = 0
    score: int | None = None
    edited: bool = False
    deleted: bool = False
    charges: list[Charge] = field(default_factory=list)
    version: int = 0
    """Raised by every change that shows."""
    _said: tuple[int, int] | None = None
    _secrets: tuple[str, ...] | None = None

    def __repr__(self) -> str:
        return f"Node({self.id!r})"  # the thread it is in holds all others

    @property
    def said(self) -> int:
        """A number that is the same for posts with the same words, 0 where nothing was said. It is
        worked out once, when it is asked for."""
        return self._words[0]

    @property
    def nearly(self) -> int:
        """The same for posts of which only numbers, links and pictures differ."""
        return self._words[1]

    @property
    def _words(self) -> tuple[int, int]:
        if self._said is None:
            self._said = repeated_words(f"{self.title}\n{self.text}" if self.title else self.text)
        return self._said

    @property
    def secrets(self) -> tuple[str, ...]:
        """What looks like a secret in the post as it stands, and as it was first seen. It is looked
        for once, when it is asked for."""
        if self._secrets is None:
            found = secrets_of(self.title, self.text)
            if self.edited and self.post:
                found = (*found, *secrets_of(self.post.title, self.post.text))
            self._secrets = found
        return self._secrets

    @property
    def author(self) -> str:
        return self.post.author if self.post else ""

    @property
    def chars(self) -> int:
        """Characters kept."""
        n = len(self.text) + len(self.title or "")
        if self.post:
            n += len(self.post.link or "") + len(self.post.url or "")
        return n

    def fill(self, post: Post) -> None:
        """It was seen."""
        self.write(post.title, post.text)
        kept = (self.title, self.text, _address(post.link), _address(post.url))
        if kept != (post.title, post.text, post.link, post.url):
            title, text, link, url = kept
            post = structs.replace(post, title=title, text=text, link=link, url=url)
        self.post = post
        self.at = post.seen_at
        self.score = post.score
        self.version += 1

    def write(self, title: str | None, text: str | None) -> None:
        """Set title and body; None leaves that part as it is."""
        self._said = self._secrets = None
        if title is not None:
            self.title = title[:MOST_CHARS]
        if text is not None:
            self.text = text[:MOST_CHARS]
            self.cut = max(0, len(text) - MOST_CHARS)


class ThreadSummary(Struct, eq=False):
    """What is counted of a thread, whether its posts are kept or not."""

    id: str
    title: str = ""
    """The root's title, or the beginning of its text; may be empty. Untouched."""
    author: str = ""
    """Who began it; empty while the root was not seen."""
    community: str | None = None
    source: str = ""
    first_at: Micros = 0
    last_at: Micros = 0
    n: int = 0
    """Posts ever seen; more than are kept when the thread was pruned."""
    flagged: dict[Kind, int] = field(default_factory=dict)
    """How many charges of each kind stand against its posts."""
    withheld: bool = False
    """The title is not to be repeated."""

    def count(self, post: Post) -> None:
        """A post of it was seen."""
        if not self.n:
            self.first_at = post.seen_at
        self.n += 1
        self.last_at = max(self.last_at, post.seen_at)
        if not self.source:
            self.source = post.source
        self.learn(post)

    def learn(self, post: Post) -> None:
        """A post of it tells where it is, and the root what it is called and who began it."""
        root = post.id == self.id
        if root:
            self.entitle(post.title, post.text)
            self.author = post.author
        if post.community and (root or not self.community):
            self.community = post.community

    def entitle(self, title: str | None, text: str) -> None:
        """The root has this title and text now."""
        self.title = cut(title or text, MOST_TITLE)

    def mark(self, kind: Kind, change: int) -> None:
        """So many more charges of a kind stand against its posts."""
        self.flagged[kind] = self.flagged.get(kind, 0) + change
        if not self.flagged[kind]:
            del self.flagged[kind]


class Thread(ThreadSummary):
    """A root and its comments."""

    _nodes: dict[str, Node] = field(default_factory=dict)
    _order: list[Node] = field(default_factory=list)
    _at_rest: Callable[[Thread], None] | None = None
    """Brings its nodes, as long as nobody has asked for them."""
    read: int = 0
    """Posts the user has had on the screen, out of ``n``."""
    chars: int = 0
    """Characters kept."""
    rate: Rate = field(default_factory=Rate)
    pulse: Pulse = field(default_factory=Pulse)
    moves: int = 0
    """Raised when the tree changes other than by a new leaf, and when what was said in it does."""
    version: int = 0
    """Raised by every change that shows."""

    def __post_init__(self) -> None:
        self._nodes[self.id] = Node(self.id, self, None)

    @property
    def nodes(self) -> dict[str, Node]:
        """Every node by id, blanks included, the root first."""
        if self._at_rest:
            self._wake()
        return self._nodes

    @property
    def order(self) -> list[Node]:
        """Seen posts in order of arrival."""
        if self._at_rest:
            self._wake()
        return self._order

    def rest(self, bring: Callable[[Thread], None]) -> None:
        """Have no nodes until they are asked for; :meth:`hold` is to be called by ``bring``."""
        self._at_rest = bring

    def hold(self, nodes: dict[str, Node], order: list[Node]) -> None:
        """Have these."""
        self._nodes, self._order = nodes, order

    def _wake(self) -> None:
        bring, self._at_rest = self._at_rest, None
        if bring:
            bring(self)

    @property
    def root(self) -> Node:
        return self.nodes[self.id]

    @property
    def unread(self) -> int:
        return self.n - self.read

    def mark_read(self) -> None:
        """The user sees the newest."""
        self.read = self.n

    def add(self, post: Post) -> Node | None:
        """Take in a post; None if it is here already."""
        node = self.nodes.get(post.id)
        if node is None:
            node = Node(post.id, self, self.root)
            self.nodes[post.id] = node
            self._place(node, self._parent_of(post))
        elif node.post is not None:
            return None
        elif node is not self.root and post.parent:
            self._settle(node, self._parent_of(post))
        self._fill(node, post)
        return node

    def walk(self) -> Iterator[tuple[Node, int]]:
        """Every node with its depth (the root's is 0), parents before answers, answers in order
        of arrival."""
        stack = [(self.root, 0)]
        while stack:
            node, depth = stack.pop()
            yield node, depth
            if node.children:
                depth += 1
                stack.extend([(child, depth) for child in reversed(node.children)])

    def prune(self, n: int, held: Container[str] = ()) -> list[Node]:
        """Let go of the ``n`` oldest comments, but for those that are ``held`` and those right
        above them; what answered them moves under the root. However many those are, and however
        deep, half of the thread may go."""
        kept = {id(self.root)}
        most = max(2, len(self.order) // 2)
        for node in self.order:
            above: Node | None = node if node.id in held else None
            for _ in range(MOST_STEPS_UP):
                if above is None or id(above) in kept or len(kept) >= most:
                    break
                kept.add(id(above))
                above = above.parent
        dropped = list(islice((node for node in self.order if id(node) not in kept), n))
        gone = {id(node) for node in dropped}
        self._order = [node for node in self.order if id(node) not in gone]
        orphans: list[Node] = []
        for node in dropped:
            del self.nodes[node.id]
            self.chars -= node.chars
            orphans += [child for child in node.children if id(child) not in gone]
        blanks = [
            node
            for node in self.nodes.values()
            if node.post is None and node is not self.root
            if all(id(child) in gone for child in node.children)
        ]
        for blank in blanks:
            gone.add(id(blank))
            del self.nodes[blank.id]
        for node in self.nodes.values():
            node.children = [child for child in node.children if id(child) not in gone]
        for orphan in orphans:
            if id(orphan) not in gone:
                self._place(orphan, self.root)
        self.moves += 1
        self.version += 1
        return dropped

    def _parent_of(self, post: Post) -> Node:
        if post.parent is None or post.parent == post.id:
            return self.root
        parent = self.nodes.get(post.parent)
        if parent is None:
            parent = Node(post.parent, self, self.root)
            self.nodes[post.parent] = parent
            self._place(parent, self.root)
        return parent

    def _place(self, node: Node, parent: Node) -> None:
        node.parent = parent
        parent.children.append(node)

    def _settle(self, node: Node, parent: Node) -> None:
        """Move a blank that is being filled under its own parent, unless that closes a loop."""
        above: Node | None = parent
        for _ in range(MOST_STEPS_UP):
            if above is None:
                break
            if above is node:
                return
            above = above.parent
        if above is not None or parent is node.parent:
            return
        if node.parent is not None:
            node.parent.children.remove(node)
        self._place(node, parent)
        self.moves += 1

    def _fill(self, node: Node, post: Post) -> None:
        node.fill(post)
        self.order.append(node)
        self.chars += node.chars
        self.count(post)
        self.version += 1

    def touch(self, at: Micros) -> None:
        """Something happened in it that shows."""
        self.last_at = max(self.last_at, at)
        self.version += 1


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


class Resting(NamedTuple):
    """All threads, and what is needed to take one in hand."""

    threads: dict[str, Pieces]
    """By id, in order of last activity."""
    posts: Sequence[str]
    """Ids of the posts that are kept, in order of arrival."""
    homes: Sequence[str]
    """For each, the thread it is in."""
    counted: Bounded[str, ThreadSummary]
    chars: int
    n: int
    added: int


Unpack: TypeAlias = Callable[[Pieces, Callable[[Thread], None]], Thread]
"""Makes a thread of its pieces, and tells when it was asked for its nodes."""


class Threads:
    """Threads by id, in order of last activity. Those that were :meth:`at_rest` stay so until they
    are asked for."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._threads: OrderedDict[str, Thread | Pieces] = OrderedDict()
        self._posts: dict[str, Node | str] = {}
        """Each by its id; of one in a thread at rest, the id of that."""
        self._unpack: Unpack = lambda data, filled: Thread("")
        self._resting: list[str] = []
        """Those that :meth:`wake` has still to look at, the latest last."""
        self._read = False
        """Those at rest are read."""
        self.counted: Bounded[str, ThreadSummary] = Bounded(limits.threads)
        """Threads of which no posts are kept."""
        self._chars = 0
        self._held: frozenset[str] = frozenset()
        self.n = 0
        """Threads ever seen; one that was let go and comes back counts once more."""
        self.added = 0
        """Posts ever kept."""

    def __len__(self) -> int:
        return len(self._threads)

    def __iter__(self) -> Iterator[Thread]:
        """In order of last activity, the quietest first."""
        return map(self._awake, list(self._threads))

    def mark_read(self) -> None:
        """The user sees the newest of all that there is now."""
        self._read = True
        for thread in self._threads.values():
            if isinstance(thread, Thread):
                thread.mark_read()

    def at_rest(self, pack: Callable[[Thread], Pieces]) -> Resting:
        """All of them, each as bytes; ``pack`` makes them of a thread."""
        return Resting(
            {
                id: pack(thread) if isinstance(thread, Thread) else thread
                for id, thread in self._threads.items()
            },
            list(self._posts),
            [node if isinstance(node, str) else node.thread.id for node in self._posts.values()],
            self.counted,
            self._chars,
            self.n,
            self.added,
        )

    def rest(self, state: Resting, unpack: Unpack) -> None:
        """Have these, and none besides."""
        self._threads = OrderedDict(state.threads)
        self._posts = dict(zip(state.posts, state.homes, strict=True))
        self._unpack = unpack
        self._resting = list(self._threads)
        self.counted, self._chars, self.n, self.added = state[3:]

    def wake(self, until: float) -> bool:
        """Take some in hand that are at rest, the latest first, until then on the performance
        counter. Tells whether that was all."""
        while self._resting and perf_counter() < until:
            if thread := self.get(self._resting.pop()):
                thread.nodes  # noqa: B018
        return not self._resting

    def _awake(self, id: str) -> Thread:
        """The thread itself. Raises KeyError if there is none."""
        thread = self._threads[id]
        if not isinstance(thread, Thread):
            thread = self._threads[id] = self._unpack(thread, self._filled)
            if self._read:
                thread.mark_read()
        return thread

    def _filled(self, thread: Thread) -> None:
        """Its nodes were brought."""
        self._posts.update((node.id, node) for node in thread.order)

    def _node(self, post: str) -> Node:
        node = self._posts[post]
        if isinstance(node, str):
            node = self._awake(node).nodes[post]
        return node

    @property
    def summaries(self) -> list[ThreadSummary]:
        """All threads known of."""
        return [*self.counted.values(), *self]

    @property
    def posts(self) -> int:
        """Posts kept."""
        return len(self._posts)

    @property
    def characters(self) -> int:
        """Characters kept."""
        return self._chars

    def get(self, id: str) -> Thread | None:
        return self._awake(id) if id in self._threads else None

    def node(self, post: str) -> Node | None:
        """A post by its id, if it is kept."""
        return self._node(post) if post in self._posts else None

    def all_posts(self) -> list[Node]:
        """Every post that is kept, in order of arrival."""
        for thread in self:
            thread.nodes  # from here on none is at rest  # noqa: B018
        return [node for node in self._posts.values() if not isinstance(node, str)]

    def newest(self, n: int) -> list[Node]:
        """The ``n`` posts that were taken in last and are kept, the last one first."""
        return [self._node(post) for post in list(islice(reversed(self._posts), n))]

    def beginning(self, prefix: str, n: int) -> list[Node]:
        """At most ``n`` posts whose id begins so."""
        found = islice((id for id in self._posts if id.startswith(prefix)), n)
        return [self._node(post) for post in list(found)]

    def recent(self, n: int) -> list[Thread]:
        """The ``n`` threads with the latest activity, latest first."""
        return [self._awake(id) for id in list(islice(reversed(self._threads), n))]

    def busiest(self, now: Micros, n: int = 1, among: int = 200) -> list[Thread]:
        """The ``n`` threads with the highest rate, out of the latest ``among``."""
        return sorted(self.recent(among), key=lambda thread: -thread.rate.per_minute(now))[:n]

    def hold(self, ids: Iterable[str]) -> None:
        """Threads and posts with these ids are being looked at. They are not let go of, whatever
        the limits, until others are told; of very many only the first."""
        self._held = frozenset(islice(ids, MOST_HELD))

    def add(self, post: Post) -> Node | None:
        """Take in a post; None if it is kept already."""
        if post.id in self._posts:
            return None
        thread = self.get(post.thread)
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
        self.added += 1
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

    def withhold(self, post: Post) -> None:
        """A post is not to be repeated; if it is a root, neither is the title of its thread."""
        thread = self.get(post.thread) or self.counted.get(post.thread)
        if post.is_root and thread:
            thread.withheld = True

    def rewrite(self, node: Node, title: str | None, text: str | None) -> None:
        """A title, a body or both were edited."""
        before = node.chars
        node.write(title, text)
        if node is node.thread.root:
            node.thread.entitle(node.title, node.text)
        node.thread.moves += 1
        grown = node.chars - before
        node.thread.chars += grown
        self._chars += grown
        self._keep_limits(node.thread)

    def _summary(self, id: str) -> ThreadSummary:
        return self.counted.renewed(id, lambda: ThreadSummary(id))

    def _keep_limits(self, thread: Thread) -> None:
        if len(thread.order) > self._limits.posts_per_thread:
            self._prune(thread)
        while len(self._posts) > self._limits.posts or self._chars > self._limits.characters:
            quietest = next((id for id in self._threads if id not in self._held), thread.id)
            if quietest != thread.id:
                self._evict(self._awake(quietest))
            elif len(thread.order) <= 4 or not self._prune(thread):
                break

    def _prune(self, thread: Thread) -> int:
        """Let go of the oldest quarter of a thread; how many posts that were."""
        dropped = thread.prune(max(1, len(thread.order) // 4), self._held)
        for node in dropped:
            self._posts.pop(node.id, None)
            self._chars -= node.chars
        return len(dropped)

    def _evict(self, thread: Thread) -> None:
        del self._threads[thread.id]
        for node in thread.order:
            self._posts.pop(node.id, None)
        self._chars -= thread.chars


def _address(address: str | None) -> str | None:
    return address if address is None or len(address) <= LONGEST_ADDRESS else None
