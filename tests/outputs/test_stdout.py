"""Which findings make a line, and when it is written."""

from __future__ import annotations

import io
import json

import pytest
from msgspec.structs import replace

from moltwatch.jsonl import JsonFormat
from moltwatch.model import Finding, Heartbeat, Kind, Retracted, Scores, Thresholds
from moltwatch.outputs.formats import FormatName, make_format
from moltwatch.outputs.selection import Selection
from moltwatch.outputs.stdout import LineSink
from moltwatch.session.filter import compile_filter
from tests.outputs.findings import AT, FLAGGED, GROUP, POST, RETRACTED, VERDICT

BEAT = Heartbeat(seen_at=AT)
PERSONA = replace(FLAGGED, kind=Kind.PERSONA, scores=Scores(persona=0.8, coordinated=0.97))
BACK = Retracted(at=AT, post=POST.id, kind=Kind.COORDINATED)
ALL: list[Finding] = [GROUP, FLAGGED, PERSONA, RETRACTED, VERDICT]


def picked(selection: Selection, findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if selection.picks(finding)]


def test_by_default_everything_but_verdicts() -> None:
    assert picked(Selection(), ALL) == [GROUP, FLAGGED, PERSONA, RETRACTED]


def test_a_kind_chooses_lines() -> None:
    assert picked(Selection(kinds=[Kind.PERSONA]), ALL) == [PERSONA, RETRACTED]
    assert picked(Selection(kinds=[Kind.COORDINATED]), ALL) == [GROUP, FLAGGED]


def test_only_what_was_said_is_taken_back_and_once() -> None:
    assert picked(Selection(), [BACK]) == []
    assert picked(Selection(), [FLAGGED, BACK, BACK]) == [FLAGGED, BACK]
    nobody = Selection(where=compile_filter("author:nobody"))
    assert picked(nobody, [FLAGGED, BACK]) == []


def test_a_filter_sees_every_kind_the_post_is_flagged_for() -> None:
    both = Selection(where=compile_filter("flagged:persona flagged:coordinated"), groups=False)
    assert picked(both, [GROUP, FLAGGED, PERSONA]) == [PERSONA]


def test_verdicts_are_instead_and_for_every_post() -> None:
    clean = replace(VERDICT, scores=Scores(), flags=())
    assert picked(Selection(verdicts=True), [*ALL, clean]) == [VERDICT, clean]
    assert picked(Selection(verdicts=True, thresholds=Thresholds.all(0.9)), [VERDICT, clean]) == [
        VERDICT
    ]
    persona = Selection(verdicts=True, thresholds=Thresholds.all(0.9), kinds=[Kind.PERSONA])
    assert picked(persona, [VERDICT]) == []
    found = Selection(verdicts=True, where=compile_filter("flagged:coordinated"))
    assert picked(found, [VERDICT, clean]) == [VERDICT]


class Pipe(io.BytesIO):
    """Remembers what had been flushed, as the reader of a pipe would see it."""

    seen = b""

    def flush(self) -> None:
        self.seen = self.getvalue()


def test_a_line_is_there_at_once() -> None:
    pipe = Pipe()
    sink = LineSink(pipe, JsonFormat(), Selection())
    sink.take(BEAT, [])
    assert pipe.seen == b""
    sink.take(BEAT, [GROUP, FLAGGED])
    assert [json.loads(line)["type"] for line in pipe.seen.splitlines()] == ["group", "flagged"]
    sink.finish([RETRACTED])
    assert pipe.seen.count(b"\n") == 2  # it had never been said


@pytest.mark.parametrize(
    ("name", "terminal", "start"),
    [
        (None, False, b'{"type":"group"'),
        (None, True, b"\x1b["),
        (FormatName.TEXT, False, b"05:19:31"),
        (FormatName.JSONL, True, b'{"type":"group"'),
        (FormatName.CSV, True, b"type,at,kind"),
    ],
)
def test_the_format_fits_who_reads(
    name: FormatName | None, terminal: bool, start: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    pipe = Pipe()
    LineSink(pipe, make_format(name, terminal=terminal), Selection()).take(BEAT, [GROUP])
    assert pipe.seen.startswith(start)
