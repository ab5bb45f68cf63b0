"""The session: what has been seen, kept so that a screen can ask 30 times a second what is new.

A sink of the pipeline. Every event costs about the same whatever came before, and memory is
bounded; numbers stay exact. Nothing is pushed: whatever changes raises a ``version`` (the
session's, the thread's, the node's), and whoever draws compares with the one it drew last.

Texts are kept as they came. Making them harmless is up to whoever shows them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from moltwatch.model import (
    AgentSeen,
    Delete,
    Edit,
    Event,
    Finding,
    FlaggedPost,
    Gap,
    Group,
    GroupState,
    Kind,
    Post,
    Retracted,
    Vote,
)
from moltwatch.session.agents import Agents
from moltwatch.session.charges import Case, Charge, Charges, Opinion
from moltwatch.session.groups import Groups
from moltwatch.session.names import Names
from moltwatch.session.pace import Rate
from moltwatch.session.thread import Node
from moltwatch.session.threads import Limits, Threads
from moltwatch.session.timeline import Timeline
from moltwatch.times import Micros

MOST_GAPS = 200
MOST_NOTES = 100
MOST_LATEST = 200


class Session:
    """What has been seen so far."""

    def __init__(self, limits: Limits | None = None) -> None:
        limits = limits or Limits()
        self.version = 0
        """Raised by every event."""
        self.start: Micros | None = None
        """Stream time of the first event."""
        self.now: Micros = 0
        """Stream time: the running maximum of ``seen_at``."""
        self.posts = 0
        """Posts and comments taken in."""
        self.first_post = ""
        """Source, id and time of the first: what tells this session from others."""
        self.latest: deque[Node] = deque(maxlen=MOST_LATEST)
        """The latest posts of all threads, in order of arrival."""
        self.rate = Rate()
        self.threads = Threads(limits)
        self.agents = Agents(limits.agents)
        self.names = Names()
        """What accounts are called."""
        self.charges = Charges(limits.charges)
        self.groups = Groups(limits.groups)
        self.timeline = Timeline()
        self.gaps: deque[Gap] = deque(maxlen=MOST_GAPS)
        self.n_gaps = 0
        self.notes: deque[str] = deque(maxlen=MOST_NOTES)
        """Sentences the user should read: a heuristic failed, a limit was met."""
        self.n_notes = 0
        self.ended = False
        """The source came to its end."""

    # --- sink of the pipeline ---------------------------------------------------------------------

    def take(self, event: Event, findings: Sequence[Finding]) -> None:
        """One event, and what it gave away."""
        self.version += 1
        self.now = max(self.now, event.seen_at)
        if self.start is None:
            self.start = event.seen_at
        if isinstance(event, Post):
            self._post(event)
        elif isinstance(event, Vote):
            self._vote(event)
        elif isinstance(event, AgentSeen):
            self.agents.learn(event)
            self.names.take(event)
        elif isinstance(event, Edit):
            self._edit(event)
        elif isinstance(event, Delete):
            self._delete(event)
        elif isinstance(event, Gap):
            self.gaps.append(event)
            self.n_gaps += 1
            self.timeline.gap(event.since, min(event.until, event.seen_at))
        for finding in findings:
            self._learn(finding)

    def finish(self, findings: Sequence[Finding]) -> None:
        """The stream ended; these are the last findings."""
        self.version += 1
        self.ended = True
        for finding in findings:
            self._learn(finding)

    # --- from the user and the house --------------------------------------------------------------

    def note(self, sentence: str) -> None:
        """Something the user should read; suits the engine's ``complain``."""
        self.notes.append(sentence)
        self.n_notes += 1
        self.version += 1

    def judge(self, case: Case, opinion: Opinion | None) -> None:
        """The user confirms or dismisses a case, or takes that back with None."""
        stood = case.stands
        self.charges.judge(case, opinion)
        for charge in case.charges:
            if charge.retracted or stood == case.stands:
                continue
            self._mark(charge, 1 if case.stands else -1)
            mark = self.timeline.flag if case.stands else self.timeline.unflag
            mark(charge.seen_at, charge.kind)
        self.version += 1

    # --- events -----------------------------------------------------------------------------------

    def _post(self, post: Post) -> None:
        node = self.threads.add(post)
        if node is None:
            return
        for kind in Kind:
            # It may have been let go and come back, or have been flagged before it was seen.
            if charge := self.charges.get(post.id, kind):
                node.charges.append(charge)
                if charge.stands:
                    self._mark(charge, 1)
        if not self.posts:
            self.first_post = f"{post.source} {post.id} {post.seen_at}"
        self.posts += 1
        self.latest.append(node)
        self.rate.add(post.seen_at)
        self.timeline.post(post.seen_at)
        parent = node.parent
        self.agents.wrote(post, parent.author if parent else None)

    def _edit(self, edit: Edit) -> None:
        if node := self.threads.node(edit.id):
            self.threads.rewrite(node, edit.title, edit.text)
            node.edited = True
            self._touch(node, edit.seen_at)

    def _delete(self, delete: Delete) -> None:
        if node := self.threads.node(delete.id):
            node.deleted = True
            self._touch(node, delete.seen_at)

    def _vote(self, vote: Vote) -> None:
        if node := self.threads.node(vote.id):
            if vote.score is not None:
                node.score = vote.score
            elif vote.delta is not None:
                node.score = (node.score or 0) + vote.delta
            node.version += 1
            node.thread.version += 1

    def _touch(self, node: Node, at: Micros) -> None:
        node.version += 1
        node.thread.touch(at)

    # --- findings ---------------------------------------------------------------------------------

    def _learn(self, finding: Finding) -> None:
        if isinstance(finding, FlaggedPost):
            self._flag(finding)
        elif isinstance(finding, Group):
            self.groups.tell(finding)
            if finding.state is GroupState.MERGED and finding.into:
                self.charges.merge(finding.kind, finding.id, finding.into)
        elif isinstance(finding, Retracted):
            self._retract(finding)

    def _flag(self, flagged: FlaggedPost) -> None:
        known = self.charges.get(flagged.post.id, flagged.kind)
        stood = known is not None and known.stands
        charge = self.charges.add(flagged)
        if known is None:
            self.groups.join(charge)
            self.agents.flag(charge.author, charge.kind)
            if node := self.threads.node(charge.post):
                node.charges.append(charge)
        if charge.stands and not stood:
            self.timeline.flag(charge.seen_at, charge.kind)
            self._mark(charge, 1)

    def _retract(self, retracted: Retracted) -> None:
        known = self.charges.get(retracted.post, retracted.kind)
        stood = known is not None and known.stands
        charge = self.charges.retract(retracted)
        if charge and stood:
            self.timeline.unflag(charge.seen_at, charge.kind)
            self._mark(charge, -1)

    def _mark(self, charge: Charge, change: int) -> None:
        """A charge came to stand, or ceased to."""
        if node := self.threads.node(charge.post):
            flagged = node.thread.flagged
            flagged[charge.kind] = flagged.get(charge.kind, 0) + change
            if not flagged[charge.kind]:
                del flagged[charge.kind]
            node.version += 1
            node.thread.version += 1
