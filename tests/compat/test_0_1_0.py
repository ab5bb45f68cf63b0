"""What 0.1.0 wrote is read, and means the same; ``0.1.0/README.md`` says how each file was made."""

from __future__ import annotations

import asyncio
import json
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from shutil import copyfile, copytree
from typing import Any

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection

# All that these tests know of the inside of moltwatch: when it moves, only these lines change.
from moltwatch.config import Config, load
from moltwatch.heuristics import registry
from moltwatch.heuristics.base import Heuristic
from moltwatch.jsonl import FlaggedLine, FlagLine, decode, encode
from moltwatch.model import Event, Evidence, Finding, FlaggedPost, Kind, Post, Retracted, Scores
from moltwatch.sources.base import State
from moltwatch.sources.grammar import open_source
from moltwatch.sources.registry import Opening
from moltwatch.times import parse_time
from tests.cli.running import moltwatch, objects
from tests.evidence import evidence
from tests.sources.servers import forum as websocket_server
from tests.tui.driving import watching
from tests.tui.forum import Forum

KEPT = Path(__file__).with_name("0.1.0")
RECORDINGS = ("session.molt", "session.jsonl", "session.jsonl.gz", "session.jsonl.zst")


def lines(name: str) -> list[dict[str, Any]]:
    """The lines of a kept file."""
    return objects((KEPT / name).read_text("utf-8"))


def holds(now: dict[str, Any], then: dict[str, Any]) -> bool:
    """Whether everything that was there is there; more may be."""
    return now | then == now


# --- recordings -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_recording_gives_the_same_events(name: str, tmp_path: Path) -> None:
    out = tmp_path / "now.jsonl"
    done = moltwatch("convert", KEPT / name, out)
    assert done.returncode == 0, done.stderr
    assert "0 rejected" in done.stderr
    header, *events = objects(out.read_text("utf-8"))
    head, *kept = lines("session.jsonl")
    assert holds(header, head)
    assert header["simulated"] is True and header["title"].startswith("simulated")
    assert len(events) == len(kept)
    for now, then in zip(events, kept, strict=True):
        assert holds(now, then)
    assert Counter(event["type"] for event in events) == {
        "post": 41,
        "agent": 30,
        "heartbeat": 10,
        "vote": 5,
        "edit": 2,
        "gap": 2,
        "delete": 1,
    }
    assert [event["id"] for event in events if event["type"] == "edit"] == [
        "4e65cfb606dd",
        "hand-1",
    ]
    assert [event["id"] for event in events if event["type"] == "delete"] == ["hand-2"]
    assert [event.get("recovered", False) for event in events if event["type"] == "gap"] == [
        False,
        True,
    ]
    posts = [event for event in events if event["type"] == "post"]
    assert (posts[0]["id"], posts[-1]["id"]) == ("f379677966ba", "hand-2")
    texts = {event["id"]: event.get("text", "") for event in posts}
    assert "own the\u200bir identity" in texts["70f62d2ead8c"], "what is hidden is kept"


# --- lines on standard output ---------------------------------------------------------------------

LINES = ("flags.jsonl", "verdicts.jsonl", "retracted.jsonl")


def test_every_line_is_read_whole() -> None:
    seen: Counter[str] = Counter()
    for name in LINES:
        for line in (KEPT / name).read_bytes().splitlines():
            assert json.loads(msgspec.json.encode(decode(line))) == json.loads(line)
            seen[json.loads(line)["type"]] += 1
    assert seen == {"flagged": 21, "group": 4, "verdict": 4, "retracted": 18}


def test_lines_have_the_same_fields_in_the_same_order() -> None:
    session = KEPT / "session.jsonl"
    back = Retracted(at=parse_time("2026-02-14T18:04:41Z"), post="p", kind=Kind.PERSONA)
    written = (
        moltwatch("flags", session).stdout
        + moltwatch("flags", session, "--verdicts").stdout
        + encode(back).decode()
    )
    now = keys(objects(written))
    then = keys(line for name in LINES for line in lines(name))
    assert set(then) == {
        "flagged",
        "flagged.flags",
        "flagged.post",
        "group",
        "retracted",
        "verdict",
        "verdict.flags",
        "verdict.post",
    }
    assert now == then


