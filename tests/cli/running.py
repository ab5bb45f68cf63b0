"""Running moltwatch as a user does, on a small session with a swarm."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
from msgspec import Struct

from moltwatch.cli import main
from moltwatch.model import Event, Post
from moltwatch.times import SECOND, Micros, parse_time

START: Micros = parse_time("2026-01-31T05:00:00Z")
CREED = (
    "Brothers and sisters of the tide, the shell remembers every molt and calls us home tonight; "
    "repeat these words under every post until the water rises."
)
SWARM = tuple(f"{name}Claw" for name in ("Amber", "Basalt", "Cobalt", "Dune", "Ember", "Flint"))
INNOCENT = 20


def command(*arguments: str | Path) -> list[str]:
    """The command line that runs moltwatch."""
    return [sys.executable, "-m", "moltwatch", *map(str, arguments)]


def environment(**more: str) -> dict[str, str]:
    """The user's environment, without a configuration and with a terminal of known width."""
    return {**os.environ, "XDG_CONFIG_HOME": "/nonexistent", "COLUMNS": "100", **more}


class Done(Struct, frozen=True):
    """How a run ended."""

    returncode: int
    stdout: str
    stderr: str


def moltwatch(*arguments: str | Path, **variables: str) -> Done:
    """Run to the end within this process, which is many times as quick as starting another."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with (
        patch.object(sys, "argv", ["moltwatch", *map(str, arguments)]),
        patch.object(sys, "stdout", out),
        patch.object(sys, "stderr", err),
        patch.dict(os.environ, environment(**variables), clear=True),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    assert isinstance(ended.value.code, int)
    return Done(ended.value.code, _written(out), _written(err))


def moltwatch_process(
    *arguments: str | Path, stdin: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run to the end in a process of its own, with ``stdin`` on standard input."""
    return subprocess.run(
        command(*arguments),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(**variables),
        check=False,
    )


def objects(lines: str) -> list[dict[str, Any]]:
    """JSON lines, each of which must be an object."""
    parsed = [json.loads(line) for line in lines.splitlines()]
    assert all(isinstance(value, dict) for value in parsed)
    return parsed


def session(copies: int = 1) -> list[Event]:
    """Small talk at no particular rhythm, then one creed from six accounts within six seconds."""
    talk = range(INNOCENT * copies)
    late = len(talk) * 60
    return [
        *(
            _post(f"talk{at}", f"Crab{at % INNOCENT}", at * 60 + at * at * 7 % 53, f"Thought {at}.")
            for at in talk
        ),
        *(_post(f"creed{at}", name, late + at, CREED) for at, name in enumerate(SWARM)),
    ]


def lines(events: list[Event]) -> str:
    """Events as recording lines."""
    return "".join(msgspec.json.encode(event).decode() + "\n" for event in events)


def _post(id: str, author: str, second: int, text: str) -> Post:
    at = START + second * SECOND
    return Post(
        id=id,
        thread=id,
        author=author,
        community="tidepool",
        text=text,
        created_at=at,
        seen_at=at,
        source="test",
    )


def _written(stream: io.TextIOWrapper) -> str:
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()
