"""From a stranger's text to cells: harmless, equally wide on every terminal, never markup.

Everything a forum wrote passes through :func:`safe` or :func:`safe_line` and becomes plain segments
of a strip. Terminals disagree about how wide joined emoji, variation selectors, skin tones and
flags are; what they disagree about is taken out, so that the grid holds everywhere.

Widgets name the styles they draw with (``dim``, ``persona``, ``voice-3``). What colour that is
stands in ``moltwatch.tcss`` in terms of theme variables: a theme is a file of colours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, lru_cache
from typing import ClassVar, Protocol, Self, TypeVar
from urllib.parse import urlsplit
from zlib import crc32

from rich.cells import cell_len, get_character_cell_size, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from moltwatch.text import display, display_line
from moltwatch.tui.local_time import clock as clock
from moltwatch.tui.secrets import are_shown, masked_text
from moltwatch.wording import cut

T = TypeVar("T")

MORE = 200
"""Characters read behind a line for what begins at its end."""

LONGEST_ADDRESS = 2_000
"""Characters of an address that is opened."""

_DISPUTED = re.compile(
    "[\u200c\u200d\ufe00-\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0000-\U000e0fff]"
)
_REGIONAL = re.compile("[\U0001f1e6-\U0001f1ff]")
_LIGATURES = {0xFDFD: "bismillah"}  # one letter, a whole line wide


def _tame(text: str) -> str:
    if text.isascii():
        return text
    text = _DISPUTED.sub("", text)
    return _REGIONAL.sub(lambda m: chr(ord(m[0]) - 0x1F1E6 + ord("A")), text.translate(_LIGATURES))


def safe(text: str, most: int = 20_000) -> str:
    """A stranger's text with its line breaks, without secrets."""
    return _tame(masked_text(display(text, most)))


def safe_line(text: str, most: int = 300) -> str:
    """A stranger's text on one line, without secrets: names, titles, communities."""
    return _safe_line(text, most, are_shown())


@lru_cache(4_096)
def _safe_line(text: str, most: int, shows_secrets: bool) -> str:
    if shows_secrets:
        return _tame(display_line(text, most))
    # A secret that would be cut is known by what follows.
    return _tame(cut(masked_text(display_line(text, most + MORE)), most))


def web_address(url: str | None) -> str | None:
    """The address of a stranger's link if it is safe to hand to a browser, otherwise None.

    Safe is: http or https, a host, no name or password before it, nothing that is not printable
    ASCII without blanks (a browser accepts escapes; a shell behind ``$BROWSER`` may not forgive).
    """
    if not url or len(url) > LONGEST_ADDRESS or not url.isascii():
        return None
    if not all("!" <= character <= "~" for character in url) or set(url) & set("\"'`\\<>^{}|"):
        return None
    try:
        parts = urlsplit(url)
        if parts.port == 0:
            return None
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return None
    return url


Piece = tuple[str, Style | None]


class Line:
    """A line under construction: pieces go in from the left until it is full."""

    __slots__ = ("_segments", "room")

    def __init__(self, width: int) -> None:
        self.room = max(0, width)
        """Cells left."""
        self._segments: list[Segment] = []

    def add(self, text: str, style: Style | None = None) -> Line:
        """Append a piece; what does not fit is cut, with ``…``, and the line is full then."""
        if not text or self.room <= 0:
            return self
        if cell_len(text) > self.room:
            cut = set_cell_size(text, self.room - 1).rstrip(" ") + "…"
            text = set_cell_size(cut, self.room)
        self._segments.append(Segment(text, style))
        self.room -= cell_len(text)
        return self

    def gap(self, cells: int, style: Style | None = None) -> Line:
        """Append blanks."""
        cells = min(cells, self.room)
        if cells > 0:
            self._segments.append(Segment(" " * cells, style))
            self.room -= cells
        return self

    def column(self, cells: int, piece: Piece) -> Line:
        """Append a piece that takes so many cells: cut, or with blanks after it."""
        rest = max(0, self.room - cells)
        self.room -= rest
        self.add(*piece).gap(self.room)
        self.room = rest
        return self

    def whole(self, *pieces: Piece) -> Line:
        """Append pieces that say something only together; leave them out if there is no room."""
        if sum(cell_len(text) for text, _ in pieces) <= self.room:
            for text, style in pieces:
                self.add(text, style)
        return self

    def right(self, *pieces: Piece) -> Line:
        """Append pieces so that they end at the right edge; leave them out if there is no room."""
        width = sum(cell_len(text) for text, _ in pieces)
        if width <= self.room:
            self.gap(self.room - width)
            for text, style in pieces:
                self.add(text, style)
        return self

    def strip(self, base: Style) -> Strip:
        """The finished line, filled up with ``base``, which also lies under every piece."""
        self.gap(self.room)
        return Strip(self._segments).apply_style(base)


