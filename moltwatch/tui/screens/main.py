"""The main screen: everything at a glance, and what the keys do.

Once a frame it is first brought up to date and then drawn. Bringing it up to date decides what is
shown, and is where the session learns what the user said of it. Drawing reads the session and
changes nothing in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import thread_time
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Size

from moltwatch.model import Kind
from moltwatch.session import Session
from moltwatch.session.charge import Opinion
from moltwatch.session.charges import Case
from moltwatch.session.thread import Thread
from moltwatch.times import Micros
from moltwatch.tui import local_time
from moltwatch.tui.cases import Step, Walk
from moltwatch.tui.finder import Finder
from moltwatch.tui.guide import SHOWS
from moltwatch.tui.keys import FIRST_TO_GO, SCREEN_KEYS
from moltwatch.tui.line import StyledScreen, safe, web_address
from moltwatch.tui.live_filter import LiveFilter
from moltwatch.tui.player import Player, Run
from moltwatch.tui.roaming import Roaming
from moltwatch.tui.screens.help import HelpScreen
from moltwatch.tui.screens.meant import Meant
from moltwatch.tui.screens.panes import Panes
from moltwatch.tui.search import Search
from moltwatch.tui.state_file import Unusable
from moltwatch.tui.terminal import has_browser
from moltwatch.tui.travel import Travel
from moltwatch.tui.triage import Triage
from moltwatch.tui.views.thread import ThreadPane
from moltwatch.tui.widgets.footer import Keys
from moltwatch.tui.widgets.header import Header
from moltwatch.tui.widgets.notifications import Notifications
from moltwatch.tui.widgets.pane import LEFT_ALONE, Frame
from moltwatch.tui.widgets.rowview import RowView
from moltwatch.tui.widgets.seekbar import SeekBar

LEAST = Size(60, 18)
"""Below this, parts of the screen have no room at all."""

GLANCE = 5
"""Frames between two looks at the lists, the header and the time line."""

FORESIGHT = 30
"""Frames between two looks whether somebody knows how all of it will end."""

WAKE = 0.003
"""Seconds a frame may spend on what a session that was brought from elsewhere holds at rest."""

CATCH_UP = 0.01
"""Seconds a frame may spend on taking in what was held back."""

BUSY = 0.003
"""Seconds of work in a frame from which there is likely to be more of it."""

SEEK_PARTS = 100
"""A step on the seek bar is this part of the whole."""


class MainScreen(StyledScreen):
    """The panes, and keys for all that can be done with them.

    It shows the run of ``player`` and hands ``triage`` what the user says of it. The thread of the
    account ``host`` is opened as soon as it is there, and stayed with.
    """

    BINDINGS: ClassVar[list[BindingType]] = SCREEN_KEYS

    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-narrow"),
        (100, "-normal"),
        (160, "-wide"),
    ]

    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-low"), (50, "-tall")]  # noqa: RUF012

    def __init__(self, player: Player, triage: Triage, *, host: str | None = None) -> None:
        super().__init__()
        self.player = player
        self.triage = triage
        self.panes = Panes()
        self.threads = self.panes.threads
        self.thread = self.panes.thread
        self.deck = self.panes.deck
        self.why = self.panes.why
        self.flags = self.panes.flags
        self.groups = self.panes.groups
        self.agent = self.panes.agent
        self.latest = self.panes.latest
        self.header = Header(id="header")
        self.notifications = Notifications()
        self.finder = Finder(self, triage.folder)
        self.seekbar = SeekBar(id="seekbar")
        self.roaming = Roaming(host)
        self.walk = Walk(self.flags.ranking)
        self.meant = Meant(self.panes, triage, self.walk)
        self.travel = Travel(self.player, triage)
        self._session: Session | None = None
        self._standing: object = None
        """What the last frame was drawn from."""
        self._busy = True
        """There was work to be done in the last frame."""
        self._was_seeking = False
        self._foreseen = False
        """How all of it will end is known."""
        self._too_small = ""
        """What was said of the size, as long as it is true."""
        self._number = 0
        """Of the frame."""
        self._wall: Micros = 0
        self._glanced = -GLANCE
        self._hurry = True
        self._touched: Micros = 0
        """When the user did something last, on the wall clock."""

    def compose(self) -> ComposeResult:
        yield self.header
        yield self.panes
        yield self.notifications
        yield self.finder.line
        yield self.seekbar
        yield Keys(FIRST_TO_GO)

    def on_mount(self) -> None:
        self.threads.view.focus()

    # --- once a frame: bring it up to date --------------------------------------------------------

    def update(self, number: int, wall: Micros) -> None:
        """Take in what has happened until frame ``number``, at ``wall`` on the wall clock."""
        begun = thread_time()
        self._number, self._wall, self._standing = number, wall, self._stand()
        self._update(self.player.run, wall)
        self._busy = thread_time() - begun > BUSY

    @property
    def stirs(self) -> bool:
        """There may be something new to be seen since the last frame."""
        return self._hurry or self._busy or self._stand() != self._standing

    def _stand(self) -> object:
        """Different when there is something new to be seen, but for the clock."""
        player = self.player
        session, transport = player.session, player.transport
        return (
            session and (id(session), session.version, session.held and session.held.posts),
            transport and (transport.paused, transport.speed),
            (player.target, player.done, player.failure, player.crash),
        )

    def _update(self, run: Run | None, wall: Micros) -> None:
        if run is not None and run.session is not self._session:
            self._change_session(run.session)
        self.notifications.update(self.player, wall)
        if self._hurry or wall < self._touched:
            self._touched = wall
        if run is None:
            return
        session = run.session
        session.catch_up(CATCH_UP)
        if not self.player.seeking:
            session.wake(WAKE)
        if local_time.turn(self.player.now):
            for view in self.query(RowView):
                view.forget_looks()
        looks = not self._foreseen and not self.player.seeking and self._number % FORESIGHT == 0
        if looks and (last := run.outlook()):
            self._remember(last)
            self._foreseen = True
        if self._was_seeking and not self.player.seeking:
            self.roaming.leap()
            self.threads.sort()
        self._was_seeking = self.player.seeking
        with self._told_if_unusable():
            self.triage.recall(session, run.source, run.dismiss, recorded=run.recorded)
        self.finder.update(session, self.meant.place)
        self.flags.ranking.update(session, self.live_filter)
        self._choose_thread(session)
        if self.panes.decked and not (self._still and self.deck.filled):
            self.deck.choose(session, self.triage.pinned, wall)
        if wall - self._touched >= LEFT_ALONE and not self._still:
            self.panes.let_go()
        for pane in self.panes.tiles:
            if pane.thread is not None and pane.view.following:
                pane.thread.mark_read()

    def _change_session(self, session: Session) -> None:
        if self._session is not None:
            self._remember(self._session)
            session.threads.mark_read()  # on the way here, nobody could have read it
        self._session = self.meant.session = session
        self.roaming.reset(self.thread.thread, self.thread.label)
        self.panes.reset()
        self.walk.reset()
        self.notifications.reset()
        self.finder.reset()
        self.refresh_bindings()

    def _remember(self, session: Session) -> None:
        """It is left, or had come further: what it knows of the time to come is shown."""
        self.seekbar.remember(session.timeline)
        self.travel.remember(session)
        self.flags.ranking.remember(session)

    def _choose_thread(self, session: Session) -> None:
        shown, wall = self.thread.thread, self._wall
        chosen = self.roaming.choose(session, shown, wall, self.live_filter, still=self._still)
        if chosen is not shown:
            self.thread.open(chosen)
        self.say(self.roaming.news())
        if (case := self.roaming.guide.case(session)) is not None:
            self.call_later(self.panes.open_why, *case.latest.key)
            self.say(SHOWS)

    @contextmanager
    def _told_if_unusable(self) -> Iterator[None]:
        """State files may be damaged or impossible to write: that is told, no more."""
        try:
            yield
        except Unusable as error:
            self.notifications.queue(str(error))

    def hurry(self) -> None:
        """The user did something: what comes of it shows with the next frame."""
        self._hurry = True

    async def on_event(self, event: events.Event) -> None:
        if isinstance(
            event, events.Key | events.MouseDown | events.MouseScrollUp | events.MouseScrollDown
        ):
            self.roaming.guide.let_go()
        await super().on_event(event)

    def on_resize(self, event: events.Resize) -> None:
        self.notifications.unsay(self._too_small)
        self._too_small = ""
        if event.size.width < LEAST.width or event.size.height < LEAST.height:
            here, least = (f"{size.width}×{size.height}" for size in (event.size, LEAST))
            self._too_small = f"{here} is too small for all of it; {least} is enough"
            self.say(self._too_small)

    # --- once a frame: draw it --------------------------------------------------------------------

    def draw(self) -> None:
        """Show what is new: threads at once, what is only glanced at less often."""
        glance = self._hurry or self._number - self._glanced >= GLANCE
        if glance:
            self._glanced, self._hurry = self._number, False
            self.header.draw(self.player, self._wall)
            self.seekbar.draw(self.player, self.triage.marks)
            self.panes.keep_focus()
        self.panes.underway.draw(self.player, self._wall)
        frame = self._frame()
        if frame is None:
            return
        self.panes.draw(frame, self.roaming.note(self.live_filter), glance=glance)
        if glance:
            frame.session.threads.hold(self.panes.looked_at())

    @property
    def _still(self) -> bool:
        """Nothing moves by itself."""
        return self.player.frozen or self.player.paused

    def _frame(self) -> Frame | None:
        """What is to be drawn; None as long as there is nothing."""
        run = self.player.run
        if run is None:
            return None
        opened = {pane.thread.id for pane in self.panes.tiles if pane.thread}
        return Frame(
            self._number,
            self._wall,
            run,
            self.live_filter,
            set(self.triage.pinned),
            opened,
            self._still,
        )

    # --- panes ------------------------------------------------------------------------------------

    def open_thread(self, thread: Thread, post: str = "") -> None:
        """The user picked a thread, perhaps a post in it."""
        self.roaming.end()
        self.panes.show_thread()
        self.thread.open(thread)
        thread.mark_read()
        if post and not self.thread.move_to_post(post) and self.live_filter:
            self.say("the filter hides that post: & changes it, esc takes it away")

    def _stay(self) -> None:
        """The user reads this thread."""
        if self.thread.thread is not None:
            self.say(self.roaming.stay())

    def focus_thread(self) -> None:
        """Go on in the thread, or in what stands in its place."""
        self.panes.focus_centre()

    def go_to(self, thread_id: str, post: str = "") -> None:
        """Show a thread, at a post."""
        thread = self._session.threads.get(thread_id) if self._session else None
        if thread is None:
            self.say("that thread is no longer kept")
            return
        self.open_thread(thread, post)

    def say(self, text: str) -> None:
        """Tell the user something, if there is something to tell."""
        if text:
            self.notifications.say(text)

    def on_header_sources_wanted(self) -> None:
        self.panes.show_side("sources")

    def on_row_view_chosen(self, message: RowView.Chosen) -> None:
        view, target = message.view, message.row.target
        pane = self.panes.reading
        if view is pane.view and (pane is self.thread or pane.folds):
            self.say(pane.unfold())
        elif view is self.flags.view and self.flags.case:
            self._tell_of(self.flags.case)
        elif target is None or (view is self.why.view and target.post == self.why.post):
            self.say("nothing to go to from here")
        elif not target.thread and not target.group:
            self.say("that post is no longer kept")
        else:
            if target.thread:
                self.go_to(target.thread, target.post)
            if target.group:
                self.open_group(target.group)
            elif not view.stays:
                self.thread.view.focus()

    def _tell_of(self, case: Case) -> None:
        """Tell all there is to say of a case: the story of a group, or why its strongest post is
        flagged."""
        if case.group and self._session and self._session.groups.get(case.group):
            self.open_group(case.group)
        else:
            self.panes.open_why(*case.top.key)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        if event.widget in (self.thread.view, self.why.view):
            self._stay()

    def on_row_view_scrolled(self, message: RowView.Scrolled) -> None:
        if message.view is self.thread.view:
            self._stay()

    def take_up(self) -> bool:
        frozen = self.player.frozen
        self.player.take_up()
        return frozen

    def on_row_view_moved(self, message: RowView.Moved) -> None:
        target = message.row.target
        if message.view is self.thread.view:
            self._stay()
        if message.view is self.threads.view and target and self._session:
            self.panes.close_why(go_back=False)
            self.roaming.end()
            self.thread.open(self._session.threads.get(target.thread))

    # --- actions: watching ------------------------------------------------------------------------

    def action_follow(self) -> None:
        view = self.focused
        if view is not self.latest.view:
            self._in_thread(lambda pane: pane.follow())
            return
        self.latest.view.following = not self.latest.view.following
        if self.latest.view.following:
            self.latest.view.action_last()
        self.say("following the latest" if self.latest.view.following else "the list stands still")

    def _in_thread(self, do: Callable[[ThreadPane], str]) -> None:
        """Do something in the thread that is read, and say what there is to say of it."""
        hidden = self.panes.reading_why
        self.say("esc first: the why is open" if hidden else do(self.panes.reading))

    def action_fold(self) -> None:
        told = () if self.why.post else (self.why,)
        lists = (pane for pane in (self.latest, self.agent, *told) if pane.view is self.focused)
        if (listed := next(lists, None)) is not None:
            self.say(listed.toggle())
        else:
            self._in_thread(lambda pane: pane.toggle())

    def action_order(self) -> None:
        self._in_thread(lambda pane: pane.change_order())

    def action_jump(self, where: str) -> None:
        self._in_thread(lambda pane: pane.jump(where))

    def action_follow_busiest(self) -> None:
        self.say(self.roaming.toggle())
        if self.roaming.on:
            self.panes.let_go()

    def action_lock_order(self) -> None:
        self.threads.toggle_lock()
        self.say(
            "the order of the threads stands; L lets it go by life again"
            if self.threads.locked
            else "the threads are in order of life again"
        )

    def action_pin(self) -> None:
        session = self._session
        thread = session.threads.get(self.meant.thread) if session else None
        if (thread := thread or self.thread.thread) is not None:
            with self._told_if_unusable():
                self.triage.pin(thread.id)
        else:
            self.say("no thread to pin yet")

    def action_view(self, name: str) -> None:
        """Bring a view to the screen, move into it, or take it away, as its place has it."""
        self.say(self.panes.show(name))

    def action_try_again(self) -> None:
        """Sources that wait before their next try are tried now."""
        self.say(self.player.try_again())

    def action_toggle_side(self) -> None:
        self.say(self.panes.toggle_side())

    def action_agent(self) -> None:
        node = self.meant.post
        if node and node.author:
            shown = self.panes.side == "agent" and self.agent.name_shown == node.author
            self.open_agent(node.author)
            if shown:
                self.say("this is the author's card already")
        else:
            self.say("no post under the cursor whose author could be shown")

    def action_why(self) -> None:
        """Why the post under the cursor is flagged, or is not."""
        node = self.meant.post
        if node is None or node.post is None:
            self.say("no post under the cursor to explain; [ and ] go to flagged ones")
        else:
            self.panes.open_why(node.id, onwards=self.panes.reading_why)

    def action_why_raw(self) -> None:
        if self.panes.reading_why:
            self.why.toggle_raw()
        else:
            self.say("r shows the JSON of a why: open one first, by enter on a flag or by i")

    def action_why_example(self) -> None:
        if not self.panes.reading_why:
            self.say("e goes to the next example of a why: open one first, by enter on a flag or i")
        elif not self.why.next_example():
            self.say("no other post is named here")

    def action_back(self) -> None:
        panes = self.panes
        if stayed := self.player.stay():
            self._was_seeking = False
            self.say(stayed)
        elif panes.reading_why:
            if not self.why.back():
                panes.close_why()
        elif self.live_filter and self.live_filter.nothing:
            self.set_filter("")
        elif self.finder.search:
            self.finder.clear()
        elif panes.views[panes.side].back():
            pass
        elif panes.side != panes.first_side:
            panes.show_side(panes.first_side)
        elif panes.decked:
            panes.leave_deck()
        elif self.live_filter:
            self.set_filter("")
        elif self.focused is not self.threads.view:
            self.threads.view.focus()
        elif not self.panes.let_go():
            self.say("nothing to go back from")

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen())

    def action_theme(self) -> None:
        self.app.search_themes()

    def action_quit(self) -> None:
        self.app.exit()

    # --- actions: flags and filter ----------------------------------------------------------------

    def action_case(self, by: int) -> None:
        if session := self._session:
            self.flags.ranking.update(session, self.live_filter)
            step = self.walk.to_case(by, self.meant.where, session.now, self.flags.is_new)
            self._take(step, self._tell_of)

    def action_case_post(self, by: int) -> None:
        if session := self._session:
            self.flags.ranking.update(session, self.live_filter)
            node = session.threads.node(self.meant.where.post)
            self._take(self.walk.to_post(by, self.meant.where, node.charges if node else ()))

    def _take(self, step: Step, tell: Callable[[Case], None] | None = None) -> None:
        """Go where a step leads. Where a why is being read, that of the post comes next, or what
        there is to ``tell`` of its case."""
        charge, frame, say = step.charge, self._frame(), step.say
        if step.seek is not None:
            self.player.seek(step.seek)
        elif charge is not None and step.card is not None and frame is not None:
            self.panes.show_side("flags")
            self.flags.draw(frame)
            self.flags.show_case(step.card.case)
            if self.panes.reading_why and tell is not None:
                tell(step.card.case)
            elif self.panes.reading_why:
                self.panes.open_why(*charge.key, onwards=True)
            elif frame.session.threads.node(charge.post):
                self.go_to(charge.thread, charge.post)
                self.focus_thread()  # so that the next key is about what is looked at
            else:
                say += "; its thread is no longer kept"
            self.walk.arrived(self.meant.where)
        self.say(say)

    def action_strength(self) -> None:
        self.say(self.flags.ranking.next_strength())

    def action_kind(self, kind: str) -> None:
        self.say(self.flags.ranking.switch(Kind(kind)))

    def action_judge(self, opinion: str) -> None:
        charge, case, run = self.meant.charge, self.meant.case, self.player.run
        if case is None or run is None:
            self.say("no flag here; ] goes to the next one")
            return
        with self._told_if_unusable():
            if charge is not None:
                said = self.triage.judge_one(run.session, charge, Opinion(opinion), run.dismiss)
            else:
                said = self.triage.judge_case(run.session, case, Opinion(opinion), run.dismiss)
            self.say(said)

    def action_undo(self) -> None:
        if run := self.player.run:
            with self._told_if_unusable():
                self.say(self.triage.undo(run.session, run.dismiss))

    # --- actions: find ----------------------------------------------------------------------------

    @property
    def live_filter(self) -> LiveFilter | None:
        """What hides what does not pass; None when nothing is hidden."""
        return self.finder.filter

    async def action_search(self) -> None:
        self.finder.here = self.meant.place
        await self.app.push_screen(self.finder.search_prompt())

    async def action_filter(self) -> None:
        await self.app.push_screen(self.finder.filter_prompt())

    async def action_go(self) -> None:
        await self.app.push_screen(self.finder.go_prompt())

    async def action_quick_filter(self) -> None:
        await self.app.push_screen(self.finder.chooser(self.meant.post))

    def action_match(self, by: int) -> None:
        self.finder.step(by)

    def set_filter(self, expression: str) -> None:
        """Hide what does not pass; empty hides nothing. Raises UsageError."""
        self.finder.hide(expression)

    def apply_filter(self, filter: LiveFilter | None) -> None:
        self.roaming.filtered(filter)
        test = filter.passes if filter else None
        self.thread.filter(test)
        self.deck.filter(test)

    def apply_search(self, search: Search | None) -> None:
        """Mark what is looked for, where it stands."""
        for pane in (self.thread, *self.deck.tiles):
            pane.highlight(search.filter.places if search else None)

    def open_agent(self, name: str) -> None:
        self.agent.open(name)
        self.panes.show_side("agent")

    def open_group(self, id: str) -> None:
        """Tell the story of a group, in the centre: it needs room."""
        swarm = self._session.groups.get(id) if self._session else None
        if swarm is None:
            self.say("that group is no longer kept")
        else:
            self.panes.open_group(swarm.id)

    def do(self, action: str) -> None:
        """What a key does, by name."""
        self.call_later(self.run_action, action)

    def action_open_link(self) -> None:
        node = self.meant.post
        url = web_address(node.post.url or node.post.link) if node and node.post else None
        if url is None:
            self.say("no web address that is safe to open")
        elif not has_browser():
            self.app.copy_to_clipboard(url)
            self.say(f"no browser here; copied {url}")
        else:
            self.app.open_url(url)

    def action_copy(self) -> None:
        node = self.meant.post
        if node and node.post:
            parts = [node.author, node.title, node.text, web_address(node.post.url)]
            self.app.copy_to_clipboard(safe("\n".join(part for part in parts if part)))
            self.say("copied")
        else:
            self.say("no post under the cursor to copy")

    # --- actions: time ----------------------------------------------------------------------------

    def action_pause(self) -> None:
        self._say_why(self.player.toggle_pause())

    def action_speed(self, by: int) -> None:
        self._say_why(self.player.change_speed(by))

    def action_step(self) -> None:
        self._say_why(self.player.step())

    def action_step_back(self) -> None:
        self._say_why(self.player.step_back())

    def action_restart(self) -> None:
        self._say_why(self.player.restart())

    def action_gap(self, by: int) -> None:
        self._say_why(self.travel.to_gap(by))

    def action_mark(self) -> None:
        with self._told_if_unusable():
            self.say(self.travel.mark())

    def action_to_mark(self, by: int) -> None:
        self._say_why(self.travel.to_mark(by))

    def action_seek(self, by: int) -> None:
        self._say_why(self.player.seek_by(by / SEEK_PARTS))

    def _say_why(self, why: str) -> None:
        """Nothing came of a key, or nothing that shows."""
        if why:
            self.say(why)

    @property
    def span(self) -> tuple[Micros, Micros] | None:
        """What a replay covers, as soon as that is known."""
        return self.travel.span

    def go_to_time(self, at: Micros) -> None:
        """Go to that time of a replay."""
        self._say_why(self.travel.to_time(at))

    def on_seek_bar_seek(self, message: SeekBar.Seek) -> None:
        self._say_why(self.player.seek(message.at))
