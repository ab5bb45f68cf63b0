"""The panes of the main screen: what they show, once a frame, and how they hang together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from textual import events
from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.geometry import Size
from textual.screen import Screen

from moltwatch.model import Kind
from moltwatch.session import Session
from moltwatch.session.thread import Thread
from moltwatch.times import Micros
from moltwatch.tui.auto_follow import AutoFollow
from moltwatch.tui.line import safe_line
from moltwatch.tui.live_filter import LiveFilter
from moltwatch.tui.state_file import Unusable
from moltwatch.tui.triage import Triage
from moltwatch.tui.views.agent import AgentPane
from moltwatch.tui.views.deck import Deck
from moltwatch.tui.views.flags import CaseRow, FlagsPane
from moltwatch.tui.views.groups import GroupsPane
from moltwatch.tui.views.latest import LatestPane, LatestRow
from moltwatch.tui.views.sources import SourcesPane
from moltwatch.tui.views.thread import CommentRow, Note, ThreadPane
from moltwatch.tui.views.threads import ThreadRow, ThreadsPane
from moltwatch.tui.widgets.footer import Keys
from moltwatch.tui.widgets.header import Header
from moltwatch.tui.widgets.notifications import News, Notice
from moltwatch.tui.widgets.pane import PostRow
from moltwatch.tui.widgets.prompt import FilterPrompt
from moltwatch.tui.widgets.rowview import RowView
from moltwatch.tui.widgets.seekbar import SeekBar

if TYPE_CHECKING:
    from moltwatch.tui.app import MoltwatchApp

SIDES = ("flags", "groups", "agent", "sources")
LEAST = Size(60, 18)
"""Below this, parts of the screen have no room at all."""

GLANCE = 5
"""Frames between two looks at the lists, the header and the time line."""


class Panes(Screen[None]):
    """Everything at a glance."""

    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-narrow"),
        (100, "-normal"),
        (160, "-wide"),
    ]

    VERTICAL_BREAKPOINTS = [(0, "-low"), (50, "-tall")]  # noqa: RUF012

    def __init__(self, kept_in: Path | None = None, *, host: str | None = None) -> None:
        """``kept_in`` is the folder for what is kept from run to run; ``host`` the account whose
        thread is opened as soon as it is there, and stayed with."""
        super().__init__()
        self.header = Header(id="header")
        self.body = Horizontal(id="body", classes="side-flags")
        self.threads = ThreadsPane(id="threads")
        self.thread = ThreadPane(id="thread")
        self.deck = Deck(id="deck")
        self.latest = LatestPane(id="latest")
        self.flags = FlagsPane(id="flags")
        self.groups = GroupsPane(id="groups")
        self.agent = AgentPane(id="agent")
        self.sources = SourcesPane(id="sources")
        self.notice = Notice(id="notice")
        self.prompt = FilterPrompt(id="prompt")
        self.seekbar = SeekBar(id="seekbar")
        self.roaming = True
        """The thread pane follows the busiest thread."""
        self.sieve: LiveFilter | None = None
        self.opinions = Triage(kept_in)
        self._host = host
        self._roamer = AutoFollow()
        self._wanted: str | None = None
        """The thread to show once it is there: after a seek, the one that was shown."""
        self._session: Session | None = None
        self._flag: tuple[str, Kind] | None = None
        """The flag gone to last."""
        self._glanced = -GLANCE
        self._hurry = True
        self._news = News(self.notice)

    @property
    def molt(self) -> MoltwatchApp:
        return cast("MoltwatchApp", self.app)

    @property
    def session(self) -> Session | None:
        return self._session

    def compose(self) -> ComposeResult:
        yield self.header
        with self.body:
            yield self.threads
            with Container(id="main"):
                with Vertical(id="centre"):
                    yield self.thread
                    yield self.deck
                    yield self.latest
                with Vertical(id="side"):
                    yield self.flags
                    yield self.groups
                    yield self.agent
                    yield self.sources
        yield self.prompt
        yield self.notice
        yield self.seekbar
        yield Keys()

    def on_mount(self) -> None:
        self.threads.view.focus()

    # --- once a frame -----------------------------------------------------------------------------

    def pull(self, frame: int, wall: Micros) -> None:
        """Ask what is new, and show it: threads at once, what is only glanced at less often."""
        glance = self._hurry or frame - self._glanced >= GLANCE
        if glance:
            self._glanced, self._hurry = frame, False
        player = self.molt.player
        self.notice.pull(wall)
        self._news.pull(player, wall)
        session = player.session
        if session is not None and session is not self._session:
            self._change_session(session)
        if glance:
            self.header.pull(player, wall)
            self.seekbar.pull(player)
            if player.run is not None and self.side == "sources":
                self.sources.pull(player.run.source.statuses, wall)
        if session is None:
            return
        if player.run is not None:
            with self._told_if_unusable():
                self.opinions.recall(
                    session,
                    player.run.source,
                    player.run.dismiss,
                    recorded=player.run.recorded,
                )
        if self.sieve:
            self.sieve.work(session)
        self._choose_thread(session, frame)
        decked = self.body.has_class("decked")
        if decked:
            self.deck.pull(session, self.pinned, frame)
        else:
            self.thread.pull(session, frame, self._why_this_thread)
        if glance:
            self._pull_lists(session, frame, self._opened(decked))

    @contextmanager
    def _told_if_unusable(self) -> Iterator[None]:
        """Files of what is kept may be damaged or impossible to write: that is told, no more."""
        try:
            yield
        except Unusable as error:
            self.notice.queue(str(error))

    @property
    def pinned(self) -> list[str]:
        """Ids of threads."""
        return self.opinions.pinned

    @property
    def _why_this_thread(self) -> Note | None:
        """What the thread on the screen says of how it came there."""
        if self.sieve is None:
            return ("busiest", "dim") if self.roaming else None
        return "no match, esc clears" if self.sieve.nothing else "filter", "accent"

    def _opened(self, decked: bool) -> set[str]:
        """Threads that are on the screen."""
        panes = [tile for tile in self.deck.tiles if tile.display] if decked else [self.thread]
        return {pane.thread.id for pane in panes if pane.thread}

    def _pull_lists(self, session: Session, frame: int, opened: set[str]) -> None:
        sieve = self.sieve
        passes = sieve.threads if sieve else None
        empty = "filtering…" if sieve else "waiting for the first post"
        if sieve and sieve.nothing:
            empty = f"nothing matches {safe_line(sieve.expression, 60)}, esc clears"
        self.threads.pull(session, frame, set(self.pinned), opened, passes, empty)
        if self.latest.display:
            self.latest.pull(session, frame, sieve.passes if sieve else None)
        if self.side == "flags":
            test = (lambda case: sieve.case(case, session)) if sieve else None
            self.flags.pull(session, frame, test)
        elif self.side == "groups":
            self.groups.pull(session, frame)
        elif self.side == "agent":
            self.agent.pull(session, frame)

    def on_resize(self, event: events.Resize) -> None:
        if event.size.width < LEAST.width or event.size.height < LEAST.height:
            here, least = (f"{size.width}×{size.height}" for size in (event.size, LEAST))
            self.say(f"{here} is too small for all of it; {least} is enough")

    async def on_event(self, event: events.Event) -> None:
        # Whatever the user does, what comes of it shows with the next frame.
        if isinstance(event, events.InputEvent):
            self._hurry = True
        await super().on_event(event)

    def _change_session(self, session: Session) -> None:
        if self._session is not None:
            self.seekbar.remember(self._session.timeline)
            if self.thread.thread is not None:
                self._wanted = self.thread.thread.id
            for thread in session.threads:
                thread.mark_read()  # on the way here, nobody could have read it
        self._session = session
        self._news.reset()
        self.thread.open(None)
        for pane in (self.threads, self.latest, self.flags, self.deck):
            pane.reset()
        if self.sieve:
            self.sieve.reset()
        self.refresh_bindings()

    def _choose_thread(self, session: Session, frame: int) -> None:
        current = self.thread.thread
        if current is None and self._wanted:
            current = session.threads.get(self._wanted)
        if self._host and self.roaming:
            hosted = (thread for thread in session.threads if thread.root.author == self._host)
            if (guide := next(hosted, None)) is not None:
                self._host, self.roaming, current = None, False, guide
        if self.roaming:
            passes = self.sieve.threads if self.sieve else None
            current = self._roamer.choose(session, current, frame, passes)
        if current is not None and current is not self.thread.thread:
            self._wanted = None
            self.thread.open(current)

    # --- panes ------------------------------------------------------------------------------------

    @property
    def side(self) -> str:
        """What the side shows."""
        return next(side for side in SIDES if self.body.has_class(f"side-{side}"))

    def show_side(self, side: str) -> None:
        for other in SIDES:
            self.body.set_class(other == side, f"side-{other}")
        self.body.remove_class("no-side")

    def open_thread(self, thread: Thread, post: str | None = None) -> None:
        """The user picked a thread, perhaps a post in it."""
        self.roaming = False
        self.body.remove_class("decked")
        self.thread.open(thread)
        thread.mark_read()
        if post is not None:
            self.thread.go_to(post)

    def focus_thread(self) -> None:
        """Go on in the thread, or in the first of the deck."""
        decked = self.body.has_class("decked")
        (self.deck.tiles[0] if decked else self.thread).view.focus()

    def go_to(self, post: str, thread_id: str) -> None:
        """Show a post in its thread."""
        session = self._session
        thread = session.threads.get(thread_id) if session else None
        if thread is None:
            self.say("that thread is no longer kept")
            return
        self.open_thread(thread, post)

    def say(self, text: str) -> None:
        self.notice.say(text)

    def on_header_sources_wanted(self) -> None:
        self.show_side("sources")

    def on_row_view_chosen(self, message: RowView.Chosen) -> None:
        row = message.row
        if isinstance(row, ThreadRow):
            self.open_thread(row.thread)
            self.thread.view.focus()
        elif isinstance(row, CommentRow):
            if message.view is self.thread.view:
                self.thread.unfold()
            else:  # in a tile of the deck
                self.go_to(row.node.id, row.node.thread.id)
                self.focus_thread()
        elif isinstance(row, CaseRow):
            charge = row.case.latest
            self.go_to(charge.post, charge.thread)
            if row.case.group and len(row.case.accounts) > 1:
                self.groups.open(row.case.group)
                self.show_side("groups")
            self.thread.view.focus()
        elif isinstance(row, PostRow):
            self.go_to(row.post, row.thread)
        elif isinstance(row, LatestRow):
            self.go_to(row.node.id, row.node.thread.id)
            self.thread.view.focus()
        elif message.view is self.groups.view and self.groups.group is None:
            key = row.key
            self.groups.open(str(key[0] if isinstance(key, tuple) else key))

    def on_row_view_moved(self, message: RowView.Moved) -> None:
        row = message.row
        if isinstance(row, ThreadRow):
            self.threads.hold(self.molt.frame)
            self.roaming = False
            self.thread.open(row.thread)
        elif isinstance(row, CaseRow):
            self.flags.open_current()