def with_right(
    width: int, right: Sequence[Piece], left: Iterable[Piece], extra: Sequence[Piece] = ()
) -> Line:
    """A line whose right end is kept whole while the left is cut to what room it leaves; ``extra``
    follows the left where there is room for all of it."""
    reserved = sum(cell_len(text) for text, _ in right)
    reserved = reserved + 1 if 0 < reserved < width - 4 else 0
    line = Line(width - reserved)
    for text, style in left:
        line.add(text, style)
    line.whole(*extra)
    line.room += reserved
    return line.right(*right) if reserved else line


def wrap(text: str, width: int, most: int) -> tuple[list[str], bool]:
    """Break text into at most ``most`` lines of at most ``width`` cells; tell whether text was
    left over. Breaks at blanks where there are any, otherwise anywhere."""
    lines: list[str] = []
    width = max(2, width)
    for paragraph in text.split("\n"):
        while True:
            if len(lines) >= most:
                return lines, True
            if paragraph[: width + 1].isascii():
                at = width
                fits = len(paragraph) <= width
            else:
                # No line holds more characters than it has cells, but for those of no width.
                fits = len(paragraph) <= 4 * width and cell_len(paragraph) <= width
                at = width if fits else _cells_to_index(paragraph, width)
            if fits:
                lines.append(paragraph)
                break
            blank = paragraph.rfind(" ", 0, at + 1)
            # A short line is ugly, but not as ugly as an address in two pieces.
            if blank > at // 3 or (blank > 0 and _word(paragraph, blank + 1, width) <= width):
                lines.append(paragraph[:blank].rstrip())
                paragraph = paragraph[blank + 1 :].lstrip(" ")
            else:
                lines.append(paragraph[:at])
                paragraph = paragraph[at:]
            if not paragraph:
                break
    return lines, False


def _word(text: str, start: int, width: int) -> int:
    """Cells of the word that begins there, counted no further than it matters."""
    end = text.find(" ", start, start + width + 1)
    return cell_len(text[start : start + width + 1 if end < 0 else end])


def _cells_to_index(text: str, cells: int) -> int:
    """How many characters fit into so many cells, at least one, at most a line's worth of
    characters without width."""
    used = 0
    for i, character in enumerate(text[: 4 * cells]):
        used += get_character_cell_size(character)
        if used > cells:
            return max(1, i)
    return max(1, min(len(text), 4 * cells))


def shorten(text: str, width: int, most: int) -> list[str]:
    """Like :func:`wrap`, with ``…`` at the end of the last line where text was left over."""
    lines, more = wrap(text, width, most)
    if more and lines:
        last = lines[-1].rstrip(" .,;:")
        lines[-1] = set_cell_size(last, min(cell_len(last), max(1, width - 1))).rstrip() + "…"
    return lines


END_OF_NAME = 5
"""Characters of the end of a name that are kept where its middle is left out."""


def cut_inside(text: str, cells: int) -> str:
    """A text in so many cells: where it is longer, its beginning, ``…`` and its end."""
    if cell_len(text) <= cells:
        return text
    end = text[-END_OF_NAME:]
    begin = cells - 1 - cell_len(end)
    return f"{set_cell_size(text, begin).rstrip()}…{end}" if begin > 0 else text


