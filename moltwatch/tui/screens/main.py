"""The main screen: what the keys do."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from moltwatch.errors import UsageError
from moltwatch.session.charges import Case, Charge, Opinion
from moltwatch.session.thread import Node
from moltwatch.tui.keys import SCREEN_KEYS
from moltwatch.tui.line import safe
from moltwatch.tui.links import has_browser, web_address
from moltwatch.tui.live_filter import LiveFilter
from moltwatch.tui.screens.panes import Panes
from moltwatch.tui.views.flags import CaseRow
from moltwatch.tui.views.latest import LatestRow
from moltwatch.tui.views.thread import CommentRow
from moltwatch.tui.views.threads import ThreadRow
from moltwatch.tui.widgets.pane import PostRow
from moltwatch.tui.widgets.prompt import FilterPrompt
from moltwatch.tui.widgets.rowview import RowView
from moltwatch.tui.widgets.seekbar import SeekBar

SEEK_PARTS = 100
"""A step on the seek bar is this part of the whole."""


class MainScreen(Panes):
    """The panes, and keys for all that can be done with them."""

    BINDINGS: ClassVar[list[BindingType]] = SCREEN_KEYS

    # --- what is under the cursor -----------------------------------------------------------------

    @property
    def focused_post(self) -> Node | None:
        """The post the user means: under the cursor of the pane that has the focus."""
        view = self.focused
        row = view.current if isinstance(view, RowView) else None
        session = self._session
        if session is None:
            return None
        if isinstance(row, CommentRow | LatestRow):
            return row.node
        if isinstance(row, ThreadRow):
            return row.thread.root
        if isinstance(row, CaseRow):
            return session.threads.node(row.case.latest.post)
        if isinstance(row, PostRow):
            return session.threads.node(row.post)
        return self.thread.node

    @property
    def focused_case(self) -> Case | None:
        """The case the user means."""
        if self.focused is self.flags.view:
            return self.flags.case
        node = self.focused_post
        if node and node.charges:
            gone_to = (charge for charge in node.charges if charge.key == self._flag)
            highest = max(node.charges, key=lambda charge: charge.score)
            return next(gone_to, highest).case
        return self.flags.case if self.side == "flags" else None

    # --- actions: watching ------------------------------------------------------------------------

    def action_follow(self) -> None:
        view = self.focused
        if not isinstance(view, RowView) or view not in (
            self.thread.view,
            self.latest.view,
            self.flags.view,
        ):
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
        with self._told_if_unusable():
            self.opinions.pin(thread.id)

    def action_deck(self) -> None:
        self.body.toggle_class("decked")
        self.focus_thread()

    def action_side(self, side: str) -> None:
        if side == self.side and not self.body.has_class("no-side"):
            panes = {
                "flags": self.flags,
                "groups": self.groups,
                "agent": self.agent,
                "sources": self.sources,
            }
            panes[side].view.focus()
        self.show_side(side)

    def action_latest(self) -> None:
        shown = self.latest.display
        self.body.set_class(not shown, "with-latest")
        self.body.set_class(shown, "without-latest")

    def action_toggle_side(self) -> None:
        self.body.toggle_class("no-side")

    def action_agent(self) -> None:
        node = self.focused_post
        if node and node.author:
            self.agent.open(node.author)
            self.show_side("agent")

    def action_back(self) -> None:
        if self.sieve and self.sieve.nothing:
            self.set_filter("")
        elif self.side == "groups" and self.groups.group is not None:
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
        self.focus_thread()  # so that the next key is about what is looked at
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
        with self._told_if_unusable():
            self.opinions.form(case, None if taken_back else said)
        self._session.judge(case, None if taken_back else said)
        run = self.molt.player.run
        if said is Opinion.DISMISSED and not taken_back and run is not None:
            for charge in case.charges:
                if not charge.retracted:
                    run.dismiss(charge.post, charge.kind)
        self.say(f"{said.value}, taken back" if taken_back else said.value)

    def action_filter(self) -> None:
        self.prompt.open(self.sieve.expression if self.sieve else "")

    def on_filter_prompt_filtered(self, message: FilterPrompt.Filtered) -> None:
        self.set_filter(message.expression)
        self.focus_thread()

    def on_filter_prompt_cancelled(self) -> None:
        self.focus_thread()

    def set_filter(self, expression: str) -> None:
        """Show only what passes; empty for everything."""
        try:
            self.sieve = LiveFilter(expression) if expression else None
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
            self.molt.player.seek(
                here + by * max(1, (transport.end - transport.start) // SEEK_PARTS)
            )

    def on_seek_bar_seek(self, message: SeekBar.Seek) -> None:
        self.molt.player.seek(message.at)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The footer shows what works here: time keys only where time can be steered."""
        if action == "filter":
            return not self.prompt.display
        if action in ("pause", "step", "speed", "seek", "restart"):
            return self.molt.player.transport is not None
        return True
