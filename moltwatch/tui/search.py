"""The search at work: from one post that is looked for to the next, across threads, in order of
time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from moltwatch.session import Session
from moltwatch.session.thread import Node
from moltwatch.tui.hits import LATEST, Hits, Key
from moltwatch.tui.live_filter import LiveFilter

NEAREST = 0
"""Asks for the next one, or where there is none, for the last one."""


@dataclass(frozen=True)
class Edge:
    """There is none in that direction."""

    by: int


class Search(Hits):
    """One search over one session, among what a filter leaves."""

    def __init__(
        self,
        expression: str,
        kept: Mapping[str, str] | None = None,
        here: Key = (LATEST, "", ""),
        among: LiveFilter | None = None,
    ) -> None:
        super().__init__(expression, kept, here[0])
        self._among = among
        self._asked: tuple[int, Key] | None = None
        """In which direction from where the next one is wanted, as long as it is not there."""
        self._edge: tuple[int, Key] | None = None
        """In which direction from where there was none."""

    def passes(self, node: Node) -> bool:
        return super().passes(node) and (self._among is None or self._among.passes(node))

    def ask(self, by: int, here: Key) -> None:
        """Go to the next or previous one from there, as soon as it is known. At the end, asked
        again, from the other end."""
        if (by, here) == self._edge and self.complete:
            here = (-1, "", "") if by > 0 else (LATEST, "", "")
        self._edge = None
        self._asked = by, here

    @property
    def asked(self) -> bool:
        """One is wanted that is not known yet."""
        return self._asked is not None

    def forget(self) -> None:
        """None is wanted any more."""
        self._asked = None

    def reset(self) -> None:
        super().reset()
        self._asked = None

    def answer(self, session: Session) -> Node | Edge | None:
        """What was asked for, once; None as long as it is not known."""
        while self._asked is not None:
            by, here = self._asked
            if not self.tried(here):
                return None
            key = self.before(here) if by < 0 else self._nearest(here) if not by else None
            key = self.after(here) if by > 0 else key
            if key is None:
                if not self.complete:
                    return None
                self._asked = None
                self._edge = by, here
                return Edge(by)
            node = session.threads.node(key[1])
            if node is not None and self.passes(node):
                self._asked = None
                return node
            self._let_go(key)
        return None

    def _nearest(self, here: Key) -> Key | None:
        return here if self.place(here) is not None else self.after(here) or self.before(here)
