"""Makes worse of what is well: bytes are cut, doubled, flipped; JSON gets values of other sorts."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

LONGEST = 20_000
"""Bytes of an input; longer ones take time and tell nothing more."""

_PIECES: Sequence[bytes] = (
    b"", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\x1b[2J", b"\r", b"\n\n", b"\xe2\x80\xae",
    b"null", b"{}", b"[]", b'"', b"\\u", b"\\ud800", b"1e999", b"-1", b"NaN", b"[" * 300,
    b'{"a":' * 200, b"'", b"(", b")", b":", b"=", b"~/(a+)+$/", b"data: ", b"event: ", b"%00",
    b"0x1F", b"\xef\xbb\xbf",
)  # fmt: skip

_VALUES: Sequence[Any] = (
    None, True, False, 0, -1, 1.5, 2**63, 2**64, -(2**70), 1e308, "", "0", "-0", "\x00", "\ud800",
    "2026-13-45T99:99:99Z", "9999999999999999", "a" * 3_000, "\u202e", [], {}, [None], [[]],
    {"": None}, {"id": {"id": []}}, [1, "2", None],
)  # fmt: skip


def mutated(seed: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """One that is a little or a lot worse than ``seed``; pieces of the ``others`` may be in it."""
    data = seed
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        data = rng.choice(_WAYS)(data, rng, others)[:LONGEST]
    return data


def _flipped(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    if not data:
        return bytes([rng.randrange(256)])
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]


def _cut(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    begin, end = sorted((rng.randint(0, len(data)), rng.randint(0, len(data))))
    return data[:begin] + data[end:] if rng.random() < 0.7 else data[begin:end]


def _with_piece(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    at = rng.randint(0, len(data))
    return data[:at] + rng.choice(_PIECES) + data[at:]


def _doubled(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    begin, end = sorted((rng.randint(0, len(data)), rng.randint(0, len(data))))
    return data[:end] + data[begin:end] * rng.choice((1, 2, 10)) + data[end:]


def _spliced(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    other = rng.choice(others)
    return data[: rng.randint(0, len(data))] + other[rng.randint(0, len(other)) :]


def _of_other_sorts(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    """As JSON, a line of it or all, with something exchanged."""
    lines = data.split(b"\n")
    at = rng.randrange(len(lines))
    for whole in (False, True):
        try:
            value = json.loads(data if whole else lines[at])
        except (ValueError, RecursionError):
            continue
        try:
            worse = json.dumps(_exchanged(value, rng)).encode()
        except (ValueError, RecursionError):
            return data
        return worse if whole else b"\n".join([*lines[:at], worse, *lines[at + 1 :]])
    return data


def _exchanged(value: Any, rng: Random) -> Any:
    if not isinstance(value, dict | list) or not value or rng.random() < 0.15:
        return rng.choice(_VALUES)
    if isinstance(value, list):
        at = rng.randrange(len(value))
        return [*value[:at], _exchanged(value[at], rng), *value[at + 1 :]]
    name = rng.choice(list(value))
    if rng.random() < 0.15:
        return {key: one for key, one in value.items() if key != name}
    if rng.random() < 0.1:
        return {**value, rng.choice(list(value)): value[name]}
    return {**value, name: _exchanged(value[name], rng)}


_WAYS: Sequence[Callable[[bytes, Random, Sequence[bytes]], bytes]] = (
    _flipped, _cut, _with_piece, _doubled, _spliced,
    _of_other_sorts, _of_other_sorts, _of_other_sorts, _of_other_sorts,
)  # fmt: skip
