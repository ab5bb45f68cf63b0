"""A key is sent to the server it is for, and stands in nothing that a run leaves."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import Struct
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from moltwatch.sources import registry
from moltwatch.sources.registry import Opening
from tests.cli.running import moltwatch
from tests.sources.moltbook.test_commands import Interrupting

KEY = "-".join(("not", "a", "real", "key"))
MAPPING = 'key = "REEF_KEY"\n[[event]]\nfields = { id = "id", author = "author", text = "text" }\n'
STATUS = {"id": "7", "content": "<p>hello</p>", "account": {"acct": "ada"}}
MESSAGE = {"role": "user", "content": "hello", "timestamp": 1_780_000_000_000}
SAID = {"sessionKey": "main", "messageId": "7", "message": MESSAGE}
FRAMES = [
    '{"type": "event", "event": "connect.challenge"}',
    '{"id": "7", "author": "ada", "text": "hello"}',
    json.dumps({"event": "update", "payload": json.dumps(STATUS)}),
    json.dumps({"type": "event", "event": "session.message", "payload": SAID}),
]
"""Of each sort of forum; each source takes its own and counts the others as rejected."""
SSE = b'event: post_created\ndata: {"id": "7", "author_name": "ada", "content": "hello"}\n\n'


class Forum(Struct):
    """Who came with what, in headers and frames."""

    host: str
    asked: list[str]


@pytest.fixture
def forum(monkeypatch: pytest.MonkeyPatch) -> Iterator[Forum]:
    """A forum that says something to everybody, quotes the key and hangs up; the third time the
    run is interrupted."""
    monkeypatch.setattr(
        registry, "Opening", lambda **options: Opening(clock=Interrupting(), **options)
    )
    asked: list[str] = []

    def answer(_: ServerConnection, request: Request) -> Response | None:
        asked.append(f"{request.headers.get('Authorization')}")
        if "Upgrade" in request.headers:
            return None
        return Response(200, "OK", Headers({"Content-Type": "text/event-stream"}), SSE)

    def scene(websocket: ServerConnection) -> None:
        for text in FRAMES:
            websocket.send(text)
        assert websocket.request is not None
        if "Authorization" not in websocket.request.headers:
            asked.append(str(websocket.recv()))
        websocket.close(1012, f"your key is {KEY}")

    with serve(scene, "127.0.0.1", 0, process_request=answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Forum(host=f"127.0.0.1:{server.socket.getsockname()[1]}", asked=asked)
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("source", "variable"),
    [
        ("ws://HOST", "MOLTWATCH_SERVE_TOKEN"),
        ("mastodon+ws://HOST", "MASTODON_ACCESS_TOKEN"),
        ("sse+http://HOST/?map=agentfeed", "AGENTFEED_KEY"),
        ("json+ws://HOST/?map=MAPPING", "REEF_KEY"),
        ("json+ws://HOST/?map=openclaw", "OPENCLAW_GATEWAY_TOKEN"),
    ],
)
@pytest.mark.parametrize("suffix", [".molt", ".jsonl"])
def test_a_run_leaves_no_key(
    source: str, variable: str, suffix: str, tmp_path: Path, forum: Forum
) -> None:
    (tmp_path / "reef.toml").write_text(MAPPING)
    text = source.replace("HOST", forum.host).replace("MAPPING", str(tmp_path / "reef.toml"))
    kept, log = tmp_path / f"kept{suffix}", tmp_path / "log"
    homes = dict.fromkeys(("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"), str(tmp_path))
    done = moltwatch("record", text, "-o", kept, "--log", log, **homes, **{variable: KEY})
    assert done.returncode == 130, done.stderr
    assert any(KEY in each for each in forum.asked)
    assert KEY not in done.stdout + done.stderr
    assert "your key is ***" in done.stderr or "sse" in source
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {kept, log} <= {*files} and kept.stat().st_size
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []
