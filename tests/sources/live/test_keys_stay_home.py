"""A key goes to the servers it is for: of every kind of source, and not across a redirect."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection

from moltwatch.errors import SourceUnreachable
from moltwatch.sources.grammar import open_source
from moltwatch.sources.mastodon import MastodonSource, stream_address
from moltwatch.sources.registry import KINDS, Opening
from tests.sources.fakes import FakeClock, drain
from tests.sources.servers import forum, raw_server

KEY = "-".join(("not", "a", "real", "key"))
MAPPING = 'key = "REEF_KEY"\n[[event]]\nmake = "nothing"\n'
SPECS = {
    "ws://HOST": "MOLTWATCH_SERVE_TOKEN",
    "moltbook+http://HOST/api/v1": "MOLTBOOK_API_KEY",
    "mastodon+ws://HOST": "MASTODON_ACCESS_TOKEN",
    "sse+http://HOST/events?map=agentfeed": "AGENTFEED_KEY",
    "sse+http://HOST/events?map=MAPPING": "REEF_KEY",
    "json+ws://HOST?map=MAPPING": "REEF_KEY",
    "json+ws://HOST?map=openclaw": "OPENCLAW_GATEWAY_TOKEN",
}
"""Each sort of source that has a key, and its variable."""


@asynccontextmanager
async def server(status: str, *headers: str) -> AsyncIterator[tuple[str, list[str]]]:
    """A server that gives one answer to everybody and quotes the key: its host, and what it was
    asked."""
    asked: list[str] = []

    body = f'{{"error": "who is {KEY}?"}}'

    async def scene(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        length = f"Content-Length: {len(body)}"
        head = "\r\n".join([f"HTTP/1.1 {status}", length, *headers, "", body])
        writer.write(head.encode())
        await writer.drain()

    async with raw_server(scene) as url:
        yield url.removeprefix("ws://"), asked


@pytest.fixture
def mapping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mapping with a key; no key of the person who runs the tests is set."""
    for name in SPECS.values():
        for end in ("", "_FILE", "_HOST"):
            monkeypatch.delenv(name + end, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (path := tmp_path / "reef.toml").write_text(MAPPING)
    return path


async def fails(spec: str, host: str, mapping: Path) -> str:
    """What a source that is not served says; it has no key in it."""
    text = spec.replace("HOST", host).replace("MAPPING", str(mapping))
    source = await open_source(text, Opening(clock=FakeClock(), tries=1))
    try:
        with pytest.raises(SourceUnreachable) as error:
            await drain(source)
    finally:
        await source.close()
    words = f"{error.value} {source.status.detail} {source.status}"
    assert KEY not in words
    return words.replace(host, "HOST")


def test_every_key_that_a_source_may_need_is_here() -> None:
    named = {name for kind in KINDS for name in re.findall(r"[A-Z]+(?:_[A-Z]+)+", kind.key)}
    assert named < set(SPECS.values())


@pytest.mark.parametrize("code", ["301 Moved", "302 Found", "307 Moved", "308 Moved"])
@pytest.mark.parametrize("spec", SPECS)
async def test_no_key_crosses_a_redirect(
    spec: str, code: str, mapping: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with server("401 Unauthorized") as (other, elsewhere):
        scheme = "ws" if "ws:" in spec else "http"
        async with server(code, f"Location: {scheme}://{other}/there") as (host, asked):
            monkeypatch.setenv(SPECS[spec], KEY)
            monkeypatch.setenv(f"{SPECS[spec]}_HOST", host)
            await fails(spec, host, mapping)
    assert asked and elsewhere == []
    in_a_header = "openclaw" not in spec
    assert all((f"Bearer {KEY}" in each) is in_a_header for each in asked)


async def test_a_password_in_an_address_crosses_none(mapping: Path) -> None:
    async with (
        server("401 Unauthorized") as (other, elsewhere),
        server("302 Found", f"Location: ws://{other}/there") as (host, asked),
    ):
        await fails(f"ws://eve:{KEY}@HOST/?token={KEY}", host, mapping)
    assert asked and "Authorization: Basic " in asked[0] and f"?token={KEY}" in asked[0]
    assert KEY not in "".join(elsewhere) and "Basic" not in "".join(elsewhere)


@pytest.mark.parametrize("spec", SPECS)
async def test_a_key_that_is_bound_goes_nowhere_else(
    spec: str, mapping: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SPECS[spec], KEY)
    monkeypatch.setenv(f"{SPECS[spec]}_HOST", "reef.example, 127.0.0.1")
    async with server("401 Unauthorized") as (host, asked):
        words = await fails(spec, host, mapping)
    assert asked and KEY not in "".join(asked)
    name = SPECS[spec]
    bound = f"{name} is set for reef.example, 127.0.0.1, and not sent to HOST"
    assert f"{bound}: set {name}_HOST=HOST if it belongs there" in words


@pytest.mark.parametrize("bound", ["reef.example", ""])
async def test_a_key_in_frames_is_bound_as_well(
    bound: str, mapping: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENCLAW_GATEWAY_TOKEN", KEY)
    monkeypatch.setenv("OPENCLAW_GATEWAY_TOKEN_HOST", bound)
    asked: list[str] = []

    async def challenge(websocket: ServerConnection) -> None:
        await websocket.send('{"type": "event", "event": "connect.challenge"}')
        asked.append(str(await websocket.recv()))
        error = {"code": "NOT_PAIRED", "message": f"who is {KEY}?"}
        refusal = {"type": "res", "id": "connect", "ok": False, "error": error}
        await websocket.send(msgspec.json.encode(refusal), text=True)

    async with forum(challenge) as url:
        words = await fails("json+ws://HOST?map=openclaw", url.removeprefix("ws://"), mapping)
    assert (KEY in asked[0]) is not bool(bound)
    assert "who is ***?" in words
    assert ("is set for reef.example, and not sent to HOST" in words) is bool(bound)


async def test_of_mastodons_two_hosts_each_gets_it_only_if_it_may(
    mapping: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MASTODON_ACCESS_TOKEN", KEY)
    async with (
        server("401 Unauthorized") as (host, streaming),
        server("200 OK") as (other, elsewhere),
        server("302 Found", f"Location: http://{other}/") as (api, asked),
    ):
        for bound in ("", host, f"{host},{api}"):
            monkeypatch.setenv("MASTODON_ACCESS_TOKEN_HOST", bound)
            address = stream_address(f"ws://{host}?api={api}")
            source = MastodonSource(address, tries=1, clock=FakeClock())
            with pytest.raises(SourceUnreachable):
                await drain(source)
            await source._ancestors("1")
            await source.close()
    assert [KEY in each for each in streaming] == [True, True, True]
    assert [KEY in each for each in asked] == [True, False, True]
    assert elsewhere == []
