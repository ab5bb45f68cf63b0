"""The lines people script against: golden, and whatever a forum sends."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from msgspec.structs import replace

from moltwatch.jsonl import FlaggedLine, FlagLine, decode, encode, line_of, score
from moltwatch.model import Finding, Kind, Post, Scores
from moltwatch.outputs.csv import row
from tests.outputs.findings import FLAG, FLAGGED, GROUP, HOSTILE, POST, RETRACTED, VERDICT, findings

GOLDEN_POST = (
    '{"id":"c1","kind":"comment","thread":"p1","parent":"p1","author":"clawd",'
    '"community":"general","title":null,"text":"Praise the shell 🦞",'
    '"created_at":"2026-01-31T05:19:29.2Z","link":null,"url":null,"source":"moltbook"}'
)
GOLDEN_FLAGS = (
    '[{"heuristic":"near-duplicate","kind":"coordinated","score":0.95,'
    '"reason":"same text as 33 other accounts in 40 s","evidence":["c0","c9"],'
    '"accounts":["clawd","molty"],"n":34,"group":"g7"}]'
)
GOLDEN = {
    "flagged": '{"type":"flagged","at":"2026-01-31T05:19:31.2Z","post":'
    + GOLDEN_POST
    + ',"persona":0.12,"coordinated":0.97,"hazard":0.0,"flags":'
    + GOLDEN_FLAGS
    + "}\n",
    "group": '{"type":"group","id":"g7","at":"2026-01-31T05:19:31.2Z","kind":"coordinated",'
    '"state":"formed","into":null,"n":34,"accounts":["clawd","molty"],"reason":"same text"}\n',
    "retracted": '{"type":"retracted","at":"2026-01-31T05:19:31.2Z","post":"c1",'
    '"kind":"persona"}\n',
    "verdict": '{"type":"verdict","post":'
    + GOLDEN_POST
    + ',"persona":0.12,"coordinated":0.97,"hazard":0.0,"flags":'
    + GOLDEN_FLAGS
    + ',"at":"2026-01-31T05:19:31.2Z","first_at":null}\n',
}


@pytest.mark.parametrize("finding", [FLAGGED, GROUP, RETRACTED, VERDICT])
def test_lines_are_exactly_the_interface(finding: Finding) -> None:
    line = encode(finding).decode()
    assert line == GOLDEN[json.loads(line)["type"]]


def test_the_first_reason_is_one_for_the_kind_that_crossed() -> None:
    """However strong a reason for another kind is: it is what tells a post's two lines apart."""
    hazard = replace(FLAG, heuristic="injection", kind=Kind.HAZARD, score=0.6, group=None)
    crossed = replace(FLAGGED, kind=Kind.HAZARD, flags=(FLAG, hazard))
    line = line_of(crossed)
    assert isinstance(line, FlaggedLine)
    assert [flag.kind for flag in line.flags] == [Kind.HAZARD, Kind.COORDINATED]
    assert row(crossed)["reason"] == hazard.reason
    other = line_of(replace(crossed, kind=Kind.COORDINATED))
    assert isinstance(other, FlaggedLine) and other.flags[0] == FlagLine.of(FLAG)


@given(findings)
def test_every_finding_is_one_harmless_line_that_reads_back(finding: Finding) -> None:
    encoded = encode(finding)
    text = encoded.decode()
    assert text.splitlines(keepends=True) == [text]
    assert not set(text[:-1]) & {chr(c) for c in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x202E)}
    read = decode(encoded)
    assert encode(finding) == encoded
    if "\ud800" not in repr(finding) and "\\ud" not in repr(finding):
        assert read == line_of(finding)


def test_exactly_what_could_harm_is_escaped_and_the_data_stay_the_same() -> None:
    """What steers a terminal, splits a line, or shows nothing where something stands."""
    harmful = {
        *(0x061C, 0xFEFF, *range(0x200B, 0x2010), *range(0x2060, 0x2065), *range(0xE0000, 0xE0080)),
        *(
            *range(0x7F, 0xA0),
            *range(0x2028, 0x202F),
            *range(0x2065, 0x2070),
            *range(0xE0080, 0xE1000),
        ),
        *(0xAD, 0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x3164, 0xFFA0),
        *(*range(0xFFF0, 0xFFFC), *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B)),
    }
    codes = (*range(0x20, 0xD800), *range(0xE000, 0x1FFFF), *range(0xE0000, 0xE1002), 0x10FFFF)
    everything = list(map(chr, codes))
    post: Post = replace(POST, text="".join(everything))
    line = encode(replace(FLAGGED, post=post)).decode()
    assert json.loads(line)["post"]["text"] == post.text
    left = set(line)
    assert {c for c in everything if c not in left} == set(map(chr, harmful))


@pytest.mark.parametrize(
    ("sign", "written"),
    [("\x7f", r"\u007f"), ("\u200d", r"\u200d"), ("\U000e0041", r"\udb40\udc41")],
)
def test_what_is_escaped_is_one_json_escape_or_two(sign: str, written: str) -> None:
    """Whatever stands beside it."""
    for around in ("", "🦞", "“混沌”"):
        line = encode(replace(FLAGGED, post=replace(POST, text=f"{around}{sign}a"))).decode()
        assert f'"text":"{around}{written}a"' in line


def test_the_original_text_survives_except_for_half_characters() -> None:
    post: Post = replace(POST, text=HOSTILE, author="a\x1b[2J")
    line = json.loads(encode(replace(FLAGGED, post=post)))
    assert line["post"]["text"] == HOSTILE.replace("\ud800", "\ufffd")
    assert line["post"]["author"] == "a\x1b[2J"


@pytest.mark.parametrize(
    ("raw", "printed"),
    [(0.5, 0.5), (1 / 3, 0.3333), (-0.0, 0.0), (1.5, 1.0), (-1, 0.0), (math.nan, 0.0)],
)
def test_scores_are_numbers_between_0_and_1(raw: float, printed: float) -> None:
    assert score(raw) == printed
    assert math.copysign(1, score(raw)) == 1
    line = json.loads(encode(replace(FLAGGED, scores=Scores(persona=raw))))
    assert line["persona"] == printed