def keys(lines: Iterable[dict[str, Any]]) -> dict[str, set[tuple[str, ...]]]:
    """Field names in order, of every sort of line and of what is within it."""
    found: dict[str, set[tuple[str, ...]]] = defaultdict(set)

    def look(value: object, place: str) -> None:
        if isinstance(value, dict):
            found[place].add(tuple(value))
            for key, part in value.items():
                look(part, f"{place}.{key}")
        elif isinstance(value, list):
            for part in value:
                look(part, place)

    for line in lines:
        look(line, line["type"])
    return dict(found)


def test_a_table_has_the_same_columns() -> None:
    now = moltwatch("flags", KEPT / "session.jsonl", "--format", "csv").stdout
    then = (KEPT / "flags.csv").read_text("utf-8")
    assert now.splitlines()[0] == then.splitlines()[0]


# --- opinions and pins ----------------------------------------------------------------------------


def kept(flag: FlagLine) -> Evidence:
    """A reason as 0.1.0 wrote it."""
    return evidence(
        flag.heuristic, Kind(flag.kind), flag.score, flag.reason, n=flag.n, group=flag.group
    )


def flagged_then() -> Forum:
    """The session with the verdicts of 0.1.0, which are not what is tested here."""
    events: list[Event] = [
        msgspec.json.decode(line, type=Event)
        for line in (KEPT / "session.jsonl").read_bytes().splitlines()[1:]
    ]
    posts = {event.id: event for event in events if isinstance(event, Post)}
    findings: dict[str, list[Finding]] = defaultdict(list)
    for raw in (KEPT / "flags.jsonl").read_bytes().splitlines():
        line = decode(raw)
        if isinstance(line, FlaggedLine):
            found = FlaggedPost(
                at=parse_time(line.at),
                kind=Kind(line.flags[0].kind),
                post=posts[line.post.id],
                scores=Scores(
                    persona=line.persona, coordinated=line.coordinated, hazard=line.hazard
                ),
                flags=tuple(kept(flag) for flag in line.flags),
            )
            findings[line.post.id].append(found)
    return Forum(events, dict(findings))


async def test_what_was_said_of_a_session_is_said_again(tmp_path: Path) -> None:
    state = tmp_path / "state"
    copytree(KEPT / "state", state)
    async with watching(flagged_then(), kept_in=state) as watcher:
        said: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for case in watcher.session.charges.cases:
            for charge in case.charges:
                post, kind = charge.key
                said[case.opinion.value if case.opinion else "open"].add((post, kind.value))
        dismissed = {(line["post"], line["kind"]) for line in lines("retracted.jsonl")}
        assert len(dismissed) == 18
        assert said == {
            "dismissed": dismissed,
            "confirmed": {("9f570e449bad", "hazard")},
            "open": {("cb050eb50ce2", "hazard"), ("0a25b1dbbd08", "hazard")},
        }
        assert {(post, kind.value) for post, kind in watcher.forum.dismissed} == dismissed
        assert watcher.main.triage.pinned == ["2631bb383509", "f379677966ba"]


# --- configuration --------------------------------------------------------------------------------


def test_the_defaults_that_were_printed_are_accepted_with_every_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(load(KEPT / "config.default.toml").heuristics) == 25
    text = (KEPT / "config.default.toml").read_text("utf-8")
    bare = re.sub(r"^# (?=\w+ = )", "", text, flags=re.MULTILINE)
    path = tmp_path / "config.toml"
    path.write_text(bare, "utf-8")
    config = load(path)
    arrived = arguments(config, monkeypatch)
    assert len(config.heuristics) == 25 and config.heuristics.keys() <= arrived.keys()
    assert_arrived(arrived, config.heuristics)
    assert (config.flags.min_score, config.flags.groups, config.screen.fps) == (0.5, True, 30)


def test_a_configuration_takes_effect_with_every_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with (KEPT / "config.changed.toml").open("rb") as file:
        written = tomllib.load(file)
    config = load(KEPT / "config.changed.toml")
    assert list(config.flags.kinds) == ["hazard", "persona"]
    assert (config.flags.min_score, config.flags.groups) == (0.6, False)
    assert (config.screen.theme, config.screen.fps) == ("daylight", 12)
    sections: dict[str, dict[str, Any]] = written["heuristics"]
    assert sum(map(len, sections.values())) == 109
    arrived = arguments(config, monkeypatch)
    assert sections.pop("vocabulary")["enabled"] is False and "vocabulary" not in arrived
    assert_arrived(arrived, sections)


