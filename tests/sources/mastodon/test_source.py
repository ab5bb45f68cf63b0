"""Mastodon against a real server, which is killed and started again, and against some that lie."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from moltwatch.errors import SourceUnreachable
from moltwatch.model import Delete, Edit, Event, Gap, Post
from moltwatch.sources.base import State, SystemClock
from moltwatch.sources.grammar import open_source
from moltwatch.sources.live.failures import Backoff
from moltwatch.sources.mastodon import MOST_GONE, MastodonSource, stream_address
from moltwatch.sources.registry import Opening
from tests.sources.fakes import FakeClock
from tests.sources.mastodon.test_feed import frame, status
from tests.sources.servers import forum, gaps, ids, says

pytest.importorskip("mastodon_mock")

from tests.sources.mastodon.kit import TOKEN, Server


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASTODON_ACCESS_TOKEN", TOKEN)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server, which takes seconds to start: one for all."""
    running = Server(tmp_path_factory.mktemp("mastodon"))
    running.start()
    yield running
    running.kill()


class Watching:
    """Reads a source in the background, and waits for what it brings."""

    def __init__(self, source: MastodonSource) -> None:
        self.source = source
        self.events: list[Event] = []
        self._news = asyncio.Condition()
        self._task = asyncio.create_task(self._read())

    async def until(self, wanted: Any) -> None:
        async with asyncio.timeout(60), self._news:
            await self._news.wait_for(lambda: wanted(self.events) or self._task.done())
        assert wanted(self.events), self._task

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.source.close()

    async def _read(self) -> None:
        # A short heartbeat tells that a connection stands before anything is said.
        async for batch in self.source.batches():
            async with self._news:
                self.events += batch
                self._news.notify_all()


def watch(text: str) -> Watching:
    source = MastodonSource(
        stream_address(text.partition("+")[2]),
        clock=SystemClock(),
        backoff=Backoff(0.05, 0.2),
        heartbeat=0.1,
    )
    return Watching(source)


def has(*wanted: str) -> Any:
    return lambda events: set(wanted) <= set(ids(events))


def anything(events: Sequence[Event]) -> bool:
    return bool(events)


async def test_posts_replies_edits_and_deletes(server: Server) -> None:
    watching = watch(server.stream)
    await watching.until(anything)
    root = await server.say("hello <there> & all\n\nsecond paragraph #reef")
    reply = await server.say("and back", in_reply_to_id=root)
    await server.change(reply, "and back, better")
    await server.delete(root)
    await watching.until(lambda events: any(isinstance(event, Delete) for event in events))
    await watching.close()
    found = {event.id: event for event in watching.events if isinstance(event, Post)}
    assert found[root].author == "ada"
    assert found[root].text == "hello <there> & all\n\nsecond paragraph #reef"
    assert found[root].community == "reef"
    assert (found[reply].thread, found[reply].parent) == (root, root)
    assert [event.text for event in watching.events if isinstance(event, Edit)] == [
        "and back, better"
    ]


@pytest.mark.slow
async def test_killed_under_load_nothing_is_lost_and_nothing_comes_twice(server: Server) -> None:
    watching = watch(server.stream)
    await watching.until(anything)
    said = [await server.say(f"before {number}") for number in range(10)]
    await watching.until(has(said[0]))
    server.kill()
    await asyncio.to_thread(server.start)
    # Those of the first second come over REST, and some of them again over the stream.
    said += [await server.say(f"after {number}") for number in range(60)]
    await watching.until(has(*said))
    await watching.close()
    assert ids(watching.events) == said
    (gap,) = gaps(watching.events)
    assert (gap.recovered, gap.reason) == (True, "connection lost")


async def test_a_hashtag(server: Server) -> None:
    watching = watch(f"{server.stream}?tag=reef")
    await watching.until(anything)
    await server.say("something else")
    tagged = await server.say("look at this #reef")
    await watching.until(has(tagged))
    await watching.close()
    assert ids(watching.events) == [tagged]


async def test_a_thread_entered_in_the_middle_is_fetched_from_its_root(server: Server) -> None:
    root = await server.say("the root")
    middle = await server.say("the middle", in_reply_to_id=root)
    watching = watch(server.stream)
    await watching.until(anything)
    last = await server.say("the last", in_reply_to_id=middle)
    await watching.until(has(last))
    await watching.close()
    posts = [event for event in watching.events if isinstance(event, Post)]
    assert [(post.id, post.thread) for post in posts] == [
        (root, root),
        (middle, root),
        (last, root),
    ]


async def test_a_timeline_that_cannot_be_had_leaves_a_gap_and_says_so() -> None:
    """A server without REST: a bare websocket that drops."""
    count = 0

    async def drops(websocket: ServerConnection) -> None:
        nonlocal count
        count += 1
        await says(frame("update", status(str(count))), code=1012)(websocket)

    async with forum(drops) as url:
        watching = watch(f"mastodon+{url}")
        await watching.until(has("1", "2"))
        await watching.close()
    assert ids(watching.events)[:2] == ["1", "2"]
    assert {gap.recovered for gap in gaps(watching.events)} == {False}


