"""The state of a session as bytes, and back: for a screen that begins in the midst of a recording.

What the user said, and what a session that stands still holds back, is no part of it. Threads,
accounts and cases lie in pieces of their own, which are the same as long as nothing happens to
them; and what is in many of them stands in each, so that nothing moves in the one when the other
changes.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import islice

import msgspec
from zstandard import ZstdCompressor, ZstdDecompressor

from moltwatch import packing
from moltwatch.model import Kind, Post
from moltwatch.packing import Piece, Pieces
from moltwatch.session import charges, thread
from moltwatch.session.agents import Agent
from moltwatch.session.asleep import TOGETHER, pack_posts, pack_thread, unpack_thread
from moltwatch.session.charge import Charge
from moltwatch.session.charges import Case
from moltwatch.session.store import Session
from moltwatch.session.thread import Thread

_APART = ("agents", "charges", "held", "threads", "_keeps", "_thresholds", "_withholds")
"""Parts that are packed in their own way, or not at all."""

_press = ZstdCompressor(level=1).compress
_unfold = ZstdDecompressor().decompress
_encode = msgspec.msgpack.Encoder().encode
_decode_names = msgspec.msgpack.Decoder(list[str]).decode


class Packer:
    """Packs one session, again and again: what did not change is packed once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        # What was packed, each with what it was made of. One that is let go and comes back is
        # another: so that it is seen to be, the first lives on here.
        self._threads: dict[str, tuple[object, Pieces, Thread]] = {}
        self._posts: dict[tuple[str, int], tuple[Sequence[Post | None], bytes]] = {}
        self._agents: dict[str, tuple[object, bytes, Agent]] = {}
        self._cases: dict[int, tuple[object, Pieces]] = {}
        self._numbers: dict[str, int] = {}
        """Of threads: those of others stay the same when one becomes the latest."""

    def pack(self, pieces: list[Piece]) -> bytes:
        """The state as it is now; see :func:`.packing.dumps`. Raises ValueError if there is no form
        for it."""
        session = self._session
        cases, orders, counted = session.charges.at_rest(self._pack_case)
        threads = session.threads.at_rest(self._pack_thread)
        agents, n_agents = session.agents.at_rest(self._pack_agent)
        numbers = self._numbers
        for id in threads.threads:
            numbers.setdefault(id, len(numbers))
        state = (
            (_several(cases), orders, counted),
            (
                _encode(list(threads.threads)),
                array("I", [numbers[id] for id in threads.threads]),
                _several(threads.threads.values()),
                _encode(threads.posts),
                array("I", [numbers[id] for id in threads.homes]),
                threads[3:],
            ),
            (
                _encode([name for name, _ in agents]),
                [packing.piece(agent) for _, agent in agents],
                n_agents,
            ),
        )
        self._forget(len(threads.threads), len(threads.posts), len(agents), len(cases))
        parts = {name: part for name, part in vars(session).items() if name not in _APART}
        found = session.charges.hazards, session.charges.strongest
        of_rest: list[Piece] = []
        rest = packing.dumps((parts, found), of_rest, self._elsewhere)
        return packing.dumps((*state, rest, [*map(packing.piece, of_rest)]), pieces)

    def _elsewhere(self, value: object) -> object:
        """What the charges know is told by its key."""
        known = self._session.charges
        if isinstance(value, Charge) and known.holds(value):
            return value.key
        return value.serial if isinstance(value, Case) and known.keeps(value) else None

    def _forget(self, threads: int, posts: int, agents: int, cases: int) -> None:
        """Where there is much that is gone, begin anew."""
        for packed, most in (
            (self._threads, threads),
            (self._posts, threads + posts // TOGETHER),
            (self._agents, agents),
            (self._cases, cases),
        ):
            if len(packed) > 2 * most + 1_000:
                packed.clear()

    def _pack_case(self, case: Case) -> Pieces:
        made_of = case.changed, len(case.charges), tuple(case.keys)
        known = self._cases.get(case.serial)
        if known is None or known[0] != made_of:
            for charge in case.charges:
                charge.pack()
            said: list[Piece] = []
            data = _press(packing.dumps(case, said))
            known = self._cases[case.serial] = made_of, (data, *said)
        return known[1]

    def _pack_thread(self, thread: Thread) -> Pieces:
        known = self._session.charges
        against = [charge for node in thread.order for charge in node.charges]
        kept = [(known.holds(charge), known.keeps(charge.case)) for charge in against]
        made_of = id(thread), thread.version, thread.read, thread.withheld, kept
        packed = self._threads.get(thread.id)
        if packed is None or packed[0] != made_of:

            def posts_of(first: int, posts: Sequence[Post | None]) -> bytes:
                return self._pack_posts(thread.id, first, posts)

            pieces = pack_thread(thread, known, posts_of)
            packed = self._threads[thread.id] = made_of, pieces, thread
        return packed[1]

    def _pack_posts(self, thread: str, first: int, posts: Sequence[Post | None]) -> bytes:
        known = self._posts.get((thread, first))
        if known is None or known[0] != posts:
            known = self._posts[thread, first] = posts, pack_posts(posts)
        return known[1]

    def _pack_agent(self, agent: Agent) -> bytes:
        known = self._agents.get(agent.name)
        made_of = id(agent), agent.version
        if known is None or known[0] != made_of:
            data = _press(packing.dumps(agent, []))
            known = self._agents[agent.name] = made_of, data, agent
        return known[1]


def unpack(data: Piece, pieces: Iterable[Piece]) -> Session:
    """The session again. Raises ValueError if the bytes are damaged."""
    (cases, orders, counted), threads, (names, agents, n_agents), rest, of_rest = packing.loads(
        data, pieces
    )
    session = Session()
    known = session.charges
    known.rest(
        charges.Resting(_split(*cases), orders, counted),
        lambda packed: packing.loads(_unfold(packed[0]), packed[1:]),
    )

    kept = known.kept()  # what is asked for later, the charges may have let go by then

    def elsewhere(told: tuple[str, Kind] | int) -> object:
        return kept.cases[told] if isinstance(told, int) else kept.charges[told]

    parts, (known.hazards, known.strongest) = packing.loads(rest, of_rest, elsewhere)
    vars(session).update(parts)
    ids, numbers, packed, posts, homes, more = threads
    ids = _decode_names(ids)
    by_number = dict(zip(numbers, ids, strict=True))
    session.threads.rest(
        thread.Resting(
            dict(zip(ids, _split(*packed), strict=True)),
            _decode_names(posts),
            [by_number[number] for number in homes],
            *more,
        ),
        lambda packed, filled: unpack_thread(packed, kept, filled),
    )
    session.agents.rest(
        (list(zip(_decode_names(names), agents, strict=True)), n_agents),
        lambda packed: packing.loads(_unfold(packed), ()),
    )
    return session


def _several(packed: Iterable[Pieces]) -> tuple[array[int], list[object]]:
    """How many pieces each of them is, and all of these."""
    packed = list(packed)
    return array("I", map(len, packed)), [packing.piece(each) for one in packed for each in one]


def _split(counts: array[int], pieces: Iterable[Piece]) -> list[Pieces]:
    """The same again, each for itself."""
    left = iter(pieces)
    return [tuple(islice(left, n)) for n in counts]
