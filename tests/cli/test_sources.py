"""``moltwatch sources`` with check and try, and ``flags`` on live sources, end to end."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from websockets.sync.server import Server, ServerConnection, serve

from moltwatch.cli import COMMANDS
from moltwatch.cli.sources import command as sources
from moltwatch.sources.registry import KINDS
from tests.cli.running import CREED, SWARM, command, environment, moltwatch, objects

MAPPING = """
source = "reef"
[[event]]
when = "kind == 'said'"
fields = { id = "id", author = "who.name", text = "text", community = "'tidepool'" }
[[event]]
when = "kind == 'beat'"
make = "nothing"
"""


def said(number: int, author: str, text: str) -> dict[str, Any]:
    return {"kind": "said", "id": f"p{number}", "who": {"name": author}, "text": text}


SWARMED = [said(n, f"Crab{n}", f"Thought {n}.") for n in range(12)] + [
    said(100 + n, name, CREED) for n, name in enumerate(SWARM)
]


@contextmanager
def serving(handler: Callable[[ServerConnection], None]) -> Iterator[str]:
    server: Server = serve(handler, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.socket.getsockname()[1]}"
    finally:
        server.shutdown()
        thread.join()


def saying(*frames: object) -> Callable[[ServerConnection], None]:
    """A server that says all this and stays."""

    def handler(websocket: ServerConnection) -> None:
        for frame in frames:
            websocket.send(json.dumps(frame))
        for _ in websocket:
            pass

    return handler


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    """A mapping file."""
    path = tmp_path / "reef.toml"
    path.write_text(MAPPING)
    return path


def test_the_list_is_a_line_each_in_a_pipe() -> None:
    rows = [line.split("\t") for line in moltwatch("sources").stdout.splitlines()]
    assert {len(row) for row in rows} == {5}
    keys = {row[0]: row[3] for row in rows}
    assert keys.keys() >= {"recording", "forum", "mastodon", "jetstream", "sse", "json", "sim"}
    assert "MASTODON_ACCESS_TOKEN" in keys["mastodon"]
    assert keys["jetstream"] == ""


def test_no_example_is_broken_over_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moltwatch.cli.sources._is_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "40")
    shown = CliRunner().invoke(sources).output
    examples = [shlex.quote(example) for kind in KINDS for example in kind.examples]
    assert [line.strip() for line in shown.splitlines() if line.startswith("    ")] == examples
    summaries = " ".join(shown.split())
    assert [kind.name for kind in KINDS if kind.summary not in summaries] == []


def test_check_of_a_source_that_works(mapping: Path) -> None:
    with serving(saying({"kind": "beat"}, said(1, "ada", "hi"))) as host:
        done = moltwatch("sources", "check", f"json+ws://{host}?map={mapping}")
    assert done.returncode == 0
    allowed, first = done.stdout.splitlines()
    assert allowed == "reef: reachable, and we are allowed to read"
    assert first.startswith("first event after ")
    assert first.endswith(" s: a post by ada in tidepool")


def test_check_of_a_quiet_source(mapping: Path) -> None:
    with serving(saying()) as host:
        spec = f"json+ws://{host}?map={mapping}"
        done = moltwatch("sources", "check", spec, "--within", "200ms")
    assert done.returncode == 0
    assert "no event within 0.2 s; it may be quiet" in done.stdout


def test_check_tells_frames_that_do_not_fit(mapping: Path) -> None:
    with serving(saying({"kind": "surprise"}, said(1, "ada", "hi"))) as host:
        done = moltwatch("sources", "check", f"json+ws://{host}?map={mapping}")
    assert done.returncode == 0
    assert "1 rejected: a frame for which the mapping has no rule" in done.stdout


def test_check_of_a_source_that_does_not_answer() -> None:
    with serving(saying()) as host:
        pass
    done = moltwatch("sources", "check", f"jetstream:?host={host}", "--within", "10s")
    assert done.returncode == 3
    assert done.stdout == f"not usable: {host}: connection refused\n"


def test_check_of_several_tells_of_each_why_it_failed() -> None:
    with serving(saying()) as one, serving(saying()) as other:
        pass
    relays = f"clawstr:?relay=ws://{one}&relay=ws://{other}"
    done = moltwatch("sources", "check", relays, "--within", "10s")
    assert done.returncode == 3
    assert done.stdout.splitlines() == [
        f"{one}: failed (connection refused)",
        f"{other}: failed (connection refused)",
        "not usable: none of the 2 can be read",
    ]


def test_check_of_no_source() -> None:
    assert moltwatch("sources", "check", "carrier-pigeon:").returncode == 2


def test_check_of_a_recording_and_of_a_simulation(tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl"
    file.write_text('{"id":"1","author":"ada","text":"hi","created_at":"2026-01-31T05:00:00Z"}\n')
    done = moltwatch("sources", "check", file)
    assert done.returncode == 0
    assert "a post by ada" in done.stdout
    assert moltwatch("sources", "check", "sim:?seed=7").returncode == 0


def test_try_shows_the_event(mapping: Path, tmp_path: Path) -> None:
    frame = tmp_path / "frame.json"
    frame.write_text(json.dumps(said(1, "ada", "hi")))
    done = moltwatch("sources", "try", mapping, frame)
    assert done.returncode == 0
    (event,) = objects(done.stdout)
    assert (event["id"], event["author"], event["community"]) == ("p1", "ada", "tidepool")


def test_try_says_which_path_failed(mapping: Path, tmp_path: Path) -> None:
    frame = tmp_path / "frames.jsonl"
    frames = [{"kind": "said", "id": 1, "who": {"nick": "ada"}}, {"kind": "?"}, {"kind": "beat"}]
    frame.write_text("\n".join(map(json.dumps, frames)))
    done = moltwatch("sources", "try", mapping, frame)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "frame 1: event 1: author: who.name found nothing: who has nick",
        "frame 2: no event rule takes it: `when` holds for none",
        "frame 3: taken by event 2, which makes nothing",
    ]


def test_try_that_makes_nothing_is_a_failure(mapping: Path, tmp_path: Path) -> None:
    path = tmp_path / "frame.json"
    path.write_text('{"kind": "beat"}')
    done = moltwatch("sources", "try", mapping, path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("moltwatch: no frame makes an event\n")


@pytest.mark.parametrize("form", ["sources", "--help"])
def test_examples_can_be_pasted_into_a_shell(form: str) -> None:
    """No shell takes `?`, `#` or `&` in them for its own."""
    if form == "sources":
        listed = [line.split("\t")[4] for line in moltwatch("sources").stdout.splitlines()]
    else:
        calls = [*((name,) for name in COMMANDS), ("sources", "check"), ("sources", "try")]
        helps = "".join(moltwatch(*call, "--help").stdout for call in calls)
        listed = [line for line in helps.splitlines() if line.startswith("    moltwatch ")]
    assert len(listed) > 10
    for line in listed:
        bare = re.sub(r"'[^']*'|\"[^\"]*\"", "", line)
        assert not re.search(r"\S[?&#]", bare), line


def test_try_of_what_is_no_mapping_or_no_frame(mapping: Path, tmp_path: Path) -> None:
    frame = tmp_path / "frame.json"
    frame.write_text("hello")
    assert moltwatch("sources", "try", mapping, frame).returncode == 2
    done = moltwatch("sources", "try", "nowhere.toml", frame)
    assert done.returncode == 2
    assert "presets are:" in done.stderr


def jetstream(number: int, author: str, text: str) -> dict[str, Any]:
    record = {"text": text, "createdAt": "2026-01-31T05:00:00Z"}
    commit = {"operation": "create", "collection": "app.bsky.feed.post", "rkey": str(number)}
    at = 1_769_835_600_000_000 + number
    did = f"did:web:{author.lower()}.example"
    return {"did": did, "time_us": at, "kind": "commit", "commit": {**commit, "record": record}}


def read_until(process: subprocess.Popen[str], enough: Callable[[list[str]], bool]) -> list[str]:
    """Lines of stdout until there are enough; then the process is interrupted and has ended."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if enough(lines):
            process.send_signal(signal.SIGINT)
            break
    assert process.wait(60) == 130, process.stderr.read() if process.stderr else ""
    return lines


