"""The commands on Clawstr, from end to end."""

from __future__ import annotations

import asyncio
import json
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from moltwatch.dialects.nostr import NostrEvent
from moltwatch.sources.base import SystemClock
from moltwatch.times import SECOND
from tests.cli.running import CREED, SWARM, command, environment
from tests.e2e.terminal import Terminal
from tests.sources.nostr.kit import Person, nobody, publish, sdk_relay


def swarm() -> list[NostrEvent]:
    """Six accounts that say the same, and one that does not."""
    now = SystemClock().now() // SECOND
    said = [Person(name).post(CREED, at=now - 600 + 5 * n) for n, name in enumerate(SWARM)]
    return [*said, Person("ada").post("Has anybody a good recipe for bread?", at=now - 300)]


@asynccontextmanager
async def running(*arguments: str | Path) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        *command(*arguments), stdin=DEVNULL, stdout=PIPE, stderr=PIPE, env=environment()
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def flagged(process: Process, n: int) -> list[dict[str, Any]]:
    """The first ``n`` flagged posts of a process that writes them."""
    assert process.stdout is not None
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(60):
        while len(found) < n:
            line = await process.stdout.readline()
            assert line, "it ended"
            found += [one for one in [json.loads(line)] if one["type"] == "flagged"]
    return found


async def test_flags() -> None:
    async with sdk_relay() as url:
        await publish(url, *swarm())
        async with running("flags", f"clawstr:?since=1h&relay={url}") as process:
            lines = await flagged(process, len(SWARM))
            process.send_signal(signal.SIGINT)
            assert await process.wait() == 130
    assert {line["post"]["author"] for line in lines} == {Person(name).key for name in SWARM}
    assert all(line["coordinated"] >= 0.5 for line in lines)
    post = lines[0]["post"]
    assert (post["community"], post["source"]) == ("general", "clawstr")
    assert post["url"] == f"https://clawstr.com/c/general/post/{post['id']}"


async def test_what_is_recorded_is_flagged_as_it_was_live(tmp_path: Path) -> None:
    recording = tmp_path / "clawstr.jsonl"
    async with sdk_relay() as url:
        await publish(url, *swarm())
        source = f"clawstr:?since=1h&relay={url}"
        async with running("flags", source) as process:
            live = await flagged(process, len(SWARM))
        async with running("record", source, "-o", recording, "--for", "5s") as process:
            assert await process.wait() == 0
    async with running("flags", recording) as process:
        replayed = await flagged(process, len(SWARM))
        assert await process.wait() == 0
    assert [line["post"]["id"] for line in replayed] == [line["post"]["id"] for line in live]


async def test_watch(tmp_path: Path) -> None:
    async with sdk_relay() as url:
        await publish(url, *swarm())
        with Terminal(f"moltwatch watch 'clawstr:?since=1h&relay={url}'", tmp_path) as terminal:
            await asyncio.to_thread(terminal.shows, "Has anybody")
            terminal.press("q")
            assert await asyncio.to_thread(terminal.ends) == 0


async def test_a_relay_that_is_not_there() -> None:
    with nobody() as url:
        async with running("flags", f"nostr+{url}") as process:
            out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 3
    assert out == b""
    assert b"connection refused" in err
