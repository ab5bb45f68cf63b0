"""The main screen: panes, and what the keys do to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Footer

from moltwatch.errors import UsageError
from moltwatch.model import Kind
from moltwatch.session import Session
from moltwatch.session.charges import Case, Charge, Opinion
from moltwatch.session.thread import Node, Thread
from moltwatch.times import Micros
from moltwatch.tui.ink import safe
from moltwatch.tui.keys import SCREEN_KEYS
from moltwatch.tui.links import has_browser, web_address
from moltwatch.tui.roam import Roamer
from moltwatch.tui.rows.case_row import CaseRow
from moltwatch.tui.rows.comment_row import CommentRow
from moltwatch.tui.rows.text_row import ArrivalRow
from moltwatch.tui.rows.thread_row import ThreadRow
from moltwatch.tui.rowview import RowView
from moltwatch.tui.sieve import Sieve
from moltwatch.tui.widgets.agent_pane import AgentPane
from moltwatch.tui.widgets.deck import Deck
from moltwatch.tui.widgets.flags_pane import FlagsPane, gap_sentence
from moltwatch.tui.widgets.groups_pane import GroupsPane
from moltwatch.tui.widgets.header import Header
from moltwatch.tui.widgets.notice import Notice
from moltwatch.tui.widgets.prompt import FilterPrompt
from moltwatch.tui.widgets.seekbar import SeekBar
from moltwatch.tui.widgets.thread_pane import ThreadPane
from moltwatch.tui.widgets.threads_pane import ThreadsPane

if TYPE_CHECKING:
    from moltwatch.tui.app import MoltwatchApp

SIDES = ("flags", "groups", "agent")
GLANCE = 5
"""Frames between two looks at the lists, the header and the time line."""

SEEK_PARTS = 100
"""A step on the seek bar is this part of the whole."""


class MainScreen(Screen[None]):
    """Everything at a glance."""

    BINDINGS: ClassVar[list[BindingType]] = SCREEN_KEYS
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-narrow"),
        (100, "-normal"),
        (160, "-wide"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.header = Header(id="header")
        self.body = Horizontal(id="body", classes="side-flags")
        self.threads = ThreadsPane(id="threads")
        self.thread = ThreadPane(id="thread")
        self.deck = Deck(id="deck")
        self.flags = FlagsPane(id="flags")
        self.groups = GroupsPane(id="groups")
        self.agent = AgentPane(id="agent")
        self.notice = Notice(id="notice")
        self.prompt = FilterPrompt(id="prompt")
        self.seekbar = SeekBar(id="seekbar")
        self.roaming = True
        """The thread pane follows the busiest thread."""
        self.pinned: list[str] = []
        self.sieve: Sieve | None = None
        self._roamer = Roamer()
        self._wanted: str | None = None
        """The thread to show once it is there: after a seek, the one that was shown."""
        self._session: Session | None = None
        self._flag: tuple[str, Kind] | None = None
        """The flag gone to last."""
        self._glanced = -GLANCE
        self._hurry = True
        self._gaps = 0
        self._notes = 0
        self._said_failure = False

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
                with Vertical(id="side"):
                    yield self.flags
                    yield self.groups
                    yield self.agent
        yield self.prompt
        yield self.notice
        yield self.seekbar
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self.threads.view.focus()

    # --- once a frame -----------------------------------------------------------------------------

    def pull(self, frame: int, wall: Micros) -> None:
        """Ask what is new, and show it: threads at once, what is only glanced at less often."""
        glance = self._hurry or frame - self._glanced >= GLANCE
        if glance:
            self._glanced, self._hurry = frame, False
        player = self.molt.player
        self.notice.pull(frame)
        self._tell(frame)
        session = player.session
        if session is not None and session is not self._session:
            self._change_session(session)
        if glance:
            self.header.pull(player, wall)
            self.seekbar.pull(player)
        if session is None:
            return
        if self.sieve:
            self.sieve.work(session)
        self._choose_thread(session, frame)
        decked = self.body.has_class("decked")
        if decked:
            self.deck.pull(session, self.pinned, frame)
        else:
            self.thread.pull(session, frame, "filter" if self.sieve else "")
        if glance:
            self._pull_lists(session, frame, self._opened(decked))

    def _opened(self, decked: bool) -> set[str]:
        """Threads that are on the screen."""
        panes = [tile for tile in self.deck.tiles if tile.display] if decked else [self.thread]
        return {pane.thread.id for pane in panes if pane.thread}

    def _pull_lists(self, session: Session, frame: int, opened: set[str]) -> None:
        sieve = self.sieve
        passes = sieve.threads if sieve else None
        self.threads.pull(session, frame, set(self.pinned), opened, passes)
        if self.side == "flags":
            test = (lambda case: sieve.case(case, session)) if sieve else None
            self.flags.pull(session, frame, test)
        elif self.side == "groups":
            self.groups.pull(session, frame)
        else:
            self.agent.pull(session, frame)

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
        self._session = session
        self._gaps = self._notes = 0
        self.thread.open(None)
        for pane in (self.threads, self.flags, self.deck):
            pane.reset()
        if self.sieve:
            self.sieve.reset()
        self.refresh_bindings()

    def _choose_thread(self, session: Session, frame: int) -> None:
        current = self.thread.thread
        if current is None and self._wanted:
            current = session.threads.get(self._wanted)
        if self.roaming:
            current = self._roamer.choose(session, current, frame)
        if current is not None and current is not self.thread.thread:
            self._wanted = None
            self.thread.open(current)

    def _tell(self, frame: int) -> None:
        """Say what went wrong, and what was missed."""
        player = self.molt.player
        if (player.failure or player.crash) and not self._said_failure:
            self._said_failure = True
            error = player.failure or player.crash
            text = str(error) if player.failure else f"{type(error).__name__}: {error}"
            self.notice.say(f"stopped: {text}", frame, bad=True)
        elif not (player.failure or player.crash) and self._said_failure:
            self._said_failure = False
            self.notice.clear()
        session = player.session
        if session is None:
            return
        if session.n_gaps > self._gaps:
            self._gaps = session.n_gaps
            self.notice.say(gap_sentence(session), frame)
        if session.n_notes > self._notes:
            self._notes = session.n_notes
            self.notice.say(session.notes[-1], frame)

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

    def go_to(self, post: str, thread_id: str) -> None:
        """Show a post in its thread."""
        session = self._session
        thread = session.threads.get(thread_id) if session else None
        if thread is None:
            self.say("that thread is no longer kept")
            return
        self.open_thread(thread, post)

    def say(self, text: str) -> None:
        self.notice.say(text, self.molt.frame)

    def on_row_view_chosen(self, message: RowView.Chosen) -> None:
        row = message.row
        if isinstance(row, ThreadRow):
            self.open_thread(row.thread)
            self.thread.view.focus()
        elif isinstance(row, CommentRow):
            self.thread.unfold()
        elif isinstance(row, CaseRow):
            charge = row.case.latest
            self.go_to(charge.post, charge.thread)
            if row.case.group and len(row.case.accounts) > 1:
                self.groups.open(row.case.group)
                self.show_side("groups")
            self.thread.view.focus()
        elif isinstance(row, ArrivalRow):
            self.go_to(row.post, row.thread)
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

    # --- what is under the cursor -----------------------------------------------------------------

    @property
    def focused_post(self) -> Node | None:
        """The post the user means: under the cursor of the pane that has the focus."""
        view = self.focused
        row = view.current if isinstance(view, RowView) else None
        session = self._session
        if session is None:
            return None
        if isinstance(row, CommentRow):
            return row.node
        if isinstance(row, ThreadRow):
            return row.thread.root
        if isinstance(row, CaseRow):
            return session.threads.node(row.case.latest.post)
        if isinstance(row, ArrivalRow):
            return session.threads.node(row.post)
        return self.thread.node

    @property
    def focused_case(self) -> Case | None:
        """The case the user means."""
        if self.focused is self.flags.view:
            return self.flags.case
        node = self.focused_post
        if node and node.charges:
            return max(node.charges, key=lambda charge: charge.score).case
        return self.flags.case if self.side == "flags" else None

    # --- actions: watching ------------------------------------------------------------------------

    def action_follow(self) -> None:
        view = self.focused
        if not isinstance(view, RowView) or view not in (self.thread.view, self.flags.view):
            view = self.thread.view
        view.following = not view.following
        if view.following:
            view.action_last()

    def action_roam(self) -> None:
        self.roaming = not self.roaming
        self.say("following the busiest thread" if self.roaming else "staying with this thread")

    def action_pin(self) -> None:
        node = self.focused_post
        thread = node.thread if node else self.thread.thread
        if thread is None:
            return
        if thread.id in self.pinned:
            self.pinned.remove(thread.id)
        else:
            self.pinned.append(thread.id)

    def action_deck(self) -> None:
        self.body.toggle_class("decked")

    def action_side(self, side: str) -> None:
        if side == self.side and not self.body.has_class("no-side"):
            view = {"flags": self.flags, "groups": self.groups, "agent": self.agent}[side].view
            view.focus()
        self.show_side(side)

    def action_toggle_side(self) -> None:
        self.body.toggle_class("no-side")

    def action_agent(self) -> None:
        node = self.focused_post
        if node and node.author:
            self.agent.open(node.author)
            self.show_side("agent")

    def action_back(self) -> None:
        if self.side == "groups" and self.groups.group is not None:
            self.groups.open(None)
        elif self.side != "flags":
            self.show_side("flags")
        elif self.body.has_class("decked"):
            self.body.remove_class("decked")
        elif self.sieve:
            self.set_filter("")
        else:
            self.threads.view.focus()

    def action_help(self) -> None:
        from moltwatch.tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen())

    def action_theme(self) -> None:
        self.app.search_themes()

    def action_quit(self) -> None:
        self.app.exit()

    # --- actions: flags and filter ----------------------------------------------------------------

    def action_flag(self, by: int) -> None:
        session = self._session
        if session is None:
            return
        charges = session.charges.in_time()
        if self.sieve:
            charges = [charge for charge in charges if self._passes(charge)]
        if not charges:
            self.say("nothing is flagged")
            return
        places = {charge.key: i for i, charge in enumerate(charges)}
        at = places.get(self._flag) if self._flag else None
        if at is None:
            at = -1 if by > 0 else len(charges)
        charge = charges[max(0, min(len(charges) - 1, at + by))]
        self._flag = charge.key
        self.show_side("flags")
        self.flags.pull(session, self.molt.frame)
        self.flags.show_case(charge.case)
        self.go_to(charge.post, charge.thread)
        self.say(f"flag {charges.index(charge) + 1:,} of {len(charges):,}")

    def _passes(self, charge: Charge) -> bool:
        node = self._session.threads.node(charge.post) if self._session else None
        return bool(node and self.sieve and self.sieve.passes(node))

    def action_judge(self, opinion: str) -> None:
        case = self.focused_case
        if case is None or self._session is None:
            return
        said = Opinion(opinion)
        taken_back = case.opinion is said
        self._session.judge(case, None if taken_back else said)
        run = self.molt.player.run
        if said is Opinion.DISMISSED and not taken_back and run is not None:
            for charge in case.charges:
                run.dismiss(charge.post, charge.kind)
        self.say(f"{said.value}, taken back" if taken_back else said.value)

    def action_filter(self) -> None:
        self.prompt.open(self.sieve.expression if self.sieve else "")

    def on_filter_prompt_filtered(self, message: FilterPrompt.Filtered) -> None:
        self.set_filter(message.expression)
        self.thread.view.focus()

    def on_filter_prompt_cancelled(self) -> None:
        self.thread.view.focus()

    def set_filter(self, expression: str) -> None:
        """Show only what passes; empty for everything."""
        try:
            self.sieve = Sieve(expression) if expression else None
        except UsageError as error:
            self.say(str(error).splitlines()[0])
            return
        test = self.sieve.passes if self.sieve else None
        self.thread.filter(test)
        self.deck.filter(test)

    def action_match(self, by: int) -> None:
        places = self.thread.matches()
        if not places or self.sieve is None:
            return
        at = self.thread.view.cursor
        after = [i for i in places if (i > at if by > 0 else i < at)]
        self.thread.view.following = False
        self.thread.view.move_to((after or places)[0] if by > 0 else (after or places)[-1])

    def action_open_link(self) -> None:
        node = self.focused_post
        url = web_address(node.post.url or node.post.link) if node and node.post else None
        if url is None:
            self.say("no web address that is safe to open")
        elif not has_browser():
            self.app.copy_to_clipboard(url)
            self.say(f"no browser here; copied {url}")
        else:
            self.app.open_url(url)

    def action_copy(self) -> None:
        node = self.focused_post
        if node and node.post:
            parts = [node.author, node.title, node.text, web_address(node.post.url)]
            self.app.copy_to_clipboard(safe("\n".join(part for part in parts if part)))
            self.say("copied")

    # --- actions: time ----------------------------------------------------------------------------

    def action_pause(self) -> None:
        self.molt.player.toggle_pause()

    def action_speed(self, by: int) -> None:
        self.molt.player.change_speed(by)

    def action_step(self) -> None:
        self.molt.player.step()

    def action_restart(self) -> None:
        if transport := self.molt.player.transport:
            self.molt.player.seek(transport.start)

    def action_seek(self, by: int) -> None:
        player = self.molt.player
        if (transport := player.transport) and self._session:
            here = player.target if player.target is not None else self._session.now
            player.seek(here + by * max(1, (transport.end - transport.start) // SEEK_PARTS))

    def on_seek_bar_seek(self, message: SeekBar.Seek) -> None:
        self.molt.player.seek(message.at)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The footer shows what works here: time keys only where time can be steered."""
        if action in ("pause", "step", "speed", "seek", "restart"):
            return self.molt.player.transport is not None
        return True
