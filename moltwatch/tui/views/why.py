"""The pane of a why: all there is to say of what a post is flagged for, or why it is not; or of a
group, which is more than any of its posts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from moltwatch.model import Kind
from moltwatch.session import Session
from moltwatch.session.charge import Charge
from moltwatch.session.charges import Case
from moltwatch.session.groups import Swarm
from moltwatch.times import Micros
from moltwatch.tui.symbols import sign
from moltwatch.tui.views.explanation import Explanation
from moltwatch.tui.views.group_story import GroupStory
from moltwatch.tui.views.repeats import Repeats, words_of
from moltwatch.tui.widgets.pane import Frame, Piece, PostRow, TitledPane
from moltwatch.tui.widgets.rows import Row, Target
from moltwatch.tui.widgets.rowview import RowView

REST = 15
"""Frames for which it stays as it is, whatever comes in: it is read, not watched."""

ROOM_FOR_KEYS = 96
"""Cells from which the title says more keys."""

GONE = "is no longer kept"


class WhyView(RowView):
    """Rows that may be taller than the screen: the cursor moves on when the end was seen."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", "to the post")]

    def _step(self, by: int) -> None:
        if not self._read_on(by):
            super()._step(by)

    def action_page(self, by: int) -> None:
        height = max(1, self.scrollable_content_region.height - 1)
        if not self._read_on(by * height):
            super().action_page(by)

    def _read_on(self, lines: int) -> bool:
        """Scroll within the row under the cursor as long as there is more of it."""
        if not 0 <= self.cursor < len(self.rows):
            return False
        top, bottom = self._row_layout.top(self.cursor), self._row_layout.bottom(self.cursor)
        y, height = self.scroll_offset.y, self.scrollable_content_region.height
        hidden = bottom - (y + height) if lines > 0 else y - top
        if hidden <= 0:
            return False
        step = min(hidden, abs(lines))
        self.scroll_relative(y=step if lines > 0 else -step, animate=False, immediate=True)
        return True


