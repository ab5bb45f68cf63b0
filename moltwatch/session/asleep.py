"""Threads at rest: as bytes, until somebody asks for them.

A session that was brought from elsewhere holds a hundred thousand posts, of which a screen shows a
few. What stands against a post is told by its key where the charges have it, which know what became
of it; what they have let go of, its post alone remembers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import TypeAlias

import msgspec
from zstandard import ZstdCompressor, ZstdDecompressor

from moltwatch import packing
from moltwatch.model import Post
from moltwatch.packing import Piece, Pieces
from moltwatch.session.charge import Charge
from moltwatch.session.charges import Case, Charges, Kept
from moltwatch.session.thread import Node, Thread, ThreadSummary

TOGETHER = 16
"""Posts packed as one: fewer take more room, and more are packed again for one that comes."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Post | None]).decode
_press = ZstdCompressor(level=1).compress
_unfold = ZstdDecompressor().decompress

_HEAD = (*ThreadSummary.__struct_fields__, "read", "chars", "rate", "pulse", "moves", "version")


def pack_posts(posts: Sequence[Post | None]) -> bytes:
    """Some of the posts."""
    return _press(_encode(posts))


def pack_thread(
    thread: Thread,
    charges: Charges,
    pack_posts: Callable[[int, Sequence[Post | None]], Piece],
) -> Pieces:
    """A thread at rest: what is said of it as a whole, its tree, then the posts, :data:`TOGETHER`
    in each piece but the last; ``pack_posts`` is asked for those from a number on. Raises
    ValueError if there is no form for it."""
    nodes = list(thread.nodes.values())
    place = {id(node): i for i, node in enumerate(nodes)}

    def elsewhere(value: object) -> int | None:
        return value.serial if isinstance(value, Case) and charges.keeps(value) else None

    state = (
        {i: node.id for i, node in enumerate(nodes) if node.post is None},
        [-1 if node.parent is None else place[id(node.parent)] for node in nodes],
        {i: [place[id(c)] for c in node.children] for i, node in enumerate(nodes) if node.children},
        [place[id(node)] for node in thread.order],
        {i: held for i, node in enumerate(nodes) if (held := _held(node)) != _first(node.post)},
        {
            i: [charge.key if charges.holds(charge) else charge for charge in node.charges]
            for i, node in enumerate(nodes)
            if node.charges
        },
    )
    pieces: list[Piece] = []
    tree = packing.dumps(state, pieces, elsewhere)
    return (
        packing.dumps([getattr(thread, name) for name in _HEAD], []),
        _press(_encode((tree, pieces))),
        *(
            pack_posts(i, [node.post for node in nodes[i : i + TOGETHER]])
            for i in range(0, len(nodes), TOGETHER)
        ),
    )


def unpack_thread(packed: Pieces, kept: Kept, filled: Callable[[Thread], None]) -> Thread:
    """The thread again, as it was when these charges were ``kept``; its nodes come when they are
    asked for, and ``filled`` is told then. Raises ValueError if it is damaged."""
    head = packing.loads(packed[0], ())
    thread = Thread(head[0])
    for name, value in zip(_HEAD, head, strict=True):
        setattr(thread, name, value)

    def bring(thread: Thread) -> None:
        _fill(thread, packed[1:], kept)
        filled(thread)

    thread.rest(bring)
    return thread


def _fill(thread: Thread, packed: Pieces, kept: Kept) -> None:
    """Its nodes."""
    state, *groups = map(_unfold, packed)
    blanks, parents, children, order, changed, charged = packing.loads(
        *_decode_tree(state), kept.cases.__getitem__
    )
    nodes = []
    for i, post in enumerate(chain.from_iterable(map(_decode, groups))):
        title, text, cut, score, edited, deleted, version = changed.get(i) or _first(post)
        node_id, at = (post.id, post.seen_at) if post else (blanks[i], 0)
        nodes.append(
            Node(
                node_id, thread, None, [], post, title, text, cut, at, score, edited, deleted, [],
                version,
            )
        )  # fmt: skip
    for node, parent in zip(nodes, parents, strict=True):
        node.parent = nodes[parent] if parent >= 0 else None
    for i, below in children.items():
        nodes[i].children = [nodes[child] for child in below]
    for i, held in charged.items():
        nodes[i].charges = [
            charge if isinstance(charge, Charge) else kept.charges[charge] for charge in held
        ]
    thread.hold({node.id: node for node in nodes}, [nodes[i] for i in order])


_decode_tree = msgspec.msgpack.Decoder(tuple[bytes, list[bytes]]).decode

_Held: TypeAlias = tuple[str | None, str, int, int | None, bool, bool, int]


def _held(node: Node) -> _Held:
    """What may change of a node."""
    return (
        node.title, node.text, node.cut, node.score, node.edited, node.deleted, node.version,
    )  # fmt: skip


def _first(post: Post | None) -> _Held:
    """That as it is of a post that has just come, or of a blank."""
    if post is None:
        return None, "", 0, None, False, False, 0
    return post.title, post.text, 0, post.score, False, False, 1
