"""Keys: one table, read by the bindings, the footer, the help screen and the palette."""

from __future__ import annotations

from textual.binding import Binding, BindingType

ROW_KEYS: list[BindingType] = [
    Binding("j,down", "down", "down", show=False),
    Binding("k,up", "up", "up", show=False),
    Binding("g,home", "first", "first", show=False),
    Binding("G,end", "last", "last", show=False),
    Binding("pagedown,ctrl+f,ctrl+d", "page(1)", "page down", show=False),
    Binding("pageup,ctrl+b,ctrl+u", "page(-1)", "page up", show=False),
]
"""Keys of every list."""

SCREEN_KEYS: list[BindingType] = [
    Binding("space", "pause", "pause"),
    Binding("left_square_bracket", "flag(-1)", "prev flag", key_display="[", show=False),
    Binding("right_square_bracket", "flag(1)", "next flag", key_display="[ ]"),
    Binding("slash", "filter", "filter", key_display="/"),
    Binding("n", "match(1)", "next match", show=False),
    Binding("N", "match(-1)", "previous match", show=False),
    Binding("f", "follow", "follow"),
    Binding("p", "pin", "pin", show=False),
    Binding("b", "roam", "busiest", show=False),
    Binding("d", "deck", "deck"),
    Binding("a", "agent", "agent", show=False),
    Binding("1", "side('flags')", "flags", show=False),
    Binding("2", "side('groups')", "groups"),
    Binding("3", "side('agent')", "agent card", show=False),
    Binding("w", "toggle_side", "why", show=False),
    Binding("c", "judge('confirmed')", "confirm", show=False),
    Binding("x", "judge('dismissed')", "dismiss", show=False),
    Binding("o", "open_link", "open in browser", show=False),
    Binding("y", "copy", "copy", show=False),
    Binding("greater_than_sign,plus", "speed(1)", "faster", key_display="+", show=False),
    Binding("less_than_sign,minus", "speed(-1)", "slower", key_display="-", show=False),
    Binding("full_stop", "step", "one event", key_display=".", show=False),
    Binding("0", "restart", "from the start", show=False),
    Binding("left", "seek(-1)", "back", show=False),
    Binding("right", "seek(1)", "forward", show=False),
    Binding("shift+left", "seek(-10)", "far back", show=False),
    Binding("shift+right", "seek(10)", "far forward", show=False),
    Binding("t", "theme", "theme", show=False),
    Binding("tab", "app.focus_next", "next pane", show=False),
    Binding("shift+tab", "app.focus_previous", "previous pane", show=False),
    Binding("colon", "app.command_palette", "command", key_display=":", show=False),
    Binding("escape", "back", "back", show=False),
    Binding("question_mark", "help", "help", key_display="?"),
    Binding("q", "quit", "quit"),
]
"""Keys of the main screen."""
