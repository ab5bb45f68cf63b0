"""A slow reader or one that leaves never stops who writes."""

from __future__ import annotations

import os

from moltwatch.outputs.background import BackgroundWriter


def test_everything_arrives_in_order() -> None:
    ours, theirs = os.pipe()
    writer = BackgroundWriter(theirs)
    lines = [f"line {n} {'x' * 200}\n".encode() for n in range(2_000)]  # more than a pipe holds
    for line in lines:
        writer.write(line)
    with os.fdopen(ours, "rb") as reader:
        got = [reader.readline() for _ in lines]
    writer.close()
    os.close(theirs)
    assert got == lines


def test_a_reader_that_leaves_is_no_error() -> None:
    ours, theirs = os.pipe()
    writer = BackgroundWriter(theirs)
    os.close(ours)
    for _ in range(50_000):  # more than may wait: would block for ever if the thread had died
        writer.write(b"x" * 100)
    writer.close()
    assert writer.gone
    os.close(theirs)
    writer.close()
