"""Secrets that open nothing, for tests of how they are masked."""

from __future__ import annotations

from random import Random


def key(seed: int = 3) -> str:
    """What looks like a key, and is written down nowhere."""
    return "sk" + "-reef-" + "".join(Random(seed).choices("abcdefghkmnpqrstuvwxyz23456789", k=32))


def pem() -> str:
    """What looks like a private key of several lines."""
    lines = ["".join(Random(n).choices("ABCDEFGHabcdefgh23456789", k=60)) for n in range(4)]
    return "\n".join(["-----BEGIN PRIVATE" + " KEY-----", *lines])
