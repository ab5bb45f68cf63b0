"""How things are put into words where people read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from string import Formatter

from moltwatch.times import SECOND, format_duration

MOST_QUOTED = 60
"""Characters of a quotation."""

_FLAG_LETTERS = "".join(map(chr, range(0x1F1E6, 0x1F200)))


def count(n: int, what: str) -> str:
    """``1 post``, ``2,000 posts``; of what takes no other plural than an s."""
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def count_groups(formed: int, merged: int, when: str = "at the end") -> str:
    """``16 groups``; where some went into others, ``16 groups formed, 2 merged, 14 at the end``."""
    groups = count(formed, "group")
    return f"{groups} formed, {merged:,} merged, {formed - merged:,} {when}" if merged else groups


def listed(names: Iterable[str]) -> str:
    """``persona, coordinated and hazard``."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def cut(text: str, most: int) -> str:
    """At most so many characters of a text, and not one half of a flag at its end: a flag is two
    letters of an alphabet of its own."""
    kept = text[:most]
    if len(text) > most and text[most] in _FLAG_LETTERS:
        return kept[: most - (most - len(kept.rstrip(_FLAG_LETTERS))) % 2]
    return kept


def quoted(words: object) -> str:
    """Words of the forum in quotation marks, cut; of several the first two."""
    if isinstance(words, (tuple, list)):
        return ", ".join(map(_quoted, words[:2]))
    return _quoted(words)


def _quoted(words: object) -> str:
    text = str(words)
    if len(text) > MOST_QUOTED:
        text = cut(text, MOST_QUOTED - 1).rstrip() + "…"
    return f"“{text}”"


def sentence(template: str, facts: Mapping[str, object]) -> str:
    """The template with the facts put in. Nothing that a fact holds is taken for a template.

    ``{n}`` and ``{n:,}`` are formatted as Python does it. ``{span:duration}`` is a span of time
    (microseconds) in words, ``{window:seconds}`` one in seconds, ``{n:count account}`` a number
    with what is counted, ``{words:quoted}`` puts words in quotation marks, ``{chance:odds}`` is a
    probability as ``1 in 10,000``. Raises KeyError for a fact that is missing.

    >>> sentence("{n:count post} in {span:duration}: {said:quoted}",
    ...          {"n": 2, "span": 3_000_000, "said": "hello"})
    '2 posts in 3 s: “hello”'
    """
    said, pieces = _parsed(template)
    for name, put, text in pieces:
        said += put(facts[name]) + text
    return said


def fields_of(template: str) -> list[str]:
    """The facts that a template names."""
    return [name for name, _, _ in _parsed(template)[1]]


_Put = Callable[[object], str]


@lru_cache(maxsize=2_048)
def _parsed(template: str) -> tuple[str, tuple[tuple[str, _Put, str], ...]]:
    """How a template begins; then each fact, how it is put, and the text that follows it."""
    texts: list[str] = [""]
    facts: list[tuple[str, _Put]] = []
    for text, name, spec, _ in Formatter().parse(template):
        texts[-1] += text
        if name is not None:
            facts.append((name, _how(spec or "")))
            texts.append("")
    return texts[0], tuple((*fact, text) for fact, text in zip(facts, texts[1:], strict=True))


def _how(spec: str) -> _Put:
    if not spec:
        return format
    if spec == "quoted":
        return quoted
    if spec == "duration":
        return lambda span: format_duration(int(str(span)))
    if spec == "seconds":
        return lambda span: format_duration(round(float(str(span)) * SECOND))
    if spec == "odds":
        return lambda chance: f"1 in {round(1 / float(str(chance))):,}"
    if spec.startswith("count "):
        return lambda n: count(int(str(n)), spec.removeprefix("count "))
    return lambda fact: format(fact, spec)
