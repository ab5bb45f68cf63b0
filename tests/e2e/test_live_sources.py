"""``record``, ``flags`` and ``watch`` on each stream that needs no account, served on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from tests.e2e.terminal import Terminal

CREED = (
    "Brothers and sisters of the tide, the shell remembers every molt and calls us home tonight; "
    "repeat these words under every post until the water rises."
)
SAID = [(f"Crab{n}", f"Thought {n}.") for n in range(8)] + [
    (f"{name}Claw", CREED) for name in ("Amber", "Basalt", "Cobalt", "Dune", "Ember", "Flint")
]
KINDS = ("json", "jetstream", "mastodon", "sse")
MAPPING = """
source = "reef"
[[event]]
when = "{when}"
fields = {{ id = "{data}.id", author = "{data}.who", text = "{data}.text" }}
"""


def frames(kind: str) -> list[str]:
    return [json.dumps(_frame(kind, n, who, text)) for n, (who, text) in enumerate(SAID, 1)]


def _frame(kind: str, number: int, who: str, text: str) -> dict[str, Any]:
    if kind == "mastodon":
        account = {"acct": who, "note": f"<p>I am {who}</p>"}
        status = {"id": str(number), "content": f"<p>{text}</p>", "account": account}
        return {"stream": ["public"], "event": "update", "payload": json.dumps(status)}
    if kind == "jetstream":
        record = {"text": text, "createdAt": "2026-01-31T05:00:00Z"}
        commit = {"operation": "create", "collection": "app.bsky.feed.post", "rkey": str(number)}
        at = 1_769_835_600_000_000 + number
        commit_frame = {"did": f"did:web:{who.lower()}.example", "time_us": at, "kind": "commit"}
        return {**commit_frame, "commit": {**commit, "record": record}}
    return {"kind": "said", "data": {"id": number, "who": who, "text": text}}


@contextmanager
def serving(kind: str, folder: Path) -> Iterator[str]:
    """The SOURCE of a server that says all there is to say, and stays."""
    mapping = folder / "reef.toml"
    when = "event == 'message'" if kind == "sse" else "kind == 'said'"
    mapping.write_text(MAPPING.format(when=when, data="data.data" if kind == "sse" else "data"))
    said, over = frames(kind), threading.Event()

    def websocket(connection: ServerConnection) -> None:
        for frame in said:
            connection.send(frame)
        with suppress(ConnectionClosed):
            connection.recv()

    class Events(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for frame in said:
                self.wfile.write(f"data: {frame}\n\n".encode())
            over.wait()

        def log_message(self, format: str, *args: object) -> None:
            pass

    if kind == "sse":
        web = ThreadingHTTPServer(("127.0.0.1", 0), Events)
        web.daemon_threads = True
        server: Any = web
        host = f"127.0.0.1:{web.server_port}"
    else:
        server = serve(websocket, "127.0.0.1", 0)
        host = f"127.0.0.1:{server.socket.getsockname()[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield {
            "json": f"json+ws://{host}?map={mapping}",
            "sse": f"sse+http://{host}/events?map={mapping}",
            "mastodon": f"mastodon+ws://{host}",
            "jetstream": f"jetstream:?host={host}",
        }[kind]
    finally:
        over.set()
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=pytest.mark.slow if kind == "sse" else ()) for kind in KINDS],
)
def test_watch_shows_it_and_record_keeps_what_flags_finds_again(kind: str, tmp_path: Path) -> None:
    with serving(kind, tmp_path) as source:
        command = f"exec moltwatch watch '{source}' --record kept.jsonl"
        with Terminal(command, tmp_path, columns=140) as terminal:
            terminal.shows("Thought 7")
            terminal.shows("Brothers and sisters")
            terminal.press("q")
            assert terminal.ends() == 0
        with Terminal(
            f"exec moltwatch flags '{source}' > live.jsonl", tmp_path, columns=140
        ) as terminal:
            terminal.shows("6 flagged")
            terminal.press("\x03")
            assert terminal.ends() == 130
    kept = [json.loads(line) for line in (tmp_path / "kept.jsonl").read_text().splitlines()]
    posts = [event for event in kept if event["type"] == "post"]
    assert [post["text"] for post in posts] == [text for _, text in SAID]
    live = [json.loads(line) for line in (tmp_path / "live.jsonl").read_text().splitlines()]
    flagged = [line["post"]["text"] for line in live if line["type"] == "flagged"]
    assert flagged == [CREED] * 6


@pytest.mark.parametrize("kind", KINDS)
def test_record(kind: str, tmp_path: Path) -> None:
    with serving(kind, tmp_path) as source:
        command = f"exec moltwatch record '{source}' -o kept.jsonl"
        with Terminal(command, tmp_path, columns=160) as terminal:
            terminal.shows(f"{len(SAID)} posts")
            terminal.press("\x03")
            assert terminal.ends() == 130
    kept = (tmp_path / "kept.jsonl").read_text()
    assert kept.count('"type":"post"') == len(SAID)
