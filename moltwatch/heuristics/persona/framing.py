"""The post is framed as somebody's own: by a series, a sign, a name, a signature, a template."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import ClassVar

from moltwatch.heuristics.base import Features
from moltwatch.heuristics.features.text import HASH_BITS, Text
from moltwatch.heuristics.persona.base import MarkVector, PersonaHeuristic
from moltwatch.heuristics.persona.names import names
from moltwatch.heuristics.persona.weights import saturating
from moltwatch.text import fold, words

_SERIES = re.compile(
    r"(?<!pr )(?<!issue )(?<!bug )#\d{1,4}\b|№\s?\d{1,4}\b"
    r"|第\s?[\d一二三四五六七八九十百]{1,4}\s?[天章日话話回期集]"
    r"|\b(?:day|log|entry|chapter|part|episode|issue|vol|volume|transmission|dispatch|cycle"
    r"|lesson|verse|sermon|session|week|night|act|edition|season|round"
    r"|tag|kapitel|folge|día|dia|capítulo|parte|jour|chapitre|день|глава)"
    r"\W{0,3}\d{1,4}\b",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"\d|第")
_EMBLEM = re.compile("[\u2190-\u21ff\u2300-\u2bff\U0001f000-\U0001faff⟁⟦]\ufe0f?")
_EVERYBODYS = frozenset("🦞✨🚀🔥🤖👋😄😂💡🎉✅🙏👀💪🙌🎯😅⚡🧠🛠❤")
"""Emoji that are nobody's emblem."""
_SIGN_OFF = re.compile(
    r"(?:^[*_ ]*|(?<=[.!?] ))(?:[—–―]\s*|(?:--|~)\s+)(?=[^\W\d_]|[^\x00-\x7f—–―])([^—–―~]{1,60})$"
    r"|^- (\w{2,30})$"
)
_DASH = re.compile("[—–―~-]")
"""Without any there is no sign-off."""
_LONGEST_LINE = 80
"""Characters of a line that may be a heading or a signature."""
_FEWEST_WORDS = 5
"""Words of a text from which it is more than its sign."""
_HEAD = 60
"""Characters of a text that may hold a call sign."""
_CALL_SIGN = 3
"""Words within which it stands."""
# A set first, so that the search leaps from one of its characters to the next.
_CHANGING = re.compile(r"[\dh](?:(?<!h)\d*|ttps?://\S+)")
_MOST_FRAMES = 16
"""Remembered of one account."""


class Framing(PersonaHeuristic):
    """The post is framed as somebody's own.

    It counts itself to a series, opens with a sign or its author's name, closes with a signature;
    or it keeps the frame of its author's earlier posts: the same sign or words at the
    head of the title, the same first or last line, but for numbers and links.

    Parameters
    emphasis: multiplies what this heuristic adds to the verdict (0 silences it, 0 to 3)

    Fails when
    an honest report is signed or numbered, which many are: a frame alone convicts nobody.
    """

    name: ClassVar[str] = "framing"
    family: ClassVar[str] = "framing"
    says: ClassVar = {
        "framing.series": "counts itself to a series (“{number}”)",
        "framing.emblem": "opens with a sign of its own ({sign})",
        "framing.call_sign": "opens with its author's name “{called}”",
        "framing.signed": "signs off with “{last}”",
        "framing.sign_off": "closes with a signature (“{last}”)",
        "framing.kept": "keeps a frame ({frame:quoted}) of its posts, {times:count time} before",
    }

    def in_text(self, text: Text, vector: MarkVector) -> None:
        lines = text.lines
        if not lines:
            return
        first = lines[0]
        if len(first) <= 2 * _LONGEST_LINE:
            if _COUNTED.search(first) and (number := _SERIES.search(first)):
                vector.mark("framing.series", 1.0, number=number[0].strip())
            sign = _EMBLEM.match(first) if len(text.words) >= _FEWEST_WORDS else None
            if sign and sign[0][0] not in _EVERYBODYS:
                vector.mark("framing.emblem", 1.0, sign=sign[0])
        if len(lines) > 1:
            _closing(lines[-2:], vector)

    def around(self, item: Features, vector: MarkVector) -> None:
        own = names(item.post.author)
        if not own.isdisjoint(item.vocabulary):
            _own_name(item, own, vector)
        kept: dict[int, int] = item.author.note(self.name, dict)
        most, kept_most = 0, ""
        for frame, shown in _frames(item):
            key = hash(frame) & HASH_BITS
            times = kept.pop(key, 0)
            kept[key] = times + 1  # at the end: seen last
            if times > most:
                most, kept_most = times, shown
        if most:
            vector.mark("framing.kept", saturating(most, 2.0), frame=kept_most, times=most)
        while len(kept) > _MOST_FRAMES:
            del kept[next(iter(kept))]


def _closing(tail: Sequence[str], vector: MarkVector) -> None:
    """How the last lines close a text."""
    last = tail[-1]
    listed = last.startswith("- ") and tail[-2].startswith("- ")
    if not listed and (found := _sign_off(last)):
        vector.mark("framing.sign_off", 1.0, last=(found[1] or found[2]).strip("*_ "))


def _sign_off(line: str) -> re.Match[str] | None:
    """The signature at the end of a line, with the dash before it."""
    end = line[-_LONGEST_LINE:]
    return _SIGN_OFF.search(end) if _DASH.search(end) else None


def _own_name(item: Features, own: frozenset[str], vector: MarkVector) -> None:
    """The own name as a call sign, and as a signature."""
    text = item.post.text.lstrip()
    if not text.startswith("@"):
        called = own.intersection(words(fold(text[:_HEAD]))[:_CALL_SIGN])
        if called:
            vector.mark("framing.call_sign", 1.0, called=min(called))
    if signature := signed(item.text, own):
        vector.mark("framing.signed", 1.0, last=signature)


def signed(text: Text, own: frozenset[str]) -> str | None:
    """The last line of a text, if it is a signature with the own name."""
    last = text.lines[-1]
    if len(text.lines) > 1 and len(last) <= _LONGEST_LINE and "://" not in last:
        signature = last
    elif found := _sign_off(last):
        signature = found[1] or found[2]
    else:
        return None
    return signature.strip("*_ ") if not own.isdisjoint(words(fold(signature))) else None


def _frames(item: Features) -> Iterator[tuple[str, str]]:
    """What the account may keep from post to post, without what changes, the first sign telling
    which part it is; and how it looks here."""
    title, lines = (item.post.title or "").strip(), item.text.lines
    if title:
        if sign := _EMBLEM.match(title):
            yield f"s{sign[0]}", sign[0]
        head = _CHANGING.sub("0", title[:_LONGEST_LINE]).lower().split()
        if len(head) > 3:
            yield f"t{' '.join(head[:2])}", " ".join(title.split()[:2])
    body = lines[1:] if title else lines
    if len(body) > 1:
        for part, line in (("b", body[0]), ("e", body[-1])):
            kept = _CHANGING.sub("0", line).lower() if len(line) <= 2 * _LONGEST_LINE else ""
            if any(map(str.isalpha, kept)):
                yield part + kept, line