async def test_a_timeline_is_read_back_to_what_was_there_and_deletions_are_looked_up() -> None:
    """Forty posts a page whatever is asked for; one was deleted, one came late, one is hidden."""
    before = [status(f"{n}", created_at="2023-11-14T01:00:00Z") for n in range(100, 160)]
    seen = [status(f"{n}") for n in (200, 201, 202)]
    late = status("190", created_at="2023-11-14T20:00:00Z")
    there: list[dict[str, Any]] = list(before)
    asked: list[str] = []
    looked = asyncio.Event()
    count = 0

    def rest(websocket: ServerConnection, request: Request) -> Response | None:
        path, _, query = request.path.partition("?")
        if path.endswith("/streaming"):
            return None
        asked.append(path)
        looked.set()
        if path.endswith(("/201", "/202")):
            return websocket.respond(404 if path.endswith("/201") else 200, "{}")
        params = dict(parse_qsl(query))
        below, since = int(params.get("max_id", 10**9)), int(params.get("since_id", 0))
        newest = sorted(there, key=lambda one: -int(one["id"]))
        page = [one for one in newest if since < int(one["id"]) < below][:40]
        return websocket.respond(200, json.dumps(page))

    async def drops(websocket: ServerConnection) -> None:
        nonlocal count
        count += 1
        if count == 1:
            await looked.wait()
            there[:] = [*before, seen[0], late, status("203")]
            await says(*(frame("update", one) for one in seen), code=1012)(websocket)
        else:
            await says(frame("update", status("204")))(websocket)

    async with forum(drops, process_request=rest) as url:
        options: dict[str, Any] = {"clock": FakeClock(), "backoff": Backoff(draw=lambda: 1.0)}
        source = MastodonSource(stream_address(url), **options)
        events: list[Event] = []
        async for batch in source.batches():
            events += batch
            if "204" in ids(events):
                break
        await source.close()
    assert ids(events) == ["200", "201", "202", "190", "203", "204"]
    assert [(gap.recovered, gap.reason) for gap in gaps(events)] == [
        (True, "closed by the server (1012)")
    ]
    assert [event.id for event in events if isinstance(event, Delete)] == ["201"]
    assert sum("timelines" in path for path in asked) == 2, "no more than is needed"


async def test_more_deletions_than_are_looked_up_leave_the_gap_open() -> None:
    there = [status(f"{n}", created_at="2023-11-14T01:00:00Z") for n in range(100, 120)]
    seen = [status(f"{n}") for n in range(200, 201 + MOST_GONE)]
    looked = asyncio.Event()
    scenes = iter([(seen, 1012), ([status("300")], 1000)])

    def rest(websocket: ServerConnection, request: Request) -> Response | None:
        path, _, query = request.path.partition("?")
        if path.endswith("/streaming"):
            return None
        looked.set()
        if "timelines" not in path:
            return websocket.respond(404, "{}")
        below = int(dict(parse_qsl(query)).get("max_id", 10**9))
        return websocket.respond(
            200, json.dumps([one for one in reversed(there) if int(one["id"]) < below])
        )

    async def drops(websocket: ServerConnection) -> None:
        await looked.wait()
        said, code = next(scenes)
        await says(*(frame("update", one) for one in said), code=code)(websocket)

    async with forum(drops, process_request=rest) as url:
        options: dict[str, Any] = {"clock": FakeClock(), "backoff": Backoff(draw=lambda: 1.0)}
        source = MastodonSource(stream_address(url), **options)
        events: list[Event] = []
        async for batch in source.batches():
            events += batch
            if "300" in ids(events):
                break
        await source.close()
    assert sum(isinstance(event, Delete) for event in events) == MOST_GONE
    assert [(gap.recovered, gap.reason) for gap in gaps(events)] == [
        (False, "closed by the server (1012); deletions may be missing")
    ]


async def test_without_a_key_it_says_which_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MASTODON_ACCESS_TOKEN", raising=False)

    def refuse(websocket: ServerConnection, request: Request) -> Response:
        return websocket.respond(401, "no")

    async with forum(says(), process_request=refuse) as url:
        source = await open_source(f"mastodon+{url}", Opening(clock=FakeClock()))
        with pytest.raises(SourceUnreachable, match="set MASTODON_ACCESS_TOKEN"):
            async for _ in source.batches():
                pass
        await source.close()


async def test_the_key_goes_in_a_header_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASTODON_ACCESS_TOKEN", TOKEN)
    elsewhere: list[str] = []
    asked: list[Request] = []

    def note(websocket: ServerConnection, request: Request) -> None:
        elsewhere.append(request.path)

    async with forum(says(), process_request=note) as other:

        def redirect(websocket: ServerConnection, request: Request) -> Response:
            asked.append(request)
            response = websocket.respond(301, "there")
            response.headers["Location"] = f"{other}/api/v1/streaming"
            return response

        async with forum(says(), process_request=redirect) as url:
            source = await open_source(f"mastodon+{url}", Opening(clock=FakeClock()))
            with pytest.raises(SourceUnreachable, match="HTTP 301") as error:
                async for _ in source.batches():
                    pass
            await source.close()
    assert elsewhere == []
    assert asked[0].headers["Authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in asked[0].path
    assert TOKEN not in str(error.value)
    assert source.status.state is State.FAILED


async def test_a_flood_of_garbage_between_posts() -> None:
    garbage: list[str | bytes] = [
        "",
        "[]",
        "{" * 5_000,
        json.dumps({"event": "update", "payload": "\ud800"}),
        b"\xff",
    ]
    good = [frame("update", status(str(number))) for number in range(1, 6)]
    mixed = [each for pair in zip(good, garbage, strict=True) for each in pair]
    async with forum(says(*mixed)) as url:
        watching = watch(f"mastodon+{url}")
        await watching.until(has("1", "2", "3", "4", "5"))
        await watching.close()
    assert watching.source.status.rejects.total >= len(garbage)
    assert not [event for event in watching.events if isinstance(event, Gap) and event.recovered]
