"""A server is killed in the middle of a frame while many write, twice, and started again: whatever
the protocol can give back is in the recording, and nothing is in it twice.

The same with servers that run as programs: Nostr relays in ``tests/sources/nostr/test_relays.py``,
Mastodon in ``tests/sources/mastodon/test_source.py``, the forum websocket in
``tests/outputs/forum/test_serve.py``; Moltbook, which is asked rather than listened to, in
``tests/sources/moltbook/test_presence.py``.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from moltwatch.cli.wiring import open_run
from moltwatch.config import Config
from moltwatch.model import Event, Finding, Post
from moltwatch.sources.registry import Opening
from tests.e2e.tide import KINDS, Tide
from tests.sources.fakes import T0, FakeClock

MAPPING = """
source = "reef"
replays = true
[[event]]
fields = { id = "PLACE.id", author = "PLACE.who", text = "PLACE.text" }
"""


class Patient(FakeClock):
    """Waits for the server as long as it takes."""

    def __init__(self, tide: Tide) -> None:
        super().__init__(T0)
        self._tide = tide

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        await self._tide.up.wait()


class Count:
    """A sink that tells when so many posts have come."""

    def __init__(self) -> None:
        self.posts = 0
        self.last = ""
        self._news = asyncio.Event()

    def take(self, event: Event, findings: Sequence[Finding]) -> None:
        if isinstance(event, Post):
            self.posts += 1
            self.last = event.id.rpartition("/")[2]
            self._news.set()

    def finish(self, findings: Sequence[Finding]) -> None: ...

    async def reaches(self, number: int) -> None:
        """Post ``number`` has come."""
        while not self.last or int(self.last) < number:
            self._news.clear()
            await self._news.wait()


def spec(tide: Tide, folder: Path) -> str:
    host = f"127.0.0.1:{tide.port}"
    mapping = folder / "reef.toml"
    mapping.write_text(MAPPING.replace("PLACE", "data" if tide.kind == "json" else "data.data"))
    return {
        "json": f"json+ws://{host}?map={mapping}",
        "jetstream": f"jetstream:?host={host}",
        "mastodon": f"mastodon+ws://{host}",
        "sse": f"sse+http://{host}/events?map={mapping}",
        "chat": f"sse+http://{host}/events?map=chatr",
    }[tide.kind]


@pytest.mark.parametrize("make", KINDS)
async def test_nothing_that_can_be_had_is_lost_and_nothing_comes_twice(
    make: type[Tide], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MASTODON_ACCESS_TOKEN", raising=False)
    tide, count, file = make(), Count(), tmp_path / "kept.jsonl"
    run = await open_run(
        [spec(tide, tmp_path)],
        Opening(clock=Patient(tide)),
        config=Config(),
        sinks=[count],
        record=file,
        watch=False,
    )
    await tide.start()
    async with asyncio.timeout(60):
        task = asyncio.create_task(run.pipeline.run())
        unheard = 0
        for _ in range(3):
            await tide.listening.wait()
            await tide.say(80)
            # Some have come and some are on their way: killed now.
            await count.reaches(tide.said - 60)
            await tide.kill()
            await tide.say(20)
            unheard += 20
            await tide.start()
        await tide.listening.wait()
        await tide.say(40)
        await count.reaches(tide.said)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await tide.kill()

    kept = [json.loads(line) for line in file.read_text().splitlines()]
    numbers = [int(e["id"].rpartition("/")[2]) for e in kept if e["type"] == "post"]
    gaps = [event for event in kept if event["type"] == "gap"]
    assert numbers == sorted(set(numbers)), "none twice, in order"
    assert len(gaps) == run.source.status.gaps == 3
    assert {gap.get("recovered", False) for gap in gaps} == {tide.remembers}
    if tide.remembers:
        assert numbers == list(range(1, tide.said + 1)), "none lost"
    else:
        assert numbers[-40:] == list(range(tide.said - 39, tide.said + 1))
        assert len(numbers) <= tide.said - unheard
    assert not run.rejects
