"""What the user means when they press a key: the post, the case, the time that it is about."""

from __future__ import annotations

from moltwatch.session import Session
from moltwatch.session.charge import Charge
from moltwatch.session.charges import Case
from moltwatch.session.thread import Node
from moltwatch.tui.cases import Walk, Where
from moltwatch.tui.screens.panes import Panes
from moltwatch.tui.triage import Triage
from moltwatch.tui.widgets.rows import Target
from moltwatch.tui.widgets.rowview import RowView


class Meant:
    """Tells it from where the cursor is, and from what was done last."""

    def __init__(self, panes: Panes, triage: Triage, walk: Walk) -> None:
        self._panes = panes
        self._triage = triage
        self._walk = walk
        self.session: Session | None = None
        """The one on the screen."""

    @property
    def target(self) -> Target | None:
        """What is under the cursor of the pane that has the focus, or else of the centre."""
        panes, focused = self._panes, self._panes.focused
        target = focused.target if isinstance(focused, RowView) else None
        if target and target.thread:
            return target
        return panes.why.target if panes.reading_why else panes.thread.view.target

    @property
    def thread(self) -> str:
        """Id of the thread; empty for none."""
        return target.thread if (target := self.target) else ""

    @property
    def post(self) -> Node | None:
        """The post; of a thread, its root."""
        session, target = self.session, self.target
        if session is None or target is None:
            return None
        if target.post:
            return session.threads.node(target.post)
        thread = session.threads.get(target.thread)
        return thread.root if thread else None

    @property
    def charge(self) -> Charge | None:
        """What is held against the post: what the user went to or judged last, otherwise the
        strongest of what stands."""
        node = None if self._panes.focused is self._panes.flags.view else self.post
        charges = node.charges if node else []
        meant = self._triage.last, self._walk.charge and self._walk.charge.key
        return max(
            charges,
            key=lambda charge: (charge.key in meant, charge.stands, charge.score),
            default=None,
        )

    @property
    def case(self) -> Case | None:
        """The case of the post, or the one under the cursor of the flags."""
        panes = self._panes
        if panes.focused is panes.why.view and self.target == panes.why.target:
            return panes.why.case
        if charge := self.charge:
            return charge.case
        return panes.flags.case if panes.focused is panes.flags.view else None

    @property
    def where(self) -> Where:
        """Where the user is in time: at a case, at a post, or with the stream."""
        panes, session = self._panes, self.session
        if panes.focused is panes.flags.view and (case := panes.flags.case):
            return Where(case.since, case=case)
        if panes.reading_why and not panes.why.post and (case := panes.why.case):
            return Where(case.since, case=case)
        if panes.reading_why and (node := session and session.threads.node(panes.why.post)):
            return Where(node.at, node.id)
        tiles = (pane for pane in panes.tiles if pane.view is panes.focused)
        pane = next(tiles, panes.thread)
        if pane.node is None or pane.view.following:
            return Where(session.now if session else 0)
        return Where(pane.node.at, pane.node.id)

    @property
    def place(self) -> Node | None:
        """The post where the user reads: that of the why, or under the cursor of a list or of the
        thread, or the first of the thread in sight, or its newest where that is followed."""
        panes, session = self._panes, self.session
        if session is None:
            return None
        focused, reading = panes.focused, panes.reading
        if panes.reading_why and (node := session.threads.node(panes.why.post)):
            return node
        for view in (focused, reading.view):
            target = view.target if isinstance(view, RowView) else None
            node = session.threads.node(target.post) if target and target.post else None
            if node is not None and not (view is reading.view and reading.view.following):
                return node
        if reading.thread is None or not reading.thread.order:
            return None
        if not reading.view.following:
            for target in reading.view.targets:
                if (node := session.threads.node(target.post)) is not None:
                    return node
        return reading.thread.order[-1]
