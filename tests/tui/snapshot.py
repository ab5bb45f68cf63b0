"""Snapshots of the screen as text: what stands in each cell, and the name of the style it has.

Nothing in them is Textual's: no markup, no ids, no colours. Names are found by a theme in which
each of them has a colour of its own. What has none of these colours (what shines through a
dialogue, a part of a widget of Textual's) is called ``other``.

A snapshot has the lines of the screen, a rule, and the styles of each line: the column at which a
style begins, its name, and after ``@`` what lies under it where that is not the background. The
plain style is ``·``, and a blank has that of what is before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import unified_diff
from functools import lru_cache
from itertools import cycle
from pathlib import Path

import msgspec
from msgspec import Struct
from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.style import Style
from textual.app import App
from textual.strip import Strip

from moltwatch.tui.themes import Colors, Styles
from moltwatch.tui.widgets.rowview import RowView

FOLDER = Path(__file__).parent / "__snapshots__"

THEME = "by-name"
"""The theme in which each name has a colour of its own."""

RULE = "── styles ──"
PLAIN = "·"
CALLED = {"foreground": PLAIN, "success": "good", "error": "bad"}
"""Where the screen calls what the theme has by another name."""

_ATTRIBUTES = ("reverse", "underline", "italic", "strike", "dim")
"""Of a style. Bold is left out: it comes with the names."""


def _colors() -> Iterator[str]:
    """Colours, no two of them alike."""
    for n, (red, green) in enumerate(zip(cycle((30, 90, 150, 210)), cycle((40, 120, 200)))):
        yield f"#{red:02x}{green:02x}{20 + 8 * n:02x}"


def write_theme(folder: Path) -> dict[str, str]:
    """Write the theme into a user's folder of themes; the names by their colours."""
    colors = _colors()
    lines = ["description = 'each name has a colour of its own'"]
    names: dict[str, str] = {}
    for table, of in (("colors", Colors), ("moltwatch", Styles)):
        lines.append(f"[{table}]")
        for field in msgspec.structs.fields(of):
            key = field.encode_name
            if key == "voices":
                voices = [next(colors) for _ in range(6)]
                lines.append(f"{key} = {voices}")
                names |= {color: f"voice-{n}" for n, color in enumerate(voices)}
            elif not key.endswith("-style"):
                color = next(colors)
                lines.append(f"{key} = {color!r}")
                names[color] = CALLED.get(key, key)
    folder.mkdir(parents=True)
    (folder / f"{THEME}.toml").write_text("\n".join(lines))
    return names


def snapshot(strips: Sequence[Strip], names: dict[str, str]) -> str:
    """What was drawn, as text."""
    lines = [strip.text.rstrip() for strip in strips]
    styles = [
        f"{row:>3}: {runs}" for row, strip in enumerate(strips) if (runs := _runs(strip, names))
    ]
    return "\n".join([*lines, RULE, *styles]) + "\n"


def without_scrollbars(strips: Sequence[Strip], app: App[None]) -> list[Strip]:
    """The same, blank where Textual draws scrollbars as it sees fit."""
    strips = list(strips)
    # They are in no tree: what has one knows it.
    regions = [
        widget.vertical_scrollbar.region
        for widget in app.screen.query(RowView)
        if widget.is_on_screen and widget.show_vertical_scrollbar
    ]
    for x, y, width, height in regions:
        for row in range(max(0, y), min(len(strips), y + height)):
            strip = strips[row]
            blank = Strip.blank(width, strip.crop(x, x + width)._segments[0].style)
            strips[row] = Strip.join([strip.crop(0, x), blank, strip.crop(x + width)])
    return strips


def _runs(strip: Strip, names: dict[str, str]) -> str:
    """The styles of a line: ``0 dim  12 strong@panel``; empty if all of it is plain."""
    runs: list[str] = []
    before, column = PLAIN, 0
    for segment in strip:
        name = _name(segment.style, names)
        if not segment.text.strip() and name.partition("@")[2] == before.partition("@")[2]:
            name = before
        if name != before:
            runs.append(f"{column} {name}")
        before = name
        column += segment.cell_length
    return "  ".join(runs)


def _name(style: Style | None, names: dict[str, str]) -> str:
    if style is None:
        return PLAIN
    attributes = [name for name in _ATTRIBUTES if getattr(style, name)]
    ground = _named(style.bgcolor, names, "background")
    name = "+".join([_named(style.color, names, PLAIN), *attributes])
    return name if ground == "background" else f"{name}@{ground}"


def _named(color: Color | None, names: dict[str, str], default: str) -> str:
    if color is None or color.is_default:
        return default
    return _name_of(color.get_truecolor(), tuple(names.items()))


@lru_cache(1_024)
def _name_of(color: ColorTriplet, names: tuple[tuple[str, str], ...]) -> str:
    """A colour that went through a theme may come out a shade off."""
    for known, name in names:
        if all(abs(a - b) <= 2 for a, b in zip(color, _parse(known), strict=True)):
            return name
    return "other"


def _parse(color: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(color[1:])
    return red, green, blue


class Snapshots(Struct):
    """Holds snapshots to those that are kept, or keeps them instead."""

    folder: Path
    update: bool
    differences: list[str] = msgspec.field(default_factory=list)
    seen: list[str] = msgspec.field(default_factory=list)

    def take(self, name: str, text: str) -> None:
        """Hold one to what is kept."""
        self.seen.append(name)
        path = self.folder / f"{name}.txt"
        if self.update:
            self.folder.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            return
        kept = path.read_text("utf-8") if path.exists() else ""
        if text != kept:
            where = f"{self.folder.name}/{name}"
            named = f"{where} as kept", f"{where} now"
            self.differences += unified_diff(
                kept.splitlines(), text.splitlines(), *named, lineterm=""
            )

    def settle(self) -> None:
        """All were taken: none may differ, and none may be left of what is no more."""
        left = {path.stem for path in self.folder.glob("*.txt")} - set(self.seen)
        if self.update:
            for name in left:
                (self.folder / f"{name}.txt").unlink()
            return
        differences = "\n".join(self.differences)
        assert not differences, (
            "the screen looks different. Where that is meant, pytest --update-snapshots "
            f"tests/tui/test_looks.py keeps it:\n{differences}"
        )
        assert not left, f"nothing looks like {', '.join(sorted(left))} any more"
