"""The text of a flagged post: where it has what the reasons point at, and what is masked in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from moltwatch.heuristics.hazard.credentials import Credentials
from moltwatch.session.charge import Charge
from moltwatch.session.secrets import find_secrets
from moltwatch.text import fold, place_as_written
from moltwatch.tui.secrets import are_shown, unquoted
from moltwatch.tui.symbols import sign
from moltwatch.tui.widgets.marked import Sort, Span
from moltwatch.tui.widgets.pane import Piece

MOST_QUOTED = 40
"""Words and phrases of the reasons that are looked for in a post."""


class FlaggedText:
    """The ``body`` of a post, and what is held against it."""

    def __init__(self, body: str, charges: Sequence[Charge]) -> None:
        self.body = body
        self._reasons = [flag for charge in charges for flag in charge.reasons]
        told = {
            place
            for charge in charges
            for flag in charge.flags
            if flag.heuristic == Credentials.name
            for place in flag.places
        }
        secrets = () if are_shown() else told.union(find_secrets(body))
        self.secrets = _joined(secrets, Sort.SECRET)

    def words(self) -> list[Span]:
        """Where in it the reasons' words stand: told by the reason, or found again."""
        told = {
            place
            for flag in self._reasons
            if flag.heuristic != Credentials.name
            for place in flag.places
        }
        return _joined(told | self._found_in(self.body))

    def words_in(self, text: str) -> list[Span]:
        """Where the reasons' words stand in something else that the author wrote."""
        return _joined(self._found_in(text))

    def _found_in(self, text: str) -> set[tuple[int, int]]:
        folded = fold(text)
        places: set[tuple[int, int]] = set()
        for words in self._quoted():
            at = folded.find(words)
            while at >= 0 and not _stands_alone(folded, at, at + len(words)):
                at = folded.find(words, at + 1)
            if at >= 0 and (place := place_as_written(text, folded, at, at + len(words))):
                places.add(place)
        return places

    def _quoted(self) -> list[str]:
        """Words that the reasons quote, folded."""
        words: dict[str, None] = {}
        for mark in (mark for flag in self._reasons for mark in flag.marks):
            for fact in mark.facts.values() if mark.says and mark.weight >= 0 else ():
                each = (fact,) if isinstance(fact, str) else fact
                if isinstance(each, tuple):
                    words |= dict.fromkeys(fold(word) for word in each)
        return [word for word in words if len(word) > 1][:MOST_QUOTED]

    def mask(self, text: str) -> str:
        """The text without the secrets of the post, which a reason may quote the beginning of."""
        return unquoted(text, [self.body[start:end] for start, end, _ in self.secrets])

    def mask_json(self, text: str) -> str:
        """The same of JSON, in which line breaks and quotes are escaped."""
        secrets = [self.body[start:end] for start, end, _ in self.secrets]
        return unquoted(text, [json.dumps(each, ensure_ascii=False)[1:-1] for each in secrets])


def legend(spans: Iterable[Span], pieces: Sequence[Piece]) -> list[str]:
    """What the signs in a marked text mean, as far as there are any."""
    sorts = {span.sort for span in spans}
    notes: list[str] = []
    if Sort.WORDS in sorts:
        notes.append(f"{sign('words')}{sign('words-end')} what the reasons point at")
    if Sort.SLOT in sorts:
        notes.append(f"{sign('slot')}{sign('slot-end')} differs between members")
    unseen = [text for text, style in pieces if style == "bad"]
    if any(f"{sign('unseen')}=" in text for text in unseen):
        example = f"{sign('unseen')}=a{sign('unseen-end')}"
        notes.append(f"{example} a letter of another alphabet that passes for a")
    if any("U+" in text or "invisible" in text for text in unseen):
        example = f"{sign('unseen')}U+200B{sign('unseen-end')}"
        notes.append(f"{example} a character that shows nothing")
    return [" · ".join(notes)] if notes else []


def _joined(places: Iterable[tuple[int, int]], sort: Sort = Sort.WORDS) -> list[Span]:
    """Places as spans; what overlaps or touches is one."""
    spans: list[Span] = []
    for start, end in sorted(places):
        if spans and start <= spans[-1].end:
            spans[-1] = Span(spans[-1].start, max(end, spans[-1].end), sort)
        else:
            spans.append(Span(start, end, sort))
    return spans


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether it is no part of a longer word."""
    before = start == 0 or not (text[start - 1].isalnum() and text[start].isalnum())
    after = end >= len(text) or not (text[end].isalnum() and text[end - 1].isalnum())
    return before and after
