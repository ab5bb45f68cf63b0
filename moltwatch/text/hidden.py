"""Characters that show nothing, or change how others show: honest ones kept, the rest named.

Honest are: a zero-width joiner inside an emoji, a joiner in a script that needs it, a variation
selector on a character that has variants, tag letters inside a flag emoji. Everything else that is
invisible in a post was put there for a machine to read, or to fool a person.
"""

from __future__ import annotations

import re

_PICTO = "\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff"
_JOINING = "\u0600-\u08ff\u0900-\u0dff\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u1800-\u18af"

HIDDEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Character class (inside brackets) of everything that shows nothing of its own."""

FLAG_TAGS = "[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,7}\U000e007f"
"""What may follow a black flag: the code of a part of a country (Unicode TS 51), not a letter to a
machine."""

_ANY = re.compile(f"[{HIDDEN}]")
_HONEST = re.compile(
    f"(?<=[{_PICTO}])\ufe0f?\u200d(?=[{_PICTO}])"  # joined emoji
    f"|(?<=[{_PICTO}\U0001f3fb-\U0001f3ff\\d#*])[\ufe0e\ufe0f](?:\u200d(?=[{_PICTO}]))?"  # variant
    f"|(?<=\U0001f3f4){FLAG_TAGS}"  # England, Scotland, Wales
    f"|(?<=[{_JOINING}])[\u200c\u200d]"  # Arabic, Indic and South-East Asian joiners
    "|(?<=[\u3400-\u9fff\U00020000-\U0003ffff])[\ufe00-\ufe02\U000e0100-\U000e01ef]"
)
_ASCII = bytes(range(128))

BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Marks, embeddings, overrides and isolates that turn the direction of what follows."""


def strip_hidden(text: str) -> str:
    """The text without dishonest hidden characters; honest joiners and selectors stay."""
    places = hidden_places(text)
    if not places:
        return text
    ends = [*places, len(text)]
    begins = [0, *(place + 1 for place in places)]
    return "".join(text[begin:end] for begin, end in zip(begins, ends, strict=True))


def count_hidden(text: str) -> int:
    """How many dishonest hidden characters there are."""
    return len(hidden_places(text))


def hidden_places(text: str) -> list[int]:
    """Where the dishonest hidden characters stand, in order."""
    # Most texts have few characters beyond ASCII: looking at those alone is a quick first answer.
    if text.isascii() or not _ANY.search(beyond_ascii(text)):
        return []
    places, honest_up_to = [], 0
    for match in _ANY.finditer(text):
        place = match.start()
        if place < honest_up_to:
            continue
        if honest := _HONEST.match(text, place):
            honest_up_to = honest.end()
        else:
            places.append(place)
    return places


def beyond_ascii(text: str) -> str:
    """The characters that are not ASCII, in order."""
    return (
        text.encode("utf-8", "surrogatepass")
        .translate(None, _ASCII)
        .decode("utf-8", "surrogatepass")
    )
