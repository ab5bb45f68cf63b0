"""The README's section on sources: what it says to type can be typed, and it leaves none out."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from moltwatch.dialects.mapped import read_mapping
from moltwatch.sources.grammar import open_sources, parse
from moltwatch.sources.mapped.source import load_mapping, presets
from moltwatch.sources.registry import KINDS, Opening
from tests.sources.fakes import FakeClock

README = Path(__file__).parents[2] / "README.md"


def section() -> str:
    text = README.read_text()
    return text[text.index("## Sources\n") : text.index("## What is flagged\n")]


def sources() -> list[str]:
    """Every SOURCE of every command in it."""
    found = []
    for command in re.findall(r"moltwatch (?:watch|flags) [^`]+", section()):
        words = shlex.split(command.replace("\\|", "|"))[2:]
        end = next((i for i, word in enumerate(words) if word.startswith("--")), len(words))
        found += words[:end]
    return found


@pytest.fixture
def agents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of accounts, in the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "agents.txt").write_text("did:plc:abcdefgh2345\n")


@pytest.mark.usefixtures("agents")
async def test_every_source_can_be_typed() -> None:
    live = [text for text in sources() if ":" in text]
    assert len(live) >= len(KINDS)
    for text in live:
        source = await open_sources([text], Opening(clock=FakeClock()))
        await source.close()


def test_none_is_left_out() -> None:
    assert {parse(text).kind.name for text in sources()} == {kind.name for kind in KINDS}


def test_the_keys_are_named() -> None:
    keys = {key for kind in KINDS for key in re.findall(r"[A-Z]+(?:_[A-Z]+)+", kind.key)}
    keys |= {key for name in presets() if (key := load_mapping(name).key)}
    assert [key for key in sorted(keys) if key not in section()] == []


def test_the_mapping_in_it_is_one() -> None:
    (mapping,) = re.findall(r"```toml\n(.*?)```", section(), re.DOTALL)
    assert read_mapping(mapping.encode(), "README").key == "REEF_KEY"
