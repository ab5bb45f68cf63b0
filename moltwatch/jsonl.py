"""Findings as JSON lines: the interface that people script against.

Every key is always there and in this order; times are RFC 3339 in UTC; a finding has exactly one
line, whatever the run. What could steer a terminal, split a line at the wrong place or show nothing
where something stands (DEL, the C1 controls, line and paragraph separators, and all characters of
:data:`~moltwatch.text.hidden.HIDDEN` but the sixteen selectors of ordinary emoji) is written as a
JSON escape: the same string to every parser, and harmless to ``cat``, ``tail`` and ``less``.
"""

from __future__ import annotations

import re
from typing import TypeAlias

import msgspec
from msgspec import Struct

from moltwatch.model import Evidence, Finding, FlaggedPost, Post, Retracted, Scores, Verdict
from moltwatch.text.hidden import HIDDEN
from moltwatch.times import format_time


class PostLine(Struct, frozen=True, kw_only=True):
    """A post within a line."""

    id: str
    kind: str
    thread: str
    parent: str | None
    author: str
    community: str | None
    title: str | None
    text: str
    created_at: str
    link: str | None
    url: str | None
    source: str

    @classmethod
    def of(cls, post: Post) -> PostLine:
        return cls(
            id=post.id,
            kind=post.kind,
            thread=post.thread,
            parent=post.parent,
            author=post.author,
            community=post.community,
            title=post.title,
            text=post.text,
            created_at=format_time(post.created_at),
            link=post.link,
            url=post.url,
            source=post.source,
        )


class FlagLine(Struct, frozen=True, kw_only=True):
    """A reason within a line."""

    heuristic: str
    kind: str
    score: float
    reason: str
    evidence: tuple[str, ...]
    accounts: tuple[str, ...]
    n: int
    group: str | None

    @classmethod
    def of(cls, evidence: Evidence) -> FlagLine:
        return cls(
            heuristic=evidence.heuristic,
            kind=evidence.kind,
            score=score(evidence.score),
            reason=evidence.reason,
            evidence=evidence.posts,
            accounts=evidence.accounts,
            n=evidence.n,
            group=evidence.group,
        )


class FlaggedLine(Struct, frozen=True, kw_only=True, tag_field="type", tag="flagged"):
    """A post crossed the threshold of a kind."""

    at: str
    post: PostLine
    persona: float
    coordinated: float
    hazard: float
    flags: tuple[FlagLine, ...]
    """The reasons for the kind that crossed come first: the first flag's kind is the line's."""


class GroupLine(Struct, frozen=True, kw_only=True, tag_field="type", tag="group"):
    """A group formed, doubled, went into another or ended."""

    id: str
    at: str
    kind: str
    state: str
    into: str | None
    n: int
    accounts: tuple[str, ...]
    reason: str


class RetractedLine(Struct, frozen=True, kw_only=True, tag_field="type", tag="retracted"):
    """A verdict was taken back."""

    at: str
    post: str
    kind: str


class VerdictLine(Struct, frozen=True, kw_only=True, tag_field="type", tag="verdict"):
    """The last word on one post."""

    post: PostLine
    persona: float
    coordinated: float
    hazard: float
    flags: tuple[FlagLine, ...]
    at: str
    first_at: str | None


Line: TypeAlias = FlaggedLine | GroupLine | RetractedLine | VerdictLine


class JsonFormat:
    """Findings as JSON lines."""

    head = b""

    def encode(self, finding: Finding) -> bytes:
        """The finding's line, see :func:`encode`."""
        return encode(finding)


def encode(finding: Finding) -> bytes:
    """The finding as one line of UTF-8 JSON, its newline included."""
    return harmless_json(line_of(finding)) + b"\n"


def harmless_json(line: Struct) -> bytes:
    """A struct as JSON that no terminal and no reader of lines trips over."""
    try:
        encoded = _encoder.encode(line)
    except UnicodeEncodeError:
        encoded = _encoder.encode(_without_surrogates(msgspec.to_builtins(line)))
    return harmless(encoded)


def harmless(encoded: bytes) -> bytes:
    """JSON in UTF-8 with everything escaped that a terminal or a reader of lines trips over."""
    if encoded.isascii():
        return encoded.replace(b"\x7f", b"\\u007f")
    # Most lines have few characters beyond ASCII: looking at those alone is a quick first answer.
    if not _UNSAFE.search(encoded.translate(None, _ASCII).decode()):
        return encoded
    return _UNSAFE.sub(_escape, encoded.decode()).encode()


def decode(line: bytes | str) -> Line:
    """Read a line back. Raises msgspec.DecodeError for anything that is not one."""
    return _decoder.decode(line)


def line_of(finding: Finding) -> Line:
    """The finding in the words and the order of the interface."""
    if isinstance(finding, FlaggedPost):
        return FlaggedLine(
            at=format_time(finding.at),
            post=PostLine.of(finding.post),
            persona=score(finding.scores.persona),
            coordinated=score(finding.scores.coordinated),
            hazard=score(finding.scores.hazard),
            flags=tuple(map(FlagLine.of, own_first(finding))),
        )
    if isinstance(finding, Verdict):
        return VerdictLine(
            post=PostLine.of(finding.post),
            persona=score(finding.scores.persona),
            coordinated=score(finding.scores.coordinated),
            hazard=score(finding.scores.hazard),
            flags=tuple(map(FlagLine.of, finding.flags)),
            at=format_time(finding.at),
            first_at=None if finding.first_at is None else format_time(finding.first_at),
        )
    if isinstance(finding, Retracted):
        return RetractedLine(at=format_time(finding.at), post=finding.post, kind=finding.kind.value)
    return GroupLine(
        id=finding.id,
        at=format_time(finding.at),
        kind=finding.kind.value,
        state=finding.state.value,
        into=finding.into,
        n=finding.n,
        accounts=finding.accounts,
        reason=finding.reason,
    )


def own_first(finding: FlaggedPost) -> tuple[Evidence, ...]:
    """All reasons, those for the kind that crossed before those for others."""
    kind, flags = finding.kind, finding.flags
    return (*[f for f in flags if f.kind is kind], *[f for f in flags if f.kind is not kind])


def score(value: float) -> float:
    """A score as it is printed: a number in 0..1, whatever a heuristic of a third party made."""
    if not value > 0.0:
        return 0.0
    return round(value, Scores.DIGITS) if value < 1.0 else 1.0


_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)

_ASCII = bytes(range(0x7F))
_SELECTORS = "\ufe00-\ufe0f"
# None of these can stand in JSON but inside a string.
_UNSAFE = re.compile(f"[\x7f-\x9f\u2028\u2029{HIDDEN.replace(_SELECTORS, '')}]")

_SURROGATE = re.compile("[\ud800-\udfff]")


def _escape(match: re.Match[str]) -> str:
    utf16 = match[0].encode("utf-16-be").hex()
    return "".join(f"\\u{utf16[at : at + 4]}" for at in range(0, len(utf16), 4))


def _without_surrogates(value: object) -> object:
    """Half a character cannot be written as UTF-8; it becomes the replacement character."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {key: _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_surrogates(item) for item in value]
    return value
