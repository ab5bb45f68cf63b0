"""The filter at work: which posts, threads and cases pass, found out a little each frame."""

from __future__ import annotations

from time import perf_counter

from moltwatch.model import Kind, Scores
from moltwatch.session import Session
from moltwatch.session.charges import Case
from moltwatch.session.filter import Filter, Subject, compile_filter
from moltwatch.session.names import Names
from moltwatch.session.thread import Node

BUDGET = 0.004
"""Seconds a frame may spend on trying posts."""

AMONG = 1_200
"""Threads looked at, the latest first."""

MOST_CASES = 200
TRIED_OF_CASE = 20
"""Posts of a case that are tried, the latest."""


class LiveFilter:
    """One filter over one session."""

    def __init__(self, expression: str) -> None:
        """Raises UsageError when the expression is none."""
        self.expression = expression
        self.filter: Filter = compile_filter(expression)
        self.threads: set[str] = set()
        """Threads with a post that passes."""
        self.nothing = False
        """All was tried and nothing passes."""
        self._tried: dict[str, int] = {}
        self._cases: dict[int, int] = {}
        self._names = Names()
        self._named = 0
        """The version of the names with which trying began."""

    def reset(self) -> None:
        """Another session is on the screen."""
        self.threads.clear()
        self.nothing = False
        self._tried.clear()
        self._cases.clear()

    def passes(self, node: Node) -> bool:
        """Whether a post passes, as things stand."""
        return node.post is not None and self.filter(subject(node, self._names))

    def case(self, case: Case, session: Session) -> bool:
        """Whether a post of a case passes; of a large one, only the latest are tried."""
        nodes = (session.threads.node(charge.post) for charge in case.charges[-TRIED_OF_CASE:])
        return any(node is not None and self.passes(node) for node in nodes)

    def work(self, session: Session) -> None:
        """Try posts that were not tried yet, for a few milliseconds."""
        until = perf_counter() + BUDGET
        self._names = session.names
        self._try_flagged(session)
        for thread in session.threads.recent(AMONG):
            if thread.id in self.threads:
                continue
            tried = self._tried.get(thread.id, 0)
            for node in thread.order[tried:]:
                tried += 1
                if self.passes(node):
                    self.threads.add(thread.id)
                    break
                if perf_counter() > until:
                    break
            self._tried[thread.id] = tried
            if perf_counter() > until:
                break
        else:
            self.nothing = not self.threads
            self._try_again()
        self.nothing = self.nothing and not self.threads

    def _try_again(self) -> None:
        """A profile that came after the posts tells by what other name to find them."""
        if self._named != self._names.version and "author" in self.expression.lower():
            self._named = self._names.version
            self._tried.clear()

    def _try_flagged(self, session: Session) -> None:
        """A verdict may change whether a post passes that was tried before."""
        for case in session.charges.latest(MOST_CASES):
            if self._cases.get(case.serial) != case.version:
                self._cases[case.serial] = case.version
                for charge in case.charges[-TRIED_OF_CASE:]:
                    node = session.threads.node(charge.post)
                    if node is not None and self.passes(node):
                        self.threads.add(charge.thread)


def subject(node: Node, names: Names) -> Subject:
    """A post as the filter language sees it."""
    assert node.post is not None
    standing = [charge for charge in node.charges if charge.stands]
    scores = {charge.kind: charge.score for charge in standing}
    return Subject(
        node.post,
        Scores(
            persona=scores.get(Kind.PERSONA, 0.0),
            coordinated=scores.get(Kind.COORDINATED, 0.0),
            hazard=scores.get(Kind.HAZARD, 0.0),
        ),
        tuple(flag for charge in standing for flag in charge.reasons),
        frozenset(scores),
        names.aliases(node.author),
    )
