"""The main screen: everything at a glance, and what the keys do.

Once a frame it is first brought up to date and then drawn. Bringing it up to date decides what is
shown, and is where the session learns what the user said of it. Drawing reads the session and
changes nothing in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import ClassVar, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import ContentSwitcher

from moltwatch.model import Kind
from moltwatch.session import Session
from moltwatch.session.charges import Case, Charge, Opinion
from moltwatch.session.thread import Node, Thread
from moltwatch.times import Micros
from moltwatch.tui import local_time
from moltwatch.tui.auto_follow import AutoFollow
from moltwatch.tui.cases import Step, Walk, Where
from moltwatch.tui.finder import Finder
from moltwatch.tui.guide import Guide
from moltwatch.tui.keys import FIRST_TO_GO, SCREEN_KEYS
from moltwatch.tui.line import StyledScreen, safe, web_address
from moltwatch.tui.live_filter import LiveFilter
from moltwatch.tui.player import Player, Run
from moltwatch.tui.screens.help import HelpScreen
from moltwatch.tui.search import Search
from moltwatch.tui.state_file import Unusable
from moltwatch.tui.terminal import has_browser
from moltwatch.tui.triage import Triage
from moltwatch.tui.views.agent import AgentPane
from moltwatch.tui.views.deck import Deck
from moltwatch.tui.views.flags import FlagsPane
from moltwatch.tui.views.groups import GroupsPane
from moltwatch.tui.views.latest import LatestPane
from moltwatch.tui.views.table import VIEWS, Place
from moltwatch.tui.views.thread import Note, ThreadPane
from moltwatch.tui.views.threads import ThreadsPane
from moltwatch.tui.views.why import WhyPane
from moltwatch.tui.widgets.footer import Keys
from moltwatch.tui.widgets.header import Header
from moltwatch.tui.widgets.notifications import Notifications
from moltwatch.tui.widgets.pane import Frame, Pane
from moltwatch.tui.widgets.rowview import RowView, Target
from moltwatch.tui.widgets.seekbar import SeekBar

LEAST = Size(60, 18)
"""Below this, parts of the screen have no room at all."""

GLANCE = 5
"""Frames between two looks at the lists, the header and the time line."""

CATCH_UP = 0.01
"""Seconds a frame may spend on taking in what was held back."""

BUSY = 0.003
"""Seconds of work in a frame from which there is likely to be more of it."""

SEEK_PARTS = 100
"""A step on the seek bar is this part of the whole."""

P = TypeVar("P", bound=Pane)


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
        self.views = {view.name: view.pane() for view in VIEWS}
        """By name, as the table has them."""
        for name, pane in self.views.items():
            pane.id = name
        self.deck = self._view(Deck)
        self.flags = self._view(FlagsPane)
        self.groups = self._view(GroupsPane)
        self.agent = self._view(AgentPane)
        self.latest = self._view(LatestPane)
        self.threads = ThreadsPane(id="threads")
        self.thread = ThreadPane(id="thread")
        self.why = WhyPane(id="why")
        self.header = Header(id="header")
        self.body = Horizontal(id="body")
        sides = self._placed(Place.SIDE)
        self.sides = ContentSwitcher(*sides, initial=sides[0].id, id="side")
        self.notifications = Notifications()
        self.finder = Finder(self, triage.folder)
        self.seekbar = SeekBar(id="seekbar")
        self.following_busiest = True
        """The thread pane follows the busiest thread."""
        self._auto_follow = AutoFollow()
        self.guide = Guide(host)
        self._wanted: str | None = None
        """The thread to show once it is there: after a seek, the one that was shown."""
        self._session: Session | None = None
        self._before_why: Widget | None = None
        """What had the focus before the why was opened."""
        self._standing: object = None
        """What the last frame was drawn from."""
        self._busy = True
        """There was work to be done in the last frame."""
        self._was_seeking = False
        self._until_found = False
        """Roaming ends with the first thread that passes the filter."""
        self._too_small = ""
        """What was said of the size, as long as it is true."""
        self.walk = Walk(self.flags.ranking)
        self._number = 0
        """Of the frame."""
        self._wall: Micros = 0
        self._glanced = -GLANCE
        self._hurry = True

    def compose(self) -> ComposeResult:
        yield self.header
        with self.body:
            yield self.threads
            with Container(id="main"):
                with Vertical(id="centre"):
                    yield self.thread
                    yield self.why
                    yield from self._placed(Place.CENTRE)
                    yield from self._placed(Place.BELOW)
                yield self.sides
        yield self.notifications
        yield self.finder.line
        yield self.seekbar
        yield Keys(FIRST_TO_GO)

    def _placed(self, place: Place) -> list[Pane]:
        """The views that stand there."""
        return [self.views[view.name] for view in VIEWS if view.place is place]

    def _view(self, kind: type[P]) -> P:
        return next(pane for pane in self.views.values() if isinstance(pane, kind))

    def on_mount(self) -> None:
        self.threads.view.focus()

    # --- once a frame: bring it up to date --------------------------------------------------------

    def update(self, number: int, wall: Micros) -> None:
        """Take in what has happened until frame ``number``, at ``wall`` on the wall clock."""
        begun = perf_counter()
        self._number, self._wall, self._standing = number, wall, self._stand()
        self._update(self.player.run, wall)
        self._busy = perf_counter() - begun > BUSY

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
        if run is None:
            return
        session = run.session
        session.catch_up(CATCH_UP)
        if local_time.turn(session.now):
            for view in self.query(RowView):
                view.forget_looks()
        if self._was_seeking and not self.player.seeking:
            self._auto_follow.reset()
            self.threads.sort()
        self._was_seeking = self.player.seeking
        with self._told_if_unusable():
            self.triage.recall(session, run.source, run.dismiss, recorded=run.recorded)
        self.finder.update(session, self._here)
        self.flags.ranking.update(session, self.live_filter)
        self._choose_thread(session)
        if self._decked and not (self._still and self.deck.filled):
            self.deck.choose(session, self.triage.pinned, wall)
        for pane in self._thread_panes:
            if pane.thread is not None and pane.view.following:
                pane.thread.mark_read()

    def _change_session(self, session: Session) -> None:
        if self._session is not None:
            self.seekbar.remember(self._session.timeline)
            if self.thread.thread is not None:
                self._wanted = self.thread.thread.id
            for thread in session.threads:
                thread.mark_read()  # on the way here, nobody could have read it
        self._session = session
        self._auto_follow.reset()
        self.notifications.reset()
        self.thread.open(None)
        self.threads.reset()
        self.why.reset()
        self.walk.reset()
        for pane in self.views.values():
            pane.reset()
        self.finder.reset()
        self.refresh_bindings()

    def _choose_thread(self, session: Session) -> None:
        current = self.thread.thread
        if current is None and self._wanted:
            current = session.threads.get(self._wanted)
        if (hosted := self.guide.thread(session)) is not None:
            self.following_busiest, current = False, hosted
        if (case := self.guide.case(session)) is not None:
            self.call_later(self.open_why, *case.latest.key)
        if self.following_busiest and not (self._still and current and self._auto_follow.chosen):
            passes = self.live_filter.threads if self.live_filter else None
            current = self._auto_follow.choose(session, current, self._wall, passes)
            if self._until_found and passes is not None and current and current.id in passes:
                self.following_busiest = self._until_found = False
        if current is not None and current is not self.thread.thread:
            self._wanted = None
            self.thread.open(current)

    @contextmanager
    def _told_if_unusable(self) -> Iterator[None]:
        """State files may be damaged or impossible to write: that is told, no more."""
        try:
            yield
        except Unusable as error:
            self.notifications.queue(str(error))

    def hurry(self) -> None:
        """The user did something: what comes of it shows with the next frame."""
        self._hurry = self.flags.touched = True

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key | events.MouseDown | events.MouseScrollUp):
            self.guide.let_go()
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
            self.seekbar.draw(self.player)
        frame = self._frame()
        if frame is None:
            return
        if self.reading_why:
            self.why.draw(frame)
        elif self._decked:
            self.deck.draw(frame)
        else:
            self.thread.draw(frame, self._why_this_thread)
        if glance:
            self.threads.draw(frame)
            if self.latest.display:
                self.latest.draw(frame)
            self.views[self.side].draw(frame)
            frame.session.threads.hold(self._looked_at())

    def _looked_at(self) -> Iterator[str]:
        """Ids of the threads and posts that are on the screen."""
        for pane in self._thread_panes:
            if pane.thread is not None:
                yield pane.thread.id
        panes = (self.threads, *self._thread_panes, self.views[self.side], self.latest)
        for view in (pane.view for pane in panes if pane.display):
            for target in view.targets:
                yield from (target.thread, target.post)

    @property
    def _still(self) -> bool:
        """Nothing moves by itself."""
        return self.player.frozen or self.player.paused

    def _frame(self) -> Frame | None:
        """What is to be drawn; None as long as there is nothing."""
        run = self.player.run
        if run is None:
            return None
        opened = {pane.thread.id for pane in self._thread_panes if pane.thread}
        return Frame(
            self._number,
            self._wall,
            run,
            self.live_filter,
            set(self.triage.pinned),
            opened,
            self._still,
        )

    @property
    def _why_this_thread(self) -> Note | None:
        """What the thread on the screen says of how it came there."""
        if self.live_filter is None:
            return ("busiest", "dim") if self.following_busiest else None
        return "no match, esc clears" if self.live_filter.nothing else "filter", "accent"

    # --- panes ------------------------------------------------------------------------------------

    @property
    def side(self) -> str:
        """The name of the view at the side."""
        return self.sides.current or ""

    def show_side(self, name: str) -> None:
        """Show the view of that name at the side."""
        self.sides.current = name
        self.sides.set_class(next(view.tall for view in VIEWS if view.name == name), "tall")
        self.body.remove_class("no-side")
        if not self.has_class("-wide"):
            self.body.remove_class("decked")  # which takes its place

    @property
    def _decked(self) -> bool:
        return self.body.has_class("decked")

    @property
    def _thread_panes(self) -> list[ThreadPane]:
        """Those that are on the screen."""
        return [tile for tile in self.deck.tiles if tile.display] if self._decked else [self.thread]

    @property
    def _reading(self) -> ThreadPane:
        """The thread that has the focus, or else the first on the screen."""
        panes = self._thread_panes
        return next((pane for pane in panes if pane.view is self.focused), panes[0])

    def open_thread(self, thread: Thread, post: str = "") -> None:
        """The user picked a thread, perhaps a post in it."""
        self.following_busiest = False
        self.body.remove_class("decked")
        self.close_why()
        self.thread.open(thread)
        thread.mark_read()
        if post and not self.thread.move_to_post(post) and self.live_filter:
            self.say("the filter hides that post: & changes it, esc takes it away")

    def stay(self) -> None:
        """The user reads this thread: it is not taken away until that is asked for."""
        roams = self.following_busiest and not self._until_found
        if roams and self.thread.thread is not None:
            self.following_busiest = False
            self.say("staying with this thread; b goes with the busiest again")

    def focus_thread(self) -> None:
        """Go on in the thread, or in the first of the deck."""
        if self.reading_why:
            self.why.view.focus()
        else:
            (self.deck if self._decked else self.thread).view.focus()

    @property
    def reading_why(self) -> bool:
        """Whether the why stands in the place of the thread."""
        return self.body.has_class("with-why")

    def open_why(self, post: str, kind: Kind | None = None) -> None:
        """Tell why a post is flagged, instead of its thread."""
        self.why.open(post, kind)
        if not self.reading_why:
            self._before_why = self.focused
            self.body.add_class("with-why")
        self.why.view.focus()

    def close_why(self) -> None:
        """Back to where one was."""
        if self.reading_why:
            self.body.remove_class("with-why")
            before = self._before_why or self.thread.view
            before.focus()

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
        self.show_side("sources")

    def on_row_view_chosen(self, message: RowView.Chosen) -> None:
        view, target = message.view, message.row.target
        pane = self._reading
        if view is pane.view and (pane is self.thread or pane.folds):
            self.say(pane.unfold())
        elif view is self.flags.view and self.flags.case:
            self.open_why(*self.flags.case.top.key)
        elif target is not None and (view is not self.why.view or target.post != self.why.post):
            if target.thread:
                self.go_to(target.thread, target.post)
            if target.group:
                self.groups.open(target.group)
                self.show_side("groups")
            if not view.stays:
                self.thread.view.focus()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        if event.widget in (self.thread.view, self.why.view):
            self.stay()

    def on_row_view_scrolled(self, message: RowView.Scrolled) -> None:
        if message.view is self.thread.view:
            self.stay()

    def on_row_view_to_the_end(self) -> None:
        if self.player.frozen:
            self.player.take_up()

    def on_row_view_moved(self, message: RowView.Moved) -> None:
        target = message.row.target
        if message.view is self.thread.view:
            self.stay()
        if message.view is self.threads.view and target and self._session:
            self.body.remove_class("with-why")
            self.following_busiest = False
            self.thread.open(self._session.threads.get(target.thread))

    # --- what the user means ----------------------------------------------------------------------

    @property
    def _target(self) -> Target | None:
        """What is under the cursor of the pane that has the focus, or else of the thread."""
        target = self.focused.target if isinstance(self.focused, RowView) else None
        if self.reading_why and not (target and target.thread):
            return self.why.target
        return target if target and target.thread else self.thread.view.target

    @property
    def focused_post(self) -> Node | None:
        """The post the user means; of a thread, its root."""
        session, target = self._session, self._target
        if session is None or target is None:
            return None
        if target.post:
            return session.threads.node(target.post)
        thread = session.threads.get(target.thread)
        return thread.root if thread else None

    @property
    def focused_charge(self) -> Charge | None:
        """What is held against the post the user means: what they went to or judged last, otherwise
        the strongest of what stands."""
        node = None if self.focused is self.flags.view else self.focused_post
        charges = node.charges if node else []
        meant = self.triage.last, self.walk.charge and self.walk.charge.key
        return max(
            charges,
            key=lambda charge: (charge.key in meant, charge.stands, charge.score),
            default=None,
        )

    @property
    def focused_case(self) -> Case | None:
        """The case the user means."""
        if self.focused is self.why.view and self._target == self.why.target:
            return self.why.case
        if charge := self.focused_charge:
            return charge.case
        return self.flags.case if self.focused is self.flags.view else None

    # --- actions: watching ------------------------------------------------------------------------

    def action_follow(self) -> None:
        view = self.focused
        if view is not self.latest.view:
            self.say(self._reading.follow())
            return
        self.latest.view.following = not self.latest.view.following
        if self.latest.view.following:
            self.latest.view.action_last()
        self.say("following the latest" if self.latest.view.following else "the list stands still")

    def action_fold(self) -> None:
        lists = (
            pane for pane in (self.latest, self.agent, self.groups) if pane.view is self.focused
        )
        self.say(next(lists, self._reading).toggle())

    def action_order(self) -> None:
        self.say(self._reading.change_order())

    def action_jump(self, where: str) -> None:
        self.say(self._reading.jump(where))

    def action_follow_busiest(self) -> None:
        self.following_busiest = not self.following_busiest
        self._until_found = False
        if self.following_busiest:
            self._auto_follow.reset()
            self.threads.view.leave()
        self.say(
            "going with the busiest thread, until you read one"
            if self.following_busiest
            else "staying with this thread; b goes with the busiest again"
        )

    def action_lock_order(self) -> None:
        self.threads.toggle_lock()
        self.say(
            "the order of the threads stands; L lets it go by life again"
            if self.threads.locked
            else "the threads are in order of life again"
        )

    def action_pin(self) -> None:
        session, target = self._session, self._target
        thread = session.threads.get(target.thread) if session and target else None
        if (thread := thread or self.thread.thread) is not None:
            with self._told_if_unusable():
                self.triage.pin(thread.id)
        else:
            self.say("no thread to pin yet")

    def action_view(self, name: str) -> None:
        """Bring a view to the screen, move into it, or take it away, as its place has it."""
        pane = self.views[name]
        match next(view.place for view in VIEWS if view.name == name):
            case Place.CENTRE:
                self.body.toggle_class("decked")
                self.focus_thread()
            case Place.SIDE:
                if name == self.side and self.views[name].is_on_screen:
                    if self.focused is pane.view:
                        self.say(f"you are among the {name} already; esc leads back")
                    pane.view.focus()
                self.show_side(name)
            case Place.BELOW:
                shown = pane.display
                self.body.set_class(not shown, f"with-{name}")
                self.body.set_class(shown, f"without-{name}")

    def action_toggle_side(self) -> None:
        if self._decked and not self.has_class("-wide"):
            self.say("the deck takes the whole width here; d leaves it")
        else:
            self.body.toggle_class("no-side")

    def action_agent(self) -> None:
        node = self.focused_post
        if node and node.author:
            shown = self.side == "agent" and self.agent.name_shown == node.author
            self.open_agent(node.author)
            if shown:
                self.say("this is the author's card already")
        else:
            self.say("no post under the cursor whose author could be shown")

    def action_why(self) -> None:
        """Why the post under the cursor is flagged, or is not."""
        node = self.focused_post
        if node is None or node.post is None:
            self.say("no post under the cursor to explain")
        else:
            self.open_why(node.id)

    def action_why_raw(self) -> None:
        if self.reading_why:
            self.why.toggle_raw()
        else:
            self.say("r shows the JSON of a why: open one first, by enter on a flag or by i")

    def action_why_example(self) -> None:
        if not self.reading_why:
            self.say("e goes to the next example of a why: open one first, by enter on a flag or i")
        elif not self.why.next_example():
            self.say("no other post is named here")

    def action_back(self) -> None:
        first = self._placed(Place.SIDE)[0].id
        if self.reading_why:
            if not self.why.back():
                self.close_why()
        elif self.live_filter and self.live_filter.nothing:
            self.set_filter("")
        elif self.finder.search:
            self.finder.clear()
        elif self.views[self.side].back():
            pass
        elif first is not None and self.side != first:
            self.show_side(first)
        elif self._decked:
            self.body.remove_class("decked")
        elif self.live_filter:
            self.set_filter("")
        elif self.focused is not self.threads.view:
            self.threads.view.focus()
        elif not self.threads.view.leave():
            self.say("nothing to go back from")

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen())

    def action_theme(self) -> None:
        self.app.search_themes()

    def action_quit(self) -> None:
        self.app.exit()

    # --- actions: flags and filter ----------------------------------------------------------------

    def _where(self) -> Where:
        """Where the user is in time: at a case, at a post, or with the stream."""
        if self.focused is self.flags.view and (case := self.flags.case):
            return Where(case.since, case=case)
        if self.reading_why and (
            node := self._session and self._session.threads.node(self.why.post)
        ):
            return Where(node.at, node.id)
        tiles = (pane for pane in self._thread_panes if pane.view is self.focused)
        pane = next(tiles, self.thread)
        if pane.node is None or pane.view.following:
            return Where(self._session.now if self._session else 0)
        return Where(pane.node.at, pane.node.id)

    def action_case(self, by: int) -> None:
        if session := self._session:
            self.flags.ranking.update(session, self.live_filter)
            self._take(self.walk.to_case(by, self._where(), session.now))

    def action_case_post(self, by: int) -> None:
        if session := self._session:
            self.flags.ranking.update(session, self.live_filter)
            node = session.threads.node(self._where().post)
            self._take(self.walk.to_post(by, self._where(), node.charges if node else ()))

    def _take(self, step: Step) -> None:
        """Go where a step leads."""
        charge, frame, say = step.charge, self._frame(), step.say
        if step.seek is not None:
            self.player.seek(step.seek)
        elif charge is not None and step.card is not None and frame is not None:
            self.show_side("flags")
            self.flags.draw(frame)
            self.flags.show_case(step.card.case)
            if self.reading_why:
                self.open_why(*charge.key)
            elif frame.session.threads.node(charge.post):
                self.go_to(charge.thread, charge.post)
                self.focus_thread()  # so that the next key is about what is looked at
            else:
                say += "; its thread is no longer kept"
            self.walk.arrived(self._where())
        self.say(say)

    def action_strength(self) -> None:
        self.say(self.flags.ranking.next_strength())

    def action_kind(self, kind: str) -> None:
        self.say(self.flags.ranking.switch(Kind(kind)))

    def action_judge(self, opinion: str) -> None:
        charge, case, run = self.focused_charge, self.focused_case, self.player.run
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

    @property
    def _here(self) -> Node | None:
        """The post under the cursor of the thread, or its last; None where the end of all is."""
        thread = self.thread.thread
        if self.following_busiest or self._decked or thread is None:
            return None
        target = self.thread.view.target
        if not self.thread.view.following and target and (node := thread.nodes.get(target.post)):
            return node
        return thread.order[-1] if thread.order else None

    async def action_search(self) -> None:
        await self.app.push_screen(self.finder.search_prompt())

    async def action_filter(self) -> None:
        await self.app.push_screen(self.finder.filter_prompt())

    async def action_go(self) -> None:
        await self.app.push_screen(self.finder.go_prompt())

    async def action_quick_filter(self) -> None:
        await self.app.push_screen(self.finder.chooser(self.focused_post))

    def action_match(self, by: int) -> None:
        self.finder.step(by)

    def set_filter(self, expression: str) -> None:
        """Hide what does not pass; empty hides nothing. Raises UsageError."""
        self.finder.hide(expression)

    def apply_filter(self, filter: LiveFilter | None) -> None:
        self._until_found = self.following_busiest and filter is not None
        test = filter.passes if filter else None
        self.thread.filter(test)
        self.deck.filter(test)

    def apply_search(self, search: Search | None) -> None:
        """Mark what is looked for, where it stands."""
        for pane in (self.thread, *self.deck.tiles):
            pane.highlight(search.filter.places if search else None)

    def open_agent(self, name: str) -> None:
        self.agent.open(name)
        self.show_side("agent")

    def open_group(self, id: str) -> None:
        self.groups.open(id)
        self.show_side("groups")

    def do(self, action: str) -> None:
        """What a key does, by name."""
        self.call_later(self.run_action, action)

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
        else:
            self.say("no post under the cursor to copy")

    # --- actions: time ----------------------------------------------------------------------------

    def action_pause(self) -> None:
        self._say_why(self.player.toggle_pause())

    def action_speed(self, by: int) -> None:
        self._say_why(self.player.change_speed(by))

    def action_step(self) -> None:
        self._say_why(self.player.step())

    def action_restart(self) -> None:
        self._say_why(self.player.restart())

    def action_seek(self, by: int) -> None:
        self._say_why(self.player.seek_by(by / SEEK_PARTS))

    def _say_why(self, why: str) -> None:
        """Nothing came of a key, or nothing that shows."""
        if why:
            self.say(why)

    def on_seek_bar_seek(self, message: SeekBar.Seek) -> None:
        self._say_why(self.player.seek(message.at))
