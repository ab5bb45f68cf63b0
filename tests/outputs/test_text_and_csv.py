"""Readable lines and tables: nothing a stranger wrote steers a terminal or a spreadsheet."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from msgspec.structs import replace

from moltwatch.jsonl import JsonFormat
from moltwatch.model import AgentSeen, Finding, Kind
from moltwatch.outputs.csv import COLUMNS, CsvFormat, cell
from moltwatch.outputs.selection import Selection
from moltwatch.outputs.text import TextFormat
from moltwatch.session.filter import compile_filter
from moltwatch.session.names import Names
from tests.evidence import evidence
from tests.outputs.findings import FLAGGED, GROUP, HOSTILE, POST, RETRACTED, VERDICT, findings
from tests.secrets import key

OWN_SEQUENCES = re.compile(r"\x1b\[[0-9;]*m")


def test_readable_lines() -> None:
    text = TextFormat(terminal=False)
    assert text.encode(FLAGGED).decode().splitlines() == [
        "05:19:31 ❖ 0.97  clawd in general  Praise the shell 🦞",
        "         └ same text as 33 other accounts in 40 s [near-duplicate] g7",
    ]
    assert text.encode(GROUP).decode() == (
        "05:19:31 ❖ group formed g7  34 accounts: clawd, molty and 32 more  same text\n"
    )
    assert text.encode(RETRACTED).decode() == "05:19:31 ◆ taken back: c1 is not persona\n"
    assert text.encode(VERDICT) == text.encode(FLAGGED)


def test_readable_lines_call_keys_by_name_and_data_do_not() -> None:
    key, names = "3f9c" * 16, Names()
    names.take(AgentSeen(name=key, seen_at=0, display="Ada\x1b[2J"))
    flagged = replace(FLAGGED, post=replace(POST, author=key))
    text = TextFormat(terminal=False, names=names)
    assert "0.97  Ada␛[2J·3f9c in general" in text.encode(flagged).decode()
    assert ": Ada␛[2J·3f9c, molty" in text.encode(replace(GROUP, accounts=(key, "molty"))).decode()
    assert key in CsvFormat().encode(flagged).decode()
    found = Selection(where=compile_filter("author:~ada"), names=names)
    assert found.picks(flagged)
    assert not found.picks(FLAGGED)


def test_readable_lines_mask_secrets_whatever_a_post_is_flagged_for_and_data_do_not() -> None:
    post = replace(POST, title="My keys", text=f"one {key()} two {'x' * 345} {key(4)} three")
    says = f"said “{key()[:20]}…” before"
    told = evidence(heuristic="link-push", kind=Kind.COORDINATED, score=0.9, reason=says)
    flagged = replace(FLAGGED, post=post, flags=(told,))
    read = TextFormat(terminal=False).encode(flagged).decode()
    assert "My keys · one sk-r••• two xxx" in read
    assert "said “sk-r•••…” before" in read
    assert key()[6:14] not in read
    assert key(4)[6:14] not in read, "where the line ends within it"
    assert key() in TextFormat(terminal=False, show_secrets=True).encode(flagged).decode()
    assert key() in CsvFormat().encode(flagged).decode()
    assert key() in JsonFormat().encode(flagged).decode()


def test_a_reason_quotes_no_word_of_a_secret_in_small_letters() -> None:
    secret = key().upper().replace("SK-REEF-", "sk-REEF-")
    word = secret.lower().rpartition("-")[2]
    told = evidence(heuristic="vocabulary", kind=Kind.COORDINATED, score=0.9, reason=f"“{word}”")
    flagged = replace(FLAGGED, post=replace(POST, text=f"use {secret}"), flags=(told,))
    assert word not in TextFormat(terminal=False).encode(flagged).decode()
    assert word in TextFormat(terminal=False, show_secrets=True).encode(flagged).decode()


def test_markup_of_a_stranger_is_text() -> None:
    finding = replace(FLAGGED, post=replace(POST, text="[bold red]x[/] :smile: [link=y]z[/link]"))
    assert "[bold red]x[/] :smile: [link=y]z[/link]" in TextFormat(False).encode(finding).decode()


def test_a_line_on_a_terminal_is_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    printed = TextFormat(terminal=True).encode(
        replace(FLAGGED, post=replace(POST, text="word " * 100))
    )
    assert b"\x1b[" in printed
    rows = OWN_SEQUENCES.sub("", printed.decode()).splitlines()
    assert [len(row) for row in rows] == [80, 69]
    assert rows[0].endswith("…")


@given(findings)
def test_nothing_of_a_stranger_steers_the_terminal(finding: Finding) -> None:
    for terminal in (False, True):
        printed = TextFormat(terminal).encode(finding).decode()
        rest = OWN_SEQUENCES.sub("", printed)
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028]", rest)


def test_readable_lines_and_cells_hold_nothing_that_shows_nothing() -> None:
    """But what honest emoji and scripts are made of: that is the display form."""
    tags = "".join(chr(0xE0000 + ord(sign)) for sign in "leave tonight")
    hidden = f"\u200b\u200e\u061c\u2062\ufeff\u00ad{tags}\U000e007f🏴{tags}\U000e007f"
    post = replace(POST, author=f"ad{hidden}a", text=f"b{hidden}y 👨‍👩‍👧 می‌خواهم", title=hidden)
    for printed in (
        TextFormat(terminal=False).encode(replace(FLAGGED, post=post)).decode(),
        CsvFormat().encode(replace(FLAGGED, post=post)).decode(),
    ):
        assert "ad🏴a" in printed and "b🏴y 👨‍👩‍👧 می‌خواهم" in printed
        assert not re.search("[\u00ad\u061c\u200b\u200e\u2062\ufeff\U000e0000-\U000e0fff]", printed)


@given(findings)
def test_every_finding_is_one_row_of_the_table(finding: Finding) -> None:
    table = CsvFormat()
    text = (table.head + table.encode(finding)).decode()
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[0] == list(COLUMNS)
    assert len(rows) == 2
    assert len(rows[1]) == len(COLUMNS)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)
    assert not any(value.lstrip()[:1] in set("=+-@") for value in rows[1] if value)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("  @SUM(A1)", "'  @SUM(A1)"),
        ("\t-1", "'    -1"),
        ('plain, "quoted"', 'plain, "quoted"'),
        (-0.5, "-0.5"),
        (None, ""),
    ],
)
def test_a_formula_is_disarmed(value: object, shown: str) -> None:
    assert cell(value) == shown


def test_hostile_text_in_a_table_is_shown_not_obeyed() -> None:
    row = CsvFormat().encode(replace(FLAGGED, post=replace(POST, text=HOSTILE))).decode()
    assert "␛]0;owned␇" in row
