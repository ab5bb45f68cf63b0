"""``moltwatch serve`` and ``moltwatch sources`` as programs."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from moltwatch.cli.serve import command as serve
from moltwatch.cli.sources import command as sources
from moltwatch.dialects.lines import encode_lines
from moltwatch.errors import SourceUnreachable, UsageError
from moltwatch.model import Event, Gap, Post
from moltwatch.sources.forum.source import ForumSource, _token
from moltwatch.sources.grammar import open_source
from moltwatch.sources.live.failures import Backoff
from moltwatch.sources.registry import KINDS, Opening
from tests.cli.running import moltwatch
from tests.recording.files import assert_ended, write
from tests.sources.fakes import T0, FakeClock, drain, post
from tests.sources.servers import forum, says


class Program:
    """A running ``moltwatch serve``."""

    def __init__(self, process: asyncio.subprocess.Process, address: str) -> None:
        self.process = process
        self.address = address

    @classmethod
    async def start(cls, path: Path, *options: str, behind: Sequence[str] = ()) -> Program:
        """Start it, ``behind`` the words of a command that starts others."""
        process = await asyncio.create_subprocess_exec(
            *(*behind, sys.executable, "-m", "moltwatch", "serve", str(path)),
            *("--speed", "max", *options),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        return cls(process, (await process.stdout.readline()).decode().strip())

    @property
    def port(self) -> str:
        return self.address.rpartition(":")[2]

    async def end(self, how: signal.Signals) -> tuple[int, str]:
        """End it. Returns its exit code and what it said on stderr."""
        self.process.send_signal(how)
        _, said = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode, said.decode()


@pytest.fixture
def recording(tmp_path: Path) -> tuple[Path, list[Event]]:
    events: list[Event] = [post(i, i / 100, text=f"{i} " * 100) for i in range(30_000)]
    path = tmp_path / "night.jsonl"
    path.write_bytes(encode_lines(events))
    return path, events


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
async def test_killed_and_started_again_under_load(
    recording: tuple[Path, list[Event]], how: signal.Signals
) -> None:
    path, events = recording
    program = await Program.start(path, "--port", "0")

    class Restarting(FakeClock):
        """Before the first new try, the server is started again."""

        async def sleep(self, seconds: float) -> None:
            nonlocal program
            if not self.slept:
                program = await Program.start(path, "--port", program.port)
            await super().sleep(seconds)

    watching = ForumSource(
        program.address, clock=Restarting(T0 + 10**12), backoff=Backoff(draw=lambda: 0)
    )
    found: list[Event] = []
    async for batch in watching.batches():
        if len(found) < 5_000 <= len(found) + len(batch):
            await program.end(how)
        found += batch
    await program.end(signal.SIGINT)

    (gap,) = (event for event in found if isinstance(event, Gap))
    assert gap.recovered
    assert found.index(gap) < len(events)
    assert [event for event in found if isinstance(event, Post)] == events
    # The gap fits between its neighbours: it moves no time that the events would not.
    at = found.index(gap)
    assert found[at - 1].seen_at == gap.since
    assert gap.seen_at == gap.until == found[at + 1].seen_at


async def test_who_comes_and_goes_is_told_and_ctrl_c_is_clean(tmp_path: Path) -> None:
    path = tmp_path / "short.jsonl"
    path.write_bytes(encode_lines([post(1)]))
    program = await Program.start(path, "--port", "0")
    assert program.address.startswith("ws://127.0.0.1:")
    watching = ForumSource(program.address, clock=FakeClock(T0 + 10**12))
    assert await drain(watching) == [post(1)]
    code, said = await program.end(signal.SIGINT)
    assert code == 130
    assert "watches (1 now)" in said
    assert "left (0 now)" in said
    assert "Traceback" not in said


def test_a_port_that_is_taken_leaves_nothing_open(tmp_path: Path) -> None:
    path = asyncio.run(write(tmp_path / "night.molt", [post(1)]))
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        before = threading.enumerate()
        done = CliRunner().invoke(serve, [str(path), "--port", port])
    assert isinstance(done.exception, SourceUnreachable)
    assert_ended(before)


def test_a_missing_recording() -> None:
    result = CliRunner().invoke(serve, ["nowhere.molt"])
    assert isinstance(result.exception, SourceUnreachable)


@pytest.mark.parametrize("speed", ["0", "fast"])
def test_no_speed(tmp_path: Path, speed: str) -> None:
    path = tmp_path / "short.jsonl"
    path.write_bytes(encode_lines([post(1)]))
    result = CliRunner().invoke(serve, [str(path), "--speed", speed])
    assert isinstance(result.exception, UsageError)


def test_sources_are_listed() -> None:
    result = CliRunner().invoke(sources)
    assert result.exit_code == 0
    rows = [line.split("\t") for line in result.output.splitlines()]
    assert [row[0] for row in rows] == [kind.name for kind in KINDS]
    assert {len(row) for row in rows} == {5}


def test_sources_make_a_table_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moltwatch.cli.sources._is_terminal", lambda: True)
    result = CliRunner().invoke(sources)
    assert "ws://127.0.0.1:8765" in result.output
    assert "\t" not in result.output


async def test_a_request_to_terminate_ends_what_ignores_interrupts(
    recording: tuple[Path, list[Event]],
) -> None:
    # As in a script that starts it with `&`.
    behind = ("sh", "-c", 'trap "" INT; exec "$@"', "sh")
    program = await Program.start(recording[0], "--port", "0", behind=behind)
    code, said = await program.end(signal.SIGTERM)
    assert (code, said.strip()) == (130, "")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_other_machines_are_let_in_only_on_purpose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    """Refused, or warned of; no socket is opened for it."""
    listened: list[object] = []

    async def listen(_: object, host: str, *__: object, **___: object) -> None:
        listened.append(host)
        raise OSError("not in a test")

    monkeypatch.setattr("websockets.asyncio.server.serve", listen)
    path = tmp_path / "short.jsonl"
    path.write_bytes(encode_lines([post(1)]))
    empty, token = tmp_path / "empty", tmp_path / "token"
    empty.write_text("\n")
    token.write_text("shell\n")

    refused = moltwatch("serve", path, "--host", host)
    assert (refused.returncode, refused.stdout, listened) == (2, "", [])
    assert f"{host} can be reached from outside: set MOLTWATCH_SERVE_TOKEN, or" in refused.stderr
    for variables in (
        {"MOLTWATCH_SERVE_TOKEN": " "},
        {"MOLTWATCH_SERVE_TOKEN_FILE": str(empty)},
        {"MOLTWATCH_SERVE_TOKEN_FILE": str(tmp_path / "none")},
    ):
        for options in (("--host", host), ()):
            if options or "MOLTWATCH_SERVE_TOKEN" not in variables:
                assert moltwatch("serve", path, *options, **variables).returncode == 2
    assert listened == []

    warned = moltwatch("serve", path, "--host", host, "--public")
    assert f"{host} can be reached from outside: everybody who reaches it can read" in warned.stderr
    for variables in (
        {"MOLTWATCH_SERVE_TOKEN": "shell"},
        {"MOLTWATCH_SERVE_TOKEN_FILE": str(token)},
    ):
        warned = moltwatch("serve", path, "--host", host, **variables)
        assert "whoever has the token can read along, and nothing is encrypted" in warned.stderr
        assert "shell" not in warned.stderr
    assert listened == [host] * 3
    here = moltwatch("serve", path)
    assert "from outside" not in here.stderr and listened == [host] * 3 + ["127.0.0.1"]


async def test_the_token_goes_from_one_end_to_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "short.jsonl"
    path.write_bytes(encode_lines([post(1)]))
    for name in (
        "MOLTWATCH_SERVE_TOKEN",
        "MOLTWATCH_SERVE_TOKEN_FILE",
        "MOLTWATCH_SERVE_TOKEN_HOST",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MOLTWATCH_SERVE_TOKEN", "shell")
    program = await Program.start(path, "--port", "0")

    async def watch() -> list[Event]:
        opening = Opening(clock=FakeClock(T0 + 10**12), tries=1)
        return await drain(await open_source(program.address, opening))

    monkeypatch.setenv("MOLTWATCH_SERVE_TOKEN", "reef")
    with pytest.raises(SourceUnreachable, match=r"HTTP 401 .*TOKEN was sent, and is not accepted"):
        await watch()
    monkeypatch.delenv("MOLTWATCH_SERVE_TOKEN")
    with pytest.raises(SourceUnreachable, match=r"HTTP 401 .*set MOLTWATCH_SERVE_TOKEN, or"):
        await watch()
    monkeypatch.setenv("MOLTWATCH_SERVE_TOKEN_FILE", str(tmp_path / "token"))
    (tmp_path / "token").write_text("shell\n")
    assert await watch() == [post(1)]
    code, said = await program.end(signal.SIGINT)
    assert code == 130
    assert said.count("was refused: a wrong token") == said.count("was refused: no token") == 1
    assert "shell" not in said and "reef" not in said


def test_a_token_goes_to_its_own_server_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def sent(url: str, **environment: str) -> tuple[bool, str]:
        given = _token(url, {"MOLTWATCH_SERVE_TOKEN": "shell", **environment})
        return given.get("headers") == {"Authorization": "Bearer shell"}, given.get("key_hint", "")

    both = {"MOLTWATCH_SERVE_TOKEN_HOST": "reef.example:8765, [::1]:8765"}
    for here in ("ws://127.0.0.1:8765", "ws://localhost:8765/x#a", "ws://[::1]:8765"):
        assert sent(here)[0]
        assert not sent(here, MOLTWATCH_SERVE_TOKEN_HOST="reef.example:8765")[0]
        assert sent(here, **both)[0] == (here == "ws://[::1]:8765")
    there, bound = (
        "wss://reef.example:8765/live",
        {"MOLTWATCH_SERVE_TOKEN_HOST": "Reef.example:8765 "},
    )
    assert sent(there) == (
        False,
        "MOLTWATCH_SERVE_TOKEN is set for this machine, and not sent to reef.example:8765: set "
        "MOLTWATCH_SERVE_TOKEN_HOST=reef.example:8765 if it belongs there",
    )
    assert sent(there, **bound)[0]
    for other in ("wss://reef.example", "wss://reef.example:1", "wss://a.reef.example:8765"):
        assert not sent(other, **bound)[0]
    assert _token("ws://ada:word@127.0.0.1:1", {"MOLTWATCH_SERVE_TOKEN": "shell"}) == {}
    with pytest.raises(UsageError, match="MOLTWATCH_SERVE_TOKEN: not a key"):
        sent(there, MOLTWATCH_SERVE_TOKEN="a\nb")


async def test_a_token_is_not_taken_elsewhere_by_a_redirect(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MOLTWATCH_SERVE_TOKEN", "shell")
    met: list[str | None] = []

    def thief(_: ServerConnection, request: Request) -> None:
        met.append(request.headers.get("Authorization"))

    async with forum(says(), process_request=thief) as elsewhere:

        def redirect(connection: ServerConnection, _: Request) -> Response:
            response = connection.respond(302, "")
            response.headers["Location"] = elsewhere
            return response

        async with forum(says(), process_request=redirect) as address:
            source = await open_source(address, Opening(clock=FakeClock(), tries=1))
            with pytest.raises(SourceUnreachable, match="302"):
                await drain(source)
    assert met == []