def alike(names: Sequence[str], cells: int) -> set[str]:
    """Those of the names that would look the same if they were cut at their end."""
    begins: dict[str, set[str]] = {}
    for name in names:
        if cell_len(name) > cells:
            begins.setdefault(set_cell_size(name, max(0, cells - 1)), set()).add(name)
    return {name for same in begins.values() if len(same) > 1 for name in same}


def truncate(
    parts: Iterable[T], room: int, *, width: Callable[[T], int], rank: Callable[[T], int]
) -> list[T]:
    """The parts, in their order, without as many of the lowest rank as it takes for the ``width``
    of all to come to ``room`` cells at most. Of one rank the last goes first."""
    kept = list(parts)
    while kept and sum(map(width, kept)) > room:
        lowest = min(map(rank, kept))
        at = max(i for i, part in enumerate(kept) if rank(part) == lowest)
        del kept[at]
    return kept


# --- styles ---------------------------------------------------------------------------------------

VOICES = 6
"""Colours that tell speakers apart."""

STYLES = (
    "body",
    "strong",
    "dim",
    "faint",
    "rail",
    "fresh",
    "accent",
    "primary",
    "good",
    "bad",
    "persona",
    "coordinated",
    "hazard",
    "match",
    "marked",
    "cursor",
    "cursor-blurred",
    *(f"voice-{i}" for i in range(VOICES)),
)


class StyleOf(Protocol):
    """Gives the style of a name, as the theme has it."""

    def __call__(self, name: str) -> Style: ...


class StyledScreen(Screen[None]):
    """A screen that knows the styles by name, for all widgets on it: if each of them had its own,
    every change of focus would work them all out again."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"style--{name}" for name in STYLES}

    def take_up(self) -> bool:
        """Show what is held back; False if nothing is."""
        return False


class Styled(Widget):
    """A widget on a :class:`StyledScreen` that draws with named styles, line by line, and paints
    only lines that have come to look otherwise: what stands still costs the terminal nothing."""

    def line_at(self, y: int) -> Strip:
        """What is to be seen on a line."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        strip = self._painted[y] = self.line_at(y)
        return strip

    @cached_property
    def _painted(self) -> dict[int, Strip]:
        """Each line as it was painted last."""
        return {}

    def repaint(self) -> None:
        """Paint the lines anew that differ from what is on the screen."""
        width, height = self.size
        for y in range(height):
            if self.line_at(y) != self._painted.get(y):
                self.refresh(Region(0, y, width, 1))

    def style(self, name: str) -> Style:
        """The style of a name, foreground and attributes only."""
        return self.screen.get_component_rich_style(f"style--{name}", partial=True)

    def under(self, name: str) -> Style:
        """The style of a name with its background, to lie under what is drawn."""
        return self.screen.get_component_rich_style(f"style--{name}")


class Bar(Styled):
    """A few lines that are drawn anew when they change; subclasses say what is in them."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._shown: object = None
        self._strips: tuple[int, list[Strip]] | None = None
        """All lines, and for which width they were made."""

    def lines(self, width: int) -> list[Line]:
        """The lines, as things stand."""
        raise NotImplementedError

    def show(self, what: object) -> None:
        """Draw again if ``what`` (all that the lines depend on) differs from what is shown."""
        if what != self._shown:
            self._shown, self._strips = what, None
            self.repaint()

    def line_at(self, y: int) -> Strip:
        width = self.size.width
        if self._strips is None or self._strips[0] != width:
            base = self.rich_style
            self._strips = width, [line.strip(base) for line in self.lines(width)]
        strips = self._strips[1]
        return strips[y] if y < len(strips) else Line(width).strip(self.rich_style)

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        if not regions:
            self._strips = None
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips = None


def voice(author: str) -> str:
    """The style of a speaker: the same in every run."""
    return f"voice-{crc32(author.encode('utf-8', 'replace')) % VOICES}"
