"""Where a server wants a key, which of the things is wrong: there is none, it belongs elsewhere, or
it is not accepted. The key itself is never told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from moltwatch.errors import SourceUnreachable, UsageError
from moltwatch.sources.grammar import open_source
from moltwatch.sources.registry import Opening
from tests.sources.fakes import FakeClock, drain
from tests.sources.servers import raw_server
from tests.sources.test_troubles import answers

KEY = "-".join(("not", "a", "real", "key"))
MAPPING = """
key = "REEF_KEY"
[[event]]
make = "nothing"
"""


async def told(spec: str, status: str = "401 Unauthorized") -> str:
    """Why a source that a server does not let in fails. ``HOST`` stands for that server."""
    async with raw_server(answers(status)) as url:
        host = url.removeprefix("ws://")
        source = await open_source(spec.replace("HOST", host), Opening(clock=FakeClock(), tries=1))
        try:
            with pytest.raises(SourceUnreachable) as error:
                await drain(source)
        finally:
            await source.close()
    words = str(error.value)
    assert KEY not in words
    assert source.status.detail in words
    return words.replace(host, "HOST")


@pytest.fixture
def reef(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    for name in ("REEF_KEY", "REEF_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    mapping = tmp_path / "reef.toml"
    mapping.write_text(MAPPING)
    return f"json+ws://HOST/?map={mapping}"


async def test_a_mapping_and_its_key(
    reef: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "it wants a key: set REEF_KEY, or REEF_KEY_FILE" in await told(reef)
    (file := tmp_path / "key").write_text("\n")
    monkeypatch.setenv("REEF_KEY_FILE", str(file))
    assert "the file that REEF_KEY_FILE names is empty" in await told(reef)
    file.write_text(KEY)
    assert "the key in REEF_KEY_FILE was sent, and is not accepted" in await told(reef)
    monkeypatch.setenv("REEF_KEY", KEY)
    words = await told(reef, "403 Forbidden")
    assert "HTTP 403 Forbidden; the key in REEF_KEY was sent, and is not accepted" in words
    assert "set REEF_KEY" not in words
    assert "REEF_KEY" not in await told(reef, "404 Not Found"), "no key helps there"


async def test_mastodons_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASTODON_ACCESS_TOKEN", KEY)
    words = await told("mastodon+ws://HOST")
    assert "the key in MASTODON_ACCESS_TOKEN was sent, and is not accepted" in words
    monkeypatch.delenv("MASTODON_ACCESS_TOKEN")
    assert "it wants a key: set MASTODON_ACCESS_TOKEN" in await told("mastodon+ws://HOST")


async def test_moltbooks_key_is_bound_to_a_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("MOLTBOOK_API_KEY", "MOLTBOOK_API_KEY_FILE", "MOLTBOOK_API_KEY_HOST"):
        monkeypatch.delenv(name, raising=False)
    spec = "moltbook+http://HOST/api/v1"
    assert "it wants a key: set MOLTBOOK_API_KEY" in await told(spec)
    credentials = tmp_path / "moltbook" / "credentials.json"
    credentials.parent.mkdir()
    credentials.write_text(json.dumps({"api_key": KEY}))
    assert "credentials.json is for www.moltbook.com alone" in await told(spec)
    monkeypatch.setenv("MOLTBOOK_API_KEY", KEY)
    words = await told(spec)
    assert "MOLTBOOK_API_KEY is set for www.moltbook.com, and not sent to HOST" in words
    assert "set MOLTBOOK_API_KEY_HOST=HOST if it belongs there" in words
    monkeypatch.setenv("MOLTBOOK_API_KEY_HOST", "Forum.example, [::1]:80")
    assert "is set for forum.example, [::1]:80, and not sent to HOST" in await told(spec)
    monkeypatch.setenv("MOLTBOOK_API_KEY_HOST", f"forum.example, https://eve:{KEY}@HOST")
    with pytest.raises(UsageError, match="MOLTBOOK_API_KEY_HOST: not HOST or HOST:PORT") as error:
        await told(spec)
    assert KEY not in str(error.value)


async def test_moltbooks_key_that_is_not_accepted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("MOLTBOOK_API_KEY", KEY)
    async with raw_server(answers("401 Unauthorized")) as url:
        host = url.removeprefix("ws://")
        monkeypatch.setenv("MOLTBOOK_API_KEY_HOST", host)
        opening = Opening(clock=FakeClock(), tries=1)
        source = await open_source(f"moltbook+http://{host}/api/v1", opening)
        with pytest.raises(SourceUnreachable, match="the key in MOLTBOOK_API_KEY was sent, and is"):
            await drain(source)
        await source.close()
