"""The screen in a real terminal, with its streams redirected in the ways people redirect them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from moltwatch.paths import shipped
from tests.e2e.terminal import Terminal

NIGHT = shipped("recordings") / "night.jsonl.gz"
FIRST_LOOK = shipped("recordings") / "first-look.jsonl.gz"


def flags(source: Path) -> list[str]:
    """What ``moltwatch flags`` says of a recording."""
    command = [sys.executable, "-m", "moltwatch", "flags", str(source)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def test_the_first_look_moves(tmp_path: Path) -> None:
    with Terminal("moltwatch", tmp_path) as terminal:
        terminal.shows("THREADS")
        first = terminal.shows("posts")
        terminal.until(lambda text: text != first and "posts" in text, "anything moved")
        terminal.press("q")
        assert terminal.ends() == 0
    assert b"\x1b[?1049l" in terminal.raw, "the terminal is given back as it was"


@pytest.mark.parametrize(
    ("columns", "rows"), [(80, 24), pytest.param(200, 60, marks=pytest.mark.slow)]
)
def test_small_and_large_terminals(tmp_path: Path, columns: int, rows: int) -> None:
    command = f"moltwatch replay {NIGHT} --speed max"
    with Terminal(command, tmp_path, columns=columns, rows=rows) as terminal:
        terminal.shows("■ end")
        terminal.press("q")
        assert terminal.ends() == 0


@pytest.mark.parametrize("theme", ["", "--theme tidepool", "--theme terminal"])
@pytest.mark.parametrize("env", ["TERM=xterm-256color COLORTERM=truecolor", "TERM=xterm"])
def test_without_colours_everything_can_be_read(tmp_path: Path, env: str, theme: str) -> None:
    command = f"NO_COLOR=1 {env} moltwatch replay {FIRST_LOOK} --speed max {theme}"
    with Terminal(command, tmp_path) as terminal:
        terminal.shows("■ end")
        assert terminal.unreadable == ""
        terminal.press("q")
        assert terminal.ends() == 0


def test_flagged_posts_leave_by_the_pipe_while_the_screen_is_up(tmp_path: Path) -> None:
    reader = "jq -c ." if shutil.which("jq") else "cat"
    command = f"moltwatch replay {NIGHT} --speed max --pipe | {reader} > piped.jsonl"
    with Terminal(command, tmp_path) as terminal:
        assert "THREADS" in terminal.shows("■ end")
        terminal.press("q")
        terminal.ends()
    piped = (tmp_path / "piped.jsonl").read_text().splitlines()
    assert len(piped) > 50
    assert [json.loads(line) for line in piped] == [json.loads(line) for line in flags(NIGHT)]


def test_a_reader_that_leaves_does_not_take_the_screen_with_it(tmp_path: Path) -> None:
    command = f"moltwatch replay {NIGHT} --speed max --pipe | head -n 1 > piped.jsonl"
    with Terminal(command, tmp_path) as terminal:
        terminal.shows("■ end")
        terminal.press("q")
        terminal.ends()
    assert len((tmp_path / "piped.jsonl").read_text().splitlines()) == 1


def test_posts_may_come_on_standard_input(tmp_path: Path) -> None:
    post = {"type": "post", "id": "1", "author": "ada", "text": "from the pipe", "title": "Hello"}
    (tmp_path / "posts.jsonl").write_text(json.dumps(post) + "\n")
    with Terminal("cat posts.jsonl - | moltwatch watch -", tmp_path) as terminal:
        assert "ada" in terminal.shows("from the pipe")


def test_what_is_watched_is_recorded(tmp_path: Path) -> None:
    command = f"moltwatch watch {FIRST_LOOK} --record mine.molt"
    with Terminal(command, tmp_path) as terminal:
        terminal.shows("THREADS")
        terminal.press("+" * 12)
        terminal.shows("■ end")
        terminal.press("q")
        assert terminal.ends() == 0
    assert b"moltwatch: what was seen is in mine.molt" in terminal.raw
    assert flags(tmp_path / "mine.molt") == flags(FIRST_LOOK)


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        ("moltwatch watch ws://127.0.0.1:9", 3, "127.0.0.1:9"),
        ("moltwatch replay nowhere.molt", 3, "nowhere.molt"),
        ("moltwatch watch gopher://x", 2, "gopher"),
        ("moltwatch replay first-look --theme none-such", 2, "none-such"),
    ],
)
def test_what_cannot_be_watched_is_said(
    tmp_path: Path, command: str, code: int, words: str
) -> None:
    with Terminal(command, tmp_path) as terminal:
        assert terminal.ends() == code
    assert words in terminal.raw.decode()


def test_without_a_terminal_there_is_a_better_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "moltwatch", "replay", str(NIGHT)]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, start_new_session=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout == b""
    assert b"moltwatch flags" in done.stderr
