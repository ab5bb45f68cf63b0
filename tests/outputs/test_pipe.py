"""Lines beside a screen: a reader that leaves ends the lines and nothing else."""

from __future__ import annotations

import io

from moltwatch.jsonl import encode
from moltwatch.model import FlaggedPost, Kind, Post, Scores
from moltwatch.outputs.stdout import PipeSink


class Closed(io.RawIOBase):
    """A pipe nobody reads."""

    def write(self, data: object) -> int:
        raise BrokenPipeError


def flagged(id: str = "p1") -> FlaggedPost:
    post = Post(id=id, thread=id, author="ada", created_at=1, seen_at=1)
    return FlaggedPost(at=1, kind=Kind.HAZARD, post=post, scores=Scores(hazard=0.9), flags=())


def test_lines_arrive() -> None:
    out = io.BytesIO()
    sink = PipeSink(out)
    sink.say([flagged("a"), flagged("b")])
    sink.close()
    assert out.getvalue() == encode(flagged("a")) + encode(flagged("b"))
    assert not sink.gone


def test_a_reader_that_leaves_is_no_error() -> None:
    sink = PipeSink(Closed())
    for n in range(50_000):  # more than may wait
        sink.say([flagged(f"p{n}")])
    sink.close()
    assert sink.gone
