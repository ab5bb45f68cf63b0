"""Keys: one table, read by the bindings, the footer, the help screen and the palette. Those of the
views stand in the table of views."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding, BindingType

from moltwatch.tui.views.table import VIEWS, Place


@dataclass(frozen=True)
class Key:
    """A key of the main screen."""

    keys: str
    """Names as textual has them."""
    action: str
    help: str
    """What it does, in the help screen and the palette."""
    shown: str
    """The key as it is written down."""
    footer: str = ""
    """What the footer says; empty to leave it out."""
    opens_prompt: bool = False
    """Whether what is typed after it is meant for a prompt. Such a key is heard first, and what is
    typed or pasted in one go waits until the prompt is there."""

    @property
    def binding(self) -> Binding:
        return Binding(
            self.keys,
            self.action,
            self.footer or self.help,
            show=bool(self.footer),
            key_display=self.shown,
            tooltip=self.help,
            priority=self.opens_prompt,
        )


def _views(place: Place) -> tuple[Key, ...]:
    """The keys of the views that stand there."""
    return tuple(
        Key(view.key, f"view('{view.name}')", view.help, view.key, view.footer)
        for view in VIEWS
        if view.place is place
    )


KEYS: dict[str, tuple[Key, ...]] = {
    "Watch": (
        Key("f", "follow", "go to the newest and follow; again lets go", "f", "follow"),
        Key("z", "fold", "fold or open replies, or what is repeated", "z"),
        Key("T", "order", "the thread in order of time, or as a tree", "T"),
        Key("h", "jump('parent')", "to the comment that is answered", "h"),
        Key("circumflex_accent", "jump('root')", "to the root of the thread", "^"),
        Key("J", "jump('next')", "next top-level comment", "J"),
        Key("K", "jump('previous')", "previous top-level comment", "K"),
        Key("b", "follow_busiest", "roam with the busiest thread, or stay with this one", "b"),
        Key("L", "lock_order", "lock the order of the threads, or let it go by life", "L"),
        Key("p", "pin", "pin the thread: on top, and in the deck", "p"),
        *_views(Place.CENTRE),
        *_views(Place.SIDE),
        Key("a", "agent", "card of this post's author", "a"),
        *_views(Place.BELOW),
        Key("R", "try_again", "try sources that wait or have failed again, now", "R"),
        Key("w", "toggle_side", "show or hide the view at the side", "w"),
    ),
    "Flags": (
        Key("left_square_bracket", "case(-1)", "previous case in time, in its thread", "["),
        Key(
            "right_square_bracket",
            "case(1)",
            "next case in time; at the end, what is new",
            "]",
            "next case",
        ),
        Key("left_curly_bracket", "case_post(-1)", "previous post of the case", "{"),
        Key("right_curly_bracket", "case_post(1)", "next post of the case", "}"),
        Key("i", "why", "why this post is flagged, or is not", "i", "why"),
        Key("r", "why_raw", "in a why: the JSON, or the why again", "r"),
        Key("e", "why_example", "in a why: to the next post that it names", "e"),
        Key("s", "strength", "how strong a persona must be to have a card", "s"),
        Key("P", "kind('persona')", "show or hide personas among the flags", "P"),
        Key("C", "kind('coordinated')", "show or hide groups among the flags", "C"),
        Key("H", "kind('hazard')", "show or hide hazards among the flags", "H"),
        Key(
            "c", "judge('confirmed')", "confirm: this post, again its case, then take it back", "c"
        ),
        Key(
            "x", "judge('dismissed')", "dismiss: this post, again its case, then take it back", "x"
        ),
        Key("u", "undo", "undo the last judgement", "u"),
        Key("o", "open_link", "open in the browser", "o"),
        Key("y", "copy", "copy the post", "y"),
    ),
    "Find": (
        Key("slash", "search", "search everything that is kept", "/", "search", opens_prompt=True),
        Key("n", "match(1)", "next match in time, whatever the thread", "n"),
        Key("N", "match(-1)", "previous match", "N"),
        Key(
            "ampersand",
            "filter",
            "hide what does not pass a filter",
            "&",
            "filter",
            opens_prompt=True,
        ),
        Key(
            "equals_sign",
            "quick_filter",
            "filter by author, thread, community or group here",
            "=",
            opens_prompt=True,
        ),
        Key(
            "colon",
            "go",
            "go to a post, name or time, or do something by name",
            ":",
            "go",
            opens_prompt=True,
        ),
    ),
    "Time": (
        Key(
            "space", "pause", "pause a replay, freeze what is live; again goes on", "space", "pause"
        ),
        Key("full_stop", "step", "one event, while paused", "."),
        Key("comma", "step_back", "one event back, while paused", ","),
        Key("plus,greater_than_sign", "speed(1)", "faster", "+"),
        Key("minus,less_than_sign", "speed(-1)", "slower", "-"),
        Key("left", "seek(-1)", "back by a hundredth", "←"),
        Key("right", "seek(1)", "forward by a hundredth", "→"),
        Key("shift+left", "seek(-10)", "back by a tenth", "shift ←"),
        Key("shift+right", "seek(10)", "forward by a tenth", "shift →"),
        Key("0", "restart", "from the start", "0"),
        Key("left_parenthesis", "gap(-1)", "back to the gap before", "("),
        Key("right_parenthesis", "gap(1)", "on to the next gap", ")"),
        Key("m", "mark", "mark this moment, or take its mark away", "m"),
        Key("quotation_mark", "to_mark(-1)", "back to the mark before", '"'),
        Key("apostrophe", "to_mark(1)", "on to the next mark", "'"),
    ),
    "House": (
        Key("tab", "app.focus_next", "next pane", "tab"),
        Key("shift+tab", "app.focus_previous", "previous pane", "shift tab"),
        Key("escape", "back", "back, step by step", "esc"),
        Key("t", "theme", "choose the theme", "t"),
        Key("ctrl+p", "app.command_palette", "everything by name, in a list", "ctrl p"),
        Key("question_mark", "help", "this help", "?", "help"),
        Key("q", "quit", "quit (Ctrl-C as well, as interrupted: exit code 130)", "q", "quit"),
    ),
}
"""By what they are about."""

FIRST_TO_GO = (
    *("go", "filter"),
    *(view.footer for view in reversed(VIEWS) if view.footer),
    *("follow", "pause", "search", "next case"),
)
"""What the footer leaves out where it is too narrow for all, in this order."""

SCREEN_KEYS: list[BindingType] = [key.binding for keys in KEYS.values() for key in keys]
