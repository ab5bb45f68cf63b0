"""The grammar of SOURCE, and the registry it is made from."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.errors import RecordingError, SourceUnreachable, UsageError
from moltwatch.sources.forum.source import ForumSource
from moltwatch.sources.grammar import open_source, open_sources, parse
from moltwatch.sources.merge import MergedReplay, MergedSource
from moltwatch.sources.nostr.source import RelaySource
from moltwatch.sources.registry import FAST, KINDS, RECORDING, STDIN, Opening, SourceKind, by_scheme
from moltwatch.sources.stdin import StdinSource
from tests.sources.fakes import FakeClock, drain

FORUM = dict(by_scheme())["ws"]

LINE = b'{"type":"post","id":"%d","thread":"%d","author":"ada","created_at":5,"seen_at":%d}\n'


@pytest.mark.parametrize(
    ("text", "kind", "scheme", "rest"),
    [
        ("-", STDIN, "", ""),
        ("night.molt", RECORDING, "", "night.molt"),
        ("./a/b.jsonl.zst", RECORDING, "", "./a/b.jsonl.zst"),
        ("ws://127.0.0.1:8765", FORUM, "ws", "//127.0.0.1:8765"),
        ("WSS://forum.example/x#a", FORUM, "wss", "//forum.example/x#a"),
    ],
)
def test_sources(text: str, kind: SourceKind, scheme: str, rest: str) -> None:
    spec = parse(text)
    assert (spec.text, spec.kind, spec.scheme, spec.rest) == (text, kind, scheme, rest)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("wsx://x", ["no source wsx:", "did you mean ws", "There is: a recording, -, ws:, wss:"]),
        ("gopher://x", ["no source gopher: (gopher://x). There is: a recording"]),
        ("https://www.moltbook.com/m/general", ["did you mean moltbook:?"]),
        ("127.0.0.1:8765", ["did you mean ws://127.0.0.1:8765?"]),
        ("localhost:8765/x", ["did you mean ws://localhost:8765/x?"]),
        ("evil:\x1b[31m", ["no source evil:", "␛"]),
        ("", ["empty"]),
    ],
)
def test_no_sources(text: str, words: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert all(word in str(caught.value) for word in words), str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "jetstream:everything",
        "jetstream:?dids=",
        "jetstream:?dids=ada.example",
        "jetstream:?list=/nonexistent",
        "jetstream:?colour=red",
        "jetstream:?host=a b:c",
        "json+wss://forum.example",
        "json+wss://forum.example?map=nowhere.toml",
        "json+ws://forum.example?map=openclaw",
        "sse+http://forum.example/x?map=chatr",
        "sse+https://?map=chatr",
        "sse+https://ada:word@forum.example?map=chatr",
    ],
)
async def test_what_a_source_cannot_do_is_told_before_it_is_tried(text: str) -> None:
    with pytest.raises(UsageError):
        await open_source(text, Opening(clock=FakeClock()))


@given(st.text())
def test_anything_is_a_source_or_wrong_usage(text: str) -> None:
    with suppress(UsageError):
        parse(text)


def test_a_file_with_a_colon_in_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("night:one").touch()
    assert parse("night:one").kind is RECORDING


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_source_exists_and_its_examples_are_right(kind: SourceKind) -> None:
    module, _, function = kind.opener.partition(":")
    assert callable(getattr(import_module(module), function))
    assert kind.summary
    assert kind.examples
    assert all(parse(example).kind is kind for example in kind.examples)


async def test_sources_are_opened() -> None:
    assert isinstance(await open_source("-", Opening(clock=FakeClock())), StdinSource)
    assert isinstance(
        await open_source("ws://127.0.0.1:1", Opening(clock=FakeClock())), ForumSource
    )
    with pytest.raises(UsageError, match="only once"):
        await open_sources(["-", "-"], Opening(clock=FakeClock()))


async def test_a_bad_recording_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "picture.molt"
    path.write_bytes(b"\x89PNG\r\n")
    with pytest.raises(RecordingError, match=r"picture\.molt"):
        await open_source(str(path), Opening(clock=FakeClock()))


@pytest.mark.parametrize("text", ["nowhere.molt", "no\x00where"])
async def test_no_such_recording(text: str) -> None:
    with pytest.raises(SourceUnreachable, match="no such recording"):
        await open_source(text, Opening(clock=FakeClock()))


async def test_two_recordings_are_merged(tmp_path: Path) -> None:
    for name, numbers in (("a", (1, 3)), ("b", (2, 4))):
        lines = b"".join(LINE % (number, number, number) for number in numbers)
        (tmp_path / f"{name}.jsonl").write_bytes(lines)
    merged = await open_sources(
        [str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl")],
        Opening(clock=FakeClock(), speed=FAST),
    )
    assert isinstance(merged, MergedReplay)
    assert [event.seen_at for event in await drain(merged)] == [1, 2, 3, 4]
    await merged.close()


async def test_what_is_opened_again_has_nothing_in_common_with_the_first_time() -> None:
    opening = Opening(clock=FakeClock())
    relays = "nostr+ws://127.0.0.1:1", "nostr+ws://127.0.0.1:2"
    books = []
    for _ in range(2):
        merged = await open_sources(relays, opening)
        assert isinstance(merged, MergedSource)
        books += [relay._book for relay in merged._sources if isinstance(relay, RelaySource)]
    assert books[0] is books[1] is not books[2] is books[3]
