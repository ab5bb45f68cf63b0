"""The session: what has been seen. The screen, the report and the score ask it, and remember
nothing of a run themselves.

A sink of the pipeline. Every event costs about the same whatever came before, and memory is
bounded; numbers stay exact. Nothing is pushed: whatever changes raises a ``version`` (the
session's, the thread's, the node's), and whoever draws 30 times a second compares with the one it
drew last.

Texts are kept as they came. Making them harmless is up to whoever shows them.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Callable, Sequence
from time import perf_counter

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
    Heartbeat,
    Kind,
    Post,
    Retracted,
    Thresholds,
    Verdict,
    Vote,
)
from moltwatch.session.agents import Agents
from moltwatch.session.charge import Charge, Opinion
from moltwatch.session.charges import Case, Charges
from moltwatch.session.counts import Counts
from moltwatch.session.groups import Groups
from moltwatch.session.held import Held
from moltwatch.session.names import Names
from moltwatch.session.pace import Rate
from moltwatch.session.thread import Limits, Node, Threads
from moltwatch.session.timeline import Spans, Timeline
from moltwatch.times import Micros

_log = logging.getLogger(__name__)

MOST_GAPS = 200
MOST_LONG_GAPS = 12
MOST_SOURCES = 50
MOST_NOTES = 100
MOST_LATEST = 200
MOST_CHANGED = 4_000


class Session:
    """What has been seen so far.

    A post is flagged as soon as it is found to be, until that is taken back. With ``thresholds``
    the last word on it counts instead, for a run whose engine gives verdicts: it is flagged for
    the kinds whose final score reaches theirs. ``withholds`` is asked of each such post
    whether it must not be repeated; charges, groups and threads then know.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        thresholds: Thresholds | None = None,
        withholds: Callable[[Verdict], bool] = lambda _: False,
    ) -> None:
        limits = limits or Limits()
        self._keeps = limits.posts > 0
        self._thresholds = thresholds
        self._withholds = withholds
        self.version = 0
        """Raised by every event."""
        self.counts = Counts()
        """What went by and what was found, in numbers."""
        self.comments = 0
        """Of the posts."""
        self.first_at: Micros | None = None
        """When the first post was seen."""
        self.last_at: Micros = 0
        """When the last was."""
        self.sources: Counter[str] = Counter()
        """Posts of each source; of very many not all."""
        self.first_post = ""
        """Source, id and time of the first: what tells this session from others."""
        self._latest: deque[str] = deque(maxlen=MOST_LATEST)
        self.changed: deque[str] = deque(maxlen=MOST_CHANGED)
        """Ids of posts that became something else than they were when they came: by an edit, or by
        what stands against them. The latest last, each as often as it changed."""
        self.n_changed = 0
        """How often one did, ever."""
        self.rate = Rate()
        """Of posts; not told where none are kept."""
        self.threads = Threads(limits)
        self.agents = Agents(limits.agents, keeps=self._keeps)
        self.names = Names()
        """What accounts are called."""
        self.charges = Charges(limits.charges)
        self.groups = Groups(self.counts, limits.groups, keeps=self._keeps)
        self.timeline = Timeline()
        self._marked = 0
        """The version of the charges up to which the time line knows where cases begin."""
        self.gaps: deque[Gap] = deque(maxlen=MOST_GAPS)
        """The latest."""
        self.long_gaps: list[Gap] = []
        """The longest, in order of arrival."""
        self.missed = Spans()
        """What was neither observed nor given back later."""
        self.notes: deque[str] = deque(maxlen=MOST_NOTES)
        """Sentences the user should read: a heuristic failed, a limit was met."""
        self.n_notes = 0
        self.ended = False
        """The source came to its end."""
        self.held: Held | None = None
        """What waits to be taken in, while the session is held and until it has caught up."""

    @property
    def start(self) -> Micros | None:
        """Stream time of the first event."""
        return self.counts.start

    @property
    def now(self) -> Micros:
        """Stream time: the running maximum of ``seen_at``."""
        return self.counts.now

    @property
    def posts(self) -> int:
        """Posts and comments seen."""
        return self.counts.posts

    @property
    def latest(self) -> list[Node]:
        """The latest posts of all threads that are kept, in order of arrival."""
        return [node for id in self._latest if (node := self.threads.node(id))]

    @property
    def n_gaps(self) -> int:
        return self.counts.gaps

    def held_against(self, post: str) -> list[Charge]:
        """What is held against a post: as long as the post is kept all of it, also what no list of
        charges has any more."""
        if node := self.threads.node(post):
            return list(node.charges)
        return [charge for kind in Kind if (charge := self.charges.get(post, kind))]

    def charge(self, post: str, kind: Kind) -> Charge | None:
        """What is held against a post of that kind, the same."""
        held = (charge for charge in self.held_against(post) if charge.kind is kind)
        return next(held, None)

    # --- sink of the pipeline ---------------------------------------------------------------------

    def take(self, event: Event, findings: Sequence[Finding]) -> None:
        """One event, and what it gave away."""
        if self.held is None:
            self._take(event, findings)
        else:
            self._wait(self.held, event, findings)

    def finish(self, findings: Sequence[Finding]) -> None:
        """The stream ended; these are the last findings."""
        if self.held is None:
            self._finish(findings)
        else:
            self.held.add(None, findings)

    # --- standing still ---------------------------------------------------------------------------

    @property
    def holding(self) -> bool:
        """It stands still, and what comes waits."""
        return self.held is not None and self.held.holding

    def hold(self) -> None:
        """Stand still, even before all that waits was taken in: what comes from now on waits."""
        if self.held is None:
            self.held = Held()
        self.held.holding = True

    def let_go(self) -> None:
        """Go on. What waits is taken in by :meth:`catch_up`, and what comes waits behind it."""
        if self.held is not None:
            self.held.holding = False

    def catch_up(self, seconds: float = float("inf")) -> None:
        """Take in what waits, for so long at most; nothing while the session is held."""
        held = self.held
        if held is None or held.holding:
            return
        until = perf_counter() + seconds
        while held and perf_counter() < until:
            self._take_waiting(held)
        if not held:
            self.held = None

    def wake(self, seconds: float) -> None:
        """Take in hand what is at rest, for so long at most: who searches for something goes
        through all of it, and should not have to wait."""
        until = perf_counter() + seconds
        if self.threads.wake(until):
            self.agents.wake(until)

    def _wait(self, held: Held, event: Event, findings: Sequence[Finding]) -> None:
        held.add(event, findings)
        if held.holding and held.full:
            held.holding = False
            self.note(f"no room for more than {len(held):,} held back: the screen goes on")
        if not held.holding:
            # Two for each that comes: however fast that is, less and less waits.
            for _ in range(min(2, len(held))):
                self._take_waiting(held)

    def _take_waiting(self, held: Held) -> None:
        event, findings = held.pop()
        if event is None:
            self._finish(findings)
        else:
            self._take(event, findings)

    # --- taking in --------------------------------------------------------------------------------

    def _take(self, event: Event, findings: Sequence[Finding]) -> None:
        self.version += 1
        if isinstance(event, Post) and self.threads.node(event.id):
            event = Heartbeat(seen_at=event.seen_at)  # it is here already: nothing but time went on
        self.counts.take(event, findings)
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
            self._gap(event)
        for finding in findings:
            self._learn(finding)
        self._mark_cases()

    def _finish(self, findings: Sequence[Finding]) -> None:
        self.version += 1
        self.ended = True
        self.counts.finish(findings)
        for finding in findings:
            self._learn(finding)
        self._mark_cases()

    # --- from the user and the house --------------------------------------------------------------

    def note(self, sentence: str) -> None:
        """Something the user should read; suits the engine's ``complain``."""
        _log.info("said: %s", sentence)
        self.notes.append(sentence)
        self.n_notes += 1
        self.version += 1

    def judge(self, charges: Sequence[Charge], opinion: Opinion | None) -> None:
        """The user confirms or dismisses what is held against posts, or takes that back with
        None."""
        stood = [charge.stands for charge in charges]
        self.charges.judge(charges, opinion)
        for charge, before in zip(charges, stood, strict=True):
            if charge.stands != before:
                self._stand(charge, 1 if charge.stands else -1)
        self._mark_cases()
        self.version += 1

    # --- events -----------------------------------------------------------------------------------

    def _post(self, post: Post) -> None:
        if self.first_at is None:
            self.first_at = post.seen_at
            self.first_post = f"{post.source} {post.id} {post.seen_at}"
        if post.seen_at > self.last_at:
            self.last_at = post.seen_at
        self.comments += post.id != post.thread
        if post.source in self.sources or len(self.sources) < MOST_SOURCES:
            self.sources[post.source] += 1
        self.timeline.post(post.seen_at)
        parent = None
        if not self._keeps:
            self.threads.count(post)
        elif node := self.threads.add(post):
            parent = node.parent
            self.rate.add(post.seen_at)
            self._latest.append(post.id)
            for kind in Kind:
                # It may have been let go and come back, or have been flagged before it was seen.
                if charge := self.charges.get(post.id, kind):
                    node.charges.append(charge)
                    if charge.stands:
                        self._mark(charge, 1)
        self.agents.wrote(post, parent.author if parent else None)

    def _gap(self, gap: Gap) -> None:
        self.gaps.append(gap)
        self.long_gaps.append(gap)
        if len(self.long_gaps) > MOST_LONG_GAPS:
            self.long_gaps.remove(min(self.long_gaps, key=lambda gap: gap.until - gap.since))
        self.timeline.gap(gap.since, min(gap.until, gap.seen_at))
        if not gap.recovered:
            self.missed.add(gap.since, gap.until)

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
        self._change(node)
        node.thread.touch(at)

    def _change(self, node: Node) -> None:
        node.version += 1
        node.thread.version += 1
        self.changed.append(node.id)
        self.n_changed += 1

    # --- findings ---------------------------------------------------------------------------------

    def _learn(self, finding: Finding) -> None:
        if isinstance(finding, FlaggedPost):
            self.agents.found(finding)
            forgotten = finding.again and not self.charges.get(finding.post.id, finding.kind)
            if self._thresholds is None and not forgotten:
                self._flag(Charge(finding, finding.kind))
        elif isinstance(finding, Verdict):
            if self._thresholds is not None:
                self._judge(finding, self._thresholds)
        elif isinstance(finding, Group):
            self.groups.tell(finding)
            if finding.state is GroupState.MERGED and finding.into:
                gone = self.charges.merge(finding.kind, finding.id, finding.into)
                if gone is not None:
                    self._mark_case(gone, ())
        else:
            self._retract(finding)

    def _judge(self, verdict: Verdict, thresholds: Thresholds) -> None:
        withheld = bool(verdict.flags) and self._withholds(verdict)
        if withheld:
            self.threads.withhold(verdict.post)
            self.groups.withhold(verdict.flags)
        for kind in thresholds.reached(verdict.scores):
            self._flag(Charge(verdict, kind, withheld=withheld))

    def _flag(self, charge: Charge) -> None:
        if known := self.charges.get(charge.post, charge.kind):
            stood = known.stands
            self.charges.renew(known, charge)
            if known.stands and not stood:
                self._stand(known, 1)
            elif node := self.threads.node(charge.post):
                self._change(node)  # its score
            return
        self.charges.add(charge, self.posts)
        self.groups.join(charge)
        self.agents.flag(charge)
        if node := self.threads.node(charge.post):
            node.charges.append(charge)
        self._stand(charge, 1)

    def _retract(self, retracted: Retracted) -> None:
        known = self.charge(retracted.post, retracted.kind)
        if known and not known.retracted:
            stood = known.stands
            self.charges.retract(known)
            if stood:
                self._stand(known, -1)

    def _stand(self, charge: Charge, change: int) -> None:
        """A charge came to stand, or ceased to."""
        mark = self.timeline.flag if change > 0 else self.timeline.unflag
        mark(charge.seen_at, charge.kind)
        self._mark(charge, change)

    def _mark_cases(self) -> None:
        """The time line learns where cases begin. What was marked stays, as long as it stands: its
        strongest charges may have been let go."""
        for case in self.charges.changed_since(self._marked):
            stays = case.matters or (case.marked and case.stands)
            self._mark_case(case, case.begins if stays else ())
        self._marked = self.charges.version

    def _mark_case(self, case: Case, begins: tuple[tuple[Micros, int], ...]) -> None:
        """It is marked there and nowhere else."""
        if case.marked == begins:
            return
        for at, strength in case.marked:
            self.timeline.unbegin(at, case.kind, strength)
        for at, strength in begins:
            self.timeline.begin(at, case.kind, strength)
        case.marked = begins

    def _mark(self, charge: Charge, change: int) -> None:
        """One charge more or less stands against a post of a thread that is known."""
        if node := self.threads.node(charge.post):
            node.thread.mark(charge.kind, change)
            self._change(node)
            node.thread.version += 1
        elif summary := self.threads.counted.get(charge.thread):
            summary.mark(charge.kind, change)