class WhyPane(TitledPane):
    """The why of one post, or the story of one group."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(WhyView(), id=id)
        self.post = ""
        """Id of the post that it is about; empty where it is about a group."""
        self.group = ""
        """Id of the group that it is about, or that it was about before this post."""
        self._swarm: Swarm | None = None
        self._case: Case | None = None
        """Of the group."""
        self._repeats = Repeats()
        """In the list of the group's posts."""
        self._kind: Kind | None = None
        """What it is asked about above all."""
        self.raw = False
        """Show JSON instead."""
        self._charges: list[Charge] = []
        self._thread = ""
        """The thread of the post, where it is kept."""
        self._known: tuple[str, Micros] = "", 0
        """The post or group that was there last, and the earliest time at which it was seen."""
        self._shown: object = None
        self._drawn = 0

    def open(self, post: str, kind: Kind | None = None, *, onwards: bool = False) -> None:
        """Tell of this post; ``onwards`` from the group whose story was being read, to which esc
        leads back."""
        if not onwards:
            self.group = ""
        self.post, self._kind = post, kind
        self.raw = False
        self._from_the_top()

    def open_group(self, group: str) -> None:
        """Tell of this group."""
        self.group, self.post = group, ""
        self.raw = False
        self._charges, self._thread = [], ""
        self._repeats.clear()
        self._from_the_top()

    def reset(self) -> None:
        self._shown = None

    def back(self) -> bool:
        """Back from the raw JSON to the why, and from a post to the group whose story was read."""
        if self.raw:
            self.toggle_raw()
        elif self.group and self.post:
            self.open_group(self.group)
        else:
            return False
        return True

    def toggle_raw(self) -> None:
        """Show the JSON, or the why again."""
        self.raw = not self.raw
        self._from_the_top()

    def _from_the_top(self) -> None:
        self._shown = None
        self.view.set_reactive(RowView.cursor, -1)
        self.view.scroll_home(animate=False, immediate=True)

    @property
    def target(self) -> Target | None:
        """The post that it is about."""
        thread = self._charges[0].thread if self._charges else self._thread
        return Target(thread, self.post) if thread else None

    @property
    def case(self) -> Case | None:
        """The case of the group, or of the post's strongest charge."""
        if not self.post:
            return self._case
        return self._charges[0].case if self._charges else None

    def toggle(self) -> str:
        """Show all posts of the group with the words of the one under the cursor, or only the
        first; what to say if there is no other."""
        target, arrivals = self.view.target, self._swarm.arrivals if self._swarm else ()
        here = next((each for each in arrivals if target and each.post == target.post), None)
        if here is None or not self._repeats.toggle(words_of(here.author, here.text)):
            return "nothing here is said more than once"
        self._shown = None
        return ""

    def next_example(self) -> bool:
        """Put the cursor on the next row that leads to another post; tell whether there is one."""
        places = [at for at, row in enumerate(self.view.rows) if self._leads_away(row)]
        after = [at for at in places if at > self.view.cursor]
        if places:
            self.view.move_to((after or places)[0], tell=False)
        return bool(places)

    def _leads_away(self, row: Row) -> bool:
        return isinstance(row, PostRow) and row.target.post != self.post

    def _keys(self) -> str:
        """What the keys do, as many as there is room for."""
        keys = ["r why" if self.raw else "r raw", "esc back"]
        if not self.raw and self.size.width > ROOM_FOR_KEYS:
            keys = ["[ ] cases", "e examples", *keys]
        return f" {sign('dot')} ".join(keys) + " "

    # --- drawing ----------------------------------------------------------------------------------

    def draw(self, frame: Frame) -> None:
        if self.post or not self.group:
            self._draw_post(frame)
        else:
            self._draw_group(frame)

    def _rests(self, version: object, frame: Frame) -> bool:
        """Whether what is shown stays as it is for now."""
        resting = self._shown is not None and 0 <= frame.number - self._drawn < REST
        if version == self._shown or resting:
            return True
        self._shown, self._drawn = version, frame.number
        return False

    def _put(self, title: Sequence[Piece], rows: list[Row]) -> None:
        self.title_line.set(title, [(self._keys(), "faint")])
        self.view.set_rows(rows)
        if self.view.cursor < 0 and self.view.rows:
            self.view.move_to(0, tell=False)

    def _remember(self, what: str, at: Micros) -> None:
        """It is there, and was seen at that time."""
        self._known = what, min(at, self._known[1]) if self._known[0] == what else at

    def _is_to_come(self, what: str, session: Session) -> bool:
        """It was seen in another session that had come further."""
        return self._known[0] == what and session.now < self._known[1]

    def _draw_group(self, frame: Frame) -> None:
        session = frame.session
        swarm = session.groups.get(self.group)
        self._swarm = swarm
        if swarm is not None:
            self._remember(self.group, session.now)
        missing = "has not formed yet" if self._is_to_come(self.group, session) else GONE
        self.view.say_when_empty(f"that group {missing}")
        self._case = session.charges.of_group(Kind.COORDINATED, swarm.id) if swarm else None
        version = (
            self.group,
            self.raw,
            swarm.version if swarm else None,
            self._case.opinion if self._case else None,
            session.charges.by_kind[Kind.HAZARD],
            session.names.version,
            id(session),
        )
        if self._rests(version, frame):
            return
        head = ("RAW " if self.raw else "GROUP ", "strong")
        if swarm is None:
            self._put([head], [])
            return
        story = GroupStory(swarm, session, frame.run.pipeline.engine, self._repeats)
        self._put([head, *story.title()], story.raw() if self.raw else story.rows())

    def _draw_post(self, frame: Frame) -> None:
        session = frame.session
        node = session.threads.node(self.post)
        self._charges = _charges(self.post, self._kind, session)
        if node is not None or self._charges:
            self._remember(self.post, node.at if node else self._charges[0].seen_at)
        missing = "is not there yet" if self._is_to_come(self.post, session) else GONE
        self.view.say_when_empty(f"that post {missing}")
        self._thread = node.thread.id if node else ""
        first = self._charges[0] if self._charges else None
        swarm = session.groups.get(first.group) if first and first.group else None
        agent = session.agents.get(first.author) if first else None
        version = (
            self.post,
            self.raw,
            node.version if node else None,
            [(charge.key, charge.at, charge.case.opinion) for charge in self._charges],
            swarm.version if swarm else 0,
            agent.n if agent else 0,
            session.names.version,
            id(session),
        )
        if self._rests(version, frame):
            return
        why = Explanation(self.post, node, self._charges, session, frame.run.pipeline.engine)
        head = ("RAW " if self.raw else "WHY ", "strong")
        if node is None and not self._charges:
            self._put([head], [])
            return
        self._put([head, *why.title()], why.raw() if self.raw else why.rows())


def _charges(post: str, kind: Kind | None, session: Session) -> list[Charge]:
    """What is held against a post: what is asked about first, then the strongest."""
    charges = session.held_against(post)
    return sorted(charges, key=lambda each: (each.kind is not kind, not each.stands, -each.score))
