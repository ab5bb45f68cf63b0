"""Writing beside a screen: a reader that pauses holds nobody up, one that leaves is noticed."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from threading import Event

import pytest

from moltwatch.outputs.stdout import BackgroundStream


@pytest.fixture
def pipe() -> Iterator[tuple[io.BufferedReader, io.BufferedWriter]]:
    reading, writing = os.pipe()
    reader, writer = os.fdopen(reading, "rb"), os.fdopen(writing, "wb")
    yield reader, writer
    for end in (reader, writer):
        try:
            end.close()
        except BrokenPipeError:
            continue


def test_a_reader_that_pauses_holds_nobody_up(
    pipe: tuple[io.BufferedReader, io.BufferedWriter],
) -> None:
    reader, writer = pipe
    stream = BackgroundStream(writer)
    pieces = [b"%06d\n" % n * 1_000 for n in range(100)]  # ten times what a pipe holds
    for piece in pieces:
        stream.write(piece)
    assert [reader.read(len(piece)) for piece in pieces] == pieces
    stream.close()


def test_a_reader_that_has_gone_is_noticed(
    pipe: tuple[io.BufferedReader, io.BufferedWriter],
) -> None:
    reader, writer = pipe
    reader.close()
    stream = BackgroundStream(writer, most_waiting=2)
    with pytest.raises(BrokenPipeError):
        # With room for two, the third has to wait until the first has failed.
        for _ in range(4):
            stream.write(b"x")
    with pytest.raises(BrokenPipeError):
        stream.close()


class Gate:
    """Lets nothing through before it is opened."""

    def __init__(self) -> None:
        self.opened = Event()
        self.through: list[bytes] = []

    def write(self, data: bytes) -> None:
        assert self.opened.wait(30)
        self.through.append(data)

    def flush(self) -> None:
        """Nothing held back."""


def test_closing_waits_for_what_is_left() -> None:
    gate = Gate()
    stream = BackgroundStream(gate)
    stream.write(b"1")
    stream.write(b"2")
    assert gate.through == []
    gate.opened.set()
    stream.close()
    assert gate.through == [b"1", b"2"]
