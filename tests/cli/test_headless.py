"""The headless half stays light: no command without a screen loads textual."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import environment, lines, session

LOADS = """
import sys
from moltwatch.cli import cli
try:
    cli.main(sys.argv[1:], prog_name="moltwatch", standalone_mode=False)
finally:
    loaded = [name for name in ("textual", "websockets", "httpx") if name in sys.modules]
    print(loaded, file=sys.stderr)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("headless")
    (folder / "tide.jsonl").write_text(lines(session()))
    (folder / "tide.persona.jsonl").write_text('{"id": "talk1", "label": 0, "kind": ""}\n')
    return folder


@pytest.mark.parametrize(
    "line",
    [
        "--version",
        "--help",
        "flags tide.jsonl",
        "flags tide.jsonl --format text --where coordinated>0.5",
        "flags --help",
        "record tide.jsonl -o kept.jsonl --force",
        "score tide.jsonl",
        "report tide.jsonl",
        "report tide.jsonl --html tide.html --force",
        "convert tide.jsonl converted.molt --force",
        "heuristics",
        "heuristics same-text",
        "sources",
        "completion bash",
        "simulate --help",
        "serve --help",
    ],
)
def test_a_headless_command_loads_neither_screen_nor_network(folder: Path, line: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADS, *line.split()],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(),
        check=False,
    )
    assert (done.returncode, done.stderr.splitlines()[-1:]) == (0, ["[]"]), done.stderr