@pytest.mark.parametrize("kind", ["json", "jetstream"])
def test_flags_prints_the_swarm_as_it_comes(kind: str, mapping: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    frames = SWARMED
    if kind == "jetstream":
        frames = [jetstream(n, each["who"]["name"], each["text"]) for n, each in enumerate(frames)]
    with serving(saying(*frames)) as host:
        spec = f"json+ws://{host}?map={mapping}" if kind == "json" else f"jetstream:?host={host}"
        arguments = ("flags", spec, "--kind", "coordinated", "--record", kept)
        with subprocess.Popen(
            command(*arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        ) as process:

            def enough(lines: list[str]) -> bool:
                flagged = [each for each in objects("".join(lines)) if each["type"] == "flagged"]
                return len({each["post"]["author"] for each in flagged}) == len(SWARM)

            live = read_until(process, enough)
    assert all(json.loads(line)["type"] in ("flagged", "group") for line in live)
    replayed = moltwatch("flags", kept, "--kind", "coordinated").stdout.splitlines(keepends=True)
    assert replayed[: len(live)] == live


@pytest.mark.parametrize("command", [("flags",), ("record", "-o", "kept.molt")])
def test_no_past_where_there_is_none(command: tuple[str, ...]) -> None:
    done = moltwatch(*command, "ws://127.0.0.1:9", "--since", "2h")
    assert done.returncode == 2
    assert "none of these can begin in the past, as clawstr:, nostr+wss:" in done.stderr
