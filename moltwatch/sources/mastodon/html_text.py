"""HTML of a post to the text its author wrote. Pure; never raises.

Parsed by Lexbor, which takes anything a browser takes, in linear time; the standard library's
parser needs minutes for some broken markup. What a library would render from it (Markdown,
reflowed lines) is not wanted: what two accounts posted alike must come out alike, with nothing
added.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

LONGEST = 50_000
"""Characters of markup; more is no post, and stays as it is."""

_PARAGRAPHS = frozenset({"p", "blockquote", "pre", "ul", "ol", "h1", "h2", "h3", "h4", "div"})
_LINES = frozenset({"br", "li", "tr"})
_UNSEEN = frozenset({"script", "style", "template"})
_AS_IS = frozenset({"pre", "code"})
_SPACE = re.compile(r"[ \t\r\n\f]+")
_BREAKS = re.compile(r"\n{3,}")


def html_to_text(markup: str) -> str:
    """The text of some HTML: paragraphs apart by an empty line, everything else untouched."""
    if ("<" not in markup and "&" not in markup) or len(markup) > LONGEST:
        return markup
    from selectolax.lexbor import LexborHTMLParser

    body = LexborHTMLParser(markup).body
    if body is None:
        return ""
    parts: list[str] = []
    for node in body.traverse(include_text=True):
        parts.append(_break_before(node))
        if node.tag == "-text":
            parts.append(_text(node))
    return _BREAKS.sub("\n\n", "".join(parts)).strip("\n")


def _text(node: LexborNode) -> str:
    text = node.text(deep=False) or ""
    around = node.parent.tag if node.parent is not None else None
    if around in _UNSEEN:
        return ""
    return text if around in _AS_IS else _SPACE.sub(" ", text)


def _break_before(node: LexborNode) -> str:
    if node.tag in _LINES:
        return "\n"
    before = node.prev
    begins = node.tag in _PARAGRAPHS or (before is not None and before.tag in _PARAGRAPHS)
    return "\n\n" if begins else ""
