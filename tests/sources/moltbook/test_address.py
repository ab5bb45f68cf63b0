"""Which server a SOURCE means, and whose key goes there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec import structs

from moltwatch.errors import UsageError
from moltwatch.sources.grammar import open_source, parse
from moltwatch.sources.moltbook.address import BASE, credentials_file, key_for, understand
from moltwatch.sources.moltbook.source import MoltbookSource
from moltwatch.sources.registry import Opening
from tests.sources.fakes import FakeClock

KEY = "-".join(("not", "a", "real", "key"))
ELSEWHERE = "https://forum.example/api/v1"
LOOPBACK = "http://127.0.0.1:3000/api/v1"


@pytest.mark.parametrize(
    ("text", "base", "submolt"),
    [
        ("moltbook:", BASE, None),
        ("moltbook:philosophy", BASE, "philosophy"),
        ("moltbook:m/philosophy", BASE, "philosophy"),
        ("moltbook:caf%C3%A9", BASE, "café"),
        ("moltbook+http://127.0.0.1:3000/api/v1", LOOPBACK, None),
        ("moltbook+http://127.0.0.1:3000", LOOPBACK, None),
        ("moltbook+http://127.0.0.1:3000/api/v1/#general", LOOPBACK, "general"),
        ("moltbook+https://forum.example/deep/api/v2", "https://forum.example/deep/api/v2", None),
        ("moltbook+https://[::1]:8/api/v1", "https://[::1]:8/api/v1", None),
        ("moltbook+https://moltbook.com/api/v1", BASE, None),
        ("moltbook+http://www.moltbook.com", BASE, None),
    ],
)
def test_what_a_source_means(text: str, base: str, submolt: str | None) -> None:
    spec = parse(text)
    assert understand(spec.scheme, spec.rest) == (base, submolt)


@pytest.mark.parametrize(
    "text",
    [
        "moltbook://forum.example",
        "moltbook:a,b",
        "moltbook+http:",
        "moltbook+http://",
        "moltbook+http://host:port/api/v1",
        f"moltbook+https://:{KEY}@forum.example/api/v1",
        f"moltbook+https://forum.example/api/v1?api_key={KEY}",
    ],
)
async def test_what_makes_no_sense(text: str) -> None:
    with pytest.raises(UsageError) as error:
        await open_source(text, Opening(clock=FakeClock()))
    assert KEY not in str(error.value)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of one's own, with a key in it."""
    for name in ("MOLTBOOK_API_KEY", "MOLTBOOK_API_KEY_HOST", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    file = tmp_path / ".config" / "moltbook" / "credentials.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"api_key": KEY, "agent_name": "Ada"}))
    return file


def test_the_file_is_for_the_public_server_alone(home: Path) -> None:
    assert credentials_file() == home
    assert key_for(BASE) == KEY
    assert key_for(ELSEWHERE) is None
    assert key_for(LOOPBACK) is None
    assert key_for("https://moltbook.com/api/v1") is None
    assert key_for("https://www.moltbook.com:8443/api/v1") is None
    assert key_for("https://www.moltbook.com.evil.example/api/v1") is None
    assert key_for("http://www.moltbook.com/api/v1") is None, "never in clear"


def test_the_variable_comes_first_and_names_its_host(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = KEY + "-2"
    monkeypatch.setenv("MOLTBOOK_API_KEY", f" {other}\n")
    assert key_for(BASE) == other
    assert key_for(ELSEWHERE) is None
    monkeypatch.setenv("MOLTBOOK_API_KEY_HOST", "forum.example")
    assert key_for(BASE) is None
    assert key_for(ELSEWHERE) == other
    assert key_for("http://forum.example/api/v1") is None, "never in clear over a network"
    monkeypatch.setenv("MOLTBOOK_API_KEY_HOST", "127.0.0.1:3000")
    assert key_for(LOOPBACK) == other


@pytest.mark.parametrize("text", ["", "[]", "{", '{"api_key": 7}', '{"api_key": " "}', "\x00" * 99])
def test_a_file_without_a_key_is_none(home: Path, text: str) -> None:
    home.write_text(text)
    assert key_for(BASE) is None


@pytest.mark.parametrize("name", ["apiKey", "key"])
def test_other_names_for_the_key(home: Path, name: str) -> None:
    home.write_text(json.dumps({name: KEY}))
    assert key_for(BASE) == KEY


def test_a_key_that_cannot_stand_in_a_header(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = KEY + "\nX-Other: 1"
    monkeypatch.setenv("MOLTBOOK_API_KEY", bad)
    with pytest.raises(UsageError, match="MOLTBOOK_API_KEY: not a key") as error:
        key_for(BASE)
    assert KEY not in str(error.value)
    monkeypatch.delenv("MOLTBOOK_API_KEY")
    home.write_text(json.dumps({"api_key": bad}))
    with pytest.raises(UsageError, match=r"credentials\.json: not a key") as error:
        key_for(BASE)
    assert KEY not in str(error.value)


async def test_sources_on_one_server_share_its_limit() -> None:
    opening = Opening(clock=FakeClock())
    one, two, other = (
        parse(text).kind.open(parse(text), opening)
        for text in ("moltbook:a", "moltbook:b", "moltbook+http://127.0.0.1:3000")
    )
    assert isinstance(one, MoltbookSource)
    assert isinstance(two, MoltbookSource)
    assert isinstance(other, MoltbookSource)
    assert one.limits is two.limits
    assert one.limits is not other.limits
    assert structs.asdict(one.status)["name"] == "moltbook:a"
