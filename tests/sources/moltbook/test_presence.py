"""Moltbook by polling: a server that goes and comes back, that refuses, or that has moved."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from werkzeug import Request, Response

from moltwatch.errors import SourceUnreachable
from moltwatch.model import Gap
from moltwatch.sources.base import State
from moltwatch.sources.live.failures import Backoff
from moltwatch.sources.merge import merge
from moltwatch.sources.moltbook.source import MoltbookSource
from tests.sources.fakes import settle
from tests.sources.live.test_trying_again import Endless, first_post
from tests.sources.moltbook.kit import Clock, Watch, forum, more, watching
from tests.sources.moltbook.server import Forum, faulty, says, serving_alone


async def test_killed_and_restarted() -> None:
    there, clock = forum(), Clock()
    with serving_alone(there) as base:
        port = int(base.split(":")[2].split("/")[0])
        source = MoltbookSource(base, clock=clock, backoff=Backoff(draw=lambda: 1.0))
        watch = Watch(source, clock)
        await watch.until(lambda: len(watch.ids()) >= 6)
    stopped = clock.now()
    more(there, 30, clock.seconds + 1)
    there.comment("c4", clock.seconds + 1, "p1")
    states: list[tuple[State, str]] = []
    restarted = []

    def note() -> None:
        states.append((source.status.state, source.status.detail))

    def restart() -> None:
        restarted.append(serving_alone(there, port))
        restarted[0].__enter__()

    clock.chores += [note, note, note, note, restart]
    try:
        await watch.until(lambda: "c4" in watch.ids() and len(watch.ids()) >= 37)
    finally:
        restarted[0].__exit__(None, None, None)
        await source.close()
    assert len(set(watch.ids())) == len(watch.ids()) == 37
    (gap,) = watch.of(Gap)
    assert gap.recovered
    assert gap.reason == "connection refused"
    assert gap.since <= stopped <= gap.until
    assert (State.RECONNECTING, "connection refused") in states


async def test_a_server_that_is_not_there() -> None:
    with serving_alone(Forum()) as base:
        pass
    source = MoltbookSource(base, clock=Clock(), backoff=Backoff(draw=lambda: 1.0))
    with pytest.raises(SourceUnreachable, match="connection refused"):
        await anext(source.batches())
    assert source.status.state is State.FAILED
    await source.close()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (says(401, error="No token", code="UNAUTHORIZED", hint="x"), "wants a key.*No token"),
        (says(403, error="no"), "403"),
        (says(404, error="no"), "404"),
        (says(500, error="boom"), "500"),
        (says(301, {"Location": "https://www.else.example/\x1b[2J"}), "sends us on to"),
        (Response("<html>Just a moment", 503), "503"),
    ],
)
async def test_forbidden_moved_or_broken(answer: Response, words: str) -> None:
    there = forum(faults=[faulty(answer)])
    with pytest.raises(SourceUnreachable, match=words) as error:
        async with watching(there) as watch:
            await watch.until(lambda: False)
    assert "\x1b" not in str(error.value)


async def test_refused_at_first_it_is_tried_again_beside_another() -> None:
    there = forum(faults=[faulty(says(401, error="No token", code="UNAUTHORIZED"), times=1)])
    async with watching(there) as watch:
        merged = merge([watch.source, Endless()])
        found = asyncio.create_task(first_post(merged))
        async with asyncio.timeout(30):
            while not merged.try_again():
                await settle(1)
        assert await found in ("p1", "p2", "p3")
        assert watch.source.status.state is State.POLLING
        await merged.close()


async def test_forbidden_later_is_waited_for() -> None:
    there = forum()
    async with watching(there) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        there.faults.append(faulty(says(401, error="hm"), times=3))
        there.post("p4", watch.clock.seconds)
        await watch.until(lambda: "p4" in watch.ids())


def _sent(requests: Sequence[Request]) -> set[str | None]:
    return {request.headers.get("Authorization") for request in requests}


async def test_the_key_goes_to_its_server_and_not_across_a_redirect() -> None:
    key = "-".join(("not", "a", "real", "key"))
    there, elsewhere = forum(), Forum()
    async with watching(there, key=key) as watch:
        await watch.until(lambda: len(watch.ids()) >= 6)
        assert _sent(there.asked) == {f"Bearer {key}"}
        with serving_alone(elsewhere) as other:
            there.faults.append(faulty(says(307, {"Location": other + "/posts"}), times=8))
            there.post("p4", watch.clock.seconds)
            await watch.until(lambda: "p4" in watch.ids())
        assert not elsewhere.asked
        assert key not in repr(watch.events) + repr(watch.source.status)