def test_a_configuration_says_what_flags_writes() -> None:
    told = ("flags", KEPT / "session.jsonl", "--config", KEPT / "config.changed.toml")
    written = objects(moltwatch(*told).stdout)
    kinds = {line["flags"][0]["kind"] for line in written}
    assert "hazard" in kinds and "coordinated" not in kinds
    swarm = objects(moltwatch(*told, "--kind", "coordinated").stdout)
    assert {line["type"] for line in swarm} == {"flagged"}, "groups are switched off"


def arguments(config: Config, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """What the constructor of each heuristic was given."""
    given: dict[str, dict[str, Any]] = {}

    def watched(cls: type[Heuristic], made: Callable[..., None]) -> Callable[..., None]:
        @wraps(made)
        def init(self: Heuristic, **keys: Any) -> None:
            given[cls.name] = keys
            made(self, **keys)

        return init

    with monkeypatch.context() as patched:
        for cls in registry.available().values():
            patched.setattr(cls, "__init__", watched(cls, cls.__init__))
        registry.build(config.heuristics)
    return given


def assert_arrived(arrived: dict[str, dict[str, Any]], sections: dict[str, dict[str, Any]]) -> None:
    for name, section in sections.items():
        wanted = {key: value for key, value in section.items() if key != "enabled"}
        assert arrived[name] == wanted, name


# --- mapping --------------------------------------------------------------------------------------


def test_a_mapping_makes_the_same_events_of_frames() -> None:
    done = moltwatch("sources", "try", KEPT / "mapping.toml", KEPT / "frames.jsonl")
    assert done.returncode == 0, done.stderr
    made, kept = objects(done.stdout), lines("events.jsonl")
    assert len(made) == len(kept)
    for now, then in zip(made, kept, strict=True):
        assert holds(now, then)


OWN = ("gap", "heartbeat")
"""What a source says by itself."""


async def test_a_mapping_speaks_to_a_server_as_it_did(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[object] = []

    async def server(websocket: ServerConnection) -> None:
        heard.append(json.loads(await websocket.recv()))
        rooms, *rest = (KEPT / "frames.jsonl").read_text("utf-8").splitlines()
        await websocket.send(rooms)
        heard.append(json.loads(await websocket.recv()))
        heard.append(json.loads(await websocket.recv()))
        for frame in rest:
            await websocket.send(frame)
        await websocket.send('{"type": "no", "why": "closed for the night"}')
        await websocket.wait_closed()
        refused.set()

    monkeypatch.setenv("REEF_KEY", "not-a-real-key")
    refused = asyncio.Event()
    seen: list[Event] = []
    async with websocket_server(server) as url:
        source = await open_source(f"json+{url}?map={KEPT / 'mapping.toml'}", Opening(tries=1))

        async def watch() -> None:
            async for batch in source.batches():
                seen.extend(batch)

        watching = asyncio.create_task(watch())
        async with asyncio.timeout(20):
            await refused.wait()
            while source.status.state is not State.FAILED:  # noqa: ASYNC110  (it is polled)
                await asyncio.sleep(0)
        assert "closed for the night" in source.status.detail
        watching.cancel()
        await asyncio.wait([watching])
        await source.close()
    assert heard == [
        {"type": "hello", "key": "not-a-real-key", "number": "1"},
        {"type": "join", "room": "general"},
        {"type": "join", "room": "tooling"},
    ]
    made = [event for event in map(msgspec.to_builtins, seen) if event["type"] not in OWN]
    kept = lines("events.jsonl")
    assert len(made) == len(kept)
    for now, then in zip(made, kept, strict=True):
        assert holds(now, then)


# --- theme ----------------------------------------------------------------------------------------


async def test_a_theme_of_the_users_own_colours_the_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    own = tmp_path / "moltwatch" / "themes" / "own.toml"
    own.parent.mkdir(parents=True)
    copyfile(KEPT / "theme.toml", own)
    file = tomllib.loads(own.read_text("utf-8"))
    async with watching(flagged_then(), theme="own") as watcher:
        shown = watcher.app.current_theme
    assert (shown.name, shown.dark) == ("own", file["dark"])
    for key, color in file["colors"].items():
        assert getattr(shown, key) == color, key
    for key, ink in file["moltwatch"].items():
        if key != "voices":
            assert shown.variables[f"style-{key}"] == ink, key
    voices = [shown.variables[f"style-voice-{n}"] for n in range(6)]
    assert voices == file["moltwatch"]["voices"]
