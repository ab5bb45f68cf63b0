"""Everything goes wrong that can, one thing after another, while many write to a real relay: what
it has taken is in the recording or lies inside a gap that is told, and what was flagged live is
what its recording gives.

The breaks and their order are drawn. ``MOLTWATCH_CHAOS_SEED=N`` repeats those of a run that failed,
which prints its seed.
"""

from __future__ import annotations

import asyncio
import io
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random, SystemRandom

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from moltwatch.cli.wiring import Run, open_run
from moltwatch.config import Config
from moltwatch.jsonl import JsonFormat
from moltwatch.model import Event, Finding, Gap, Post
from moltwatch.outputs.selection import Selection
from moltwatch.outputs.stdout import LineSink
from moltwatch.recording.opening import open_recording
from moltwatch.sources.base import SystemClock
from moltwatch.sources.registry import Opening
from moltwatch.times import SECOND, Micros
from tests.cli.running import CREED, SWARM, command, environment
from tests.e2e.proxy import Proxy
from tests.e2e.test_live_equals_replay import flags
from tests.sources.nostr.kit import Person, RelayProcess, publish_over
from tests.sources.servers import text_frame

EXTRA = 3
"""Breaks drawn beside one of each kind."""

MOST_POSTS = 24
"""Written during one break, at most."""

NOBODY_SAYS = (
    "no JSON", "{", "null", "[]", "[" * 400, '["EVENT"]', '["EVENT","live",{}]', '["EVENT",1,2,3]',
    '["EVENT","live",{"id":{"id":[]},"kind":1e999}]', '["EOSE","nothing"]', '["OK",null,"\\ud800"]',
    '["EVENT","live",{"id":"00","pubkey":"00","created_at":-1,"kind":1111,"tags":[[]],"sig":""}]',
)  # fmt: skip


class Hasty(SystemClock):
    """Waits are short, so that more breaks have room; the time is real, as the relay's is."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(min(seconds, 0.05))


class ForgetfulRelay(RelayProcess):
    """One whose store is gone with it."""

    async def kill(self) -> None:
        await super().kill()
        for file in self.folder.glob("relay.sqlite3*"):
            file.unlink()


class Writer:
    """Writes numbered posts straight to the relay, each until it is taken."""

    def __init__(self, url: str) -> None:
        self.taken: dict[str, tuple[Micros, Micros]] = {}
        """Ids of posts, each with when it was first sent and when the relay said that it has it."""
        self._url = url
        self._people = [Person(name) for name in (*SWARM, *(f"crab{n}" for n in range(9)))]
        self._connection: ClientConnection | None = None
        self._clock = SystemClock()
        self._news = asyncio.Condition()

    async def write(self, posts: int) -> None:
        for _ in range(posts):
            await self._write(len(self.taken) + 1)

    async def reaches(self, posts: int) -> None:
        async with self._news:
            await self._news.wait_for(lambda: len(self.taken) >= posts)

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()

    async def _write(self, number: int) -> None:
        author = self._people[number % len(self._people)]
        text = CREED if author.name in SWARM else f"Thought {number} of {author.name}."
        begun = self._clock.now()
        post = author.post(f"{text} ({number})", at=begun // SECOND)
        while True:
            try:
                if self._connection is None:
                    self._connection = await connect(self._url, proxy=None)
                await publish_over(self._connection, post)
                break
            except (OSError, WebSocketException):
                self._connection = None
                await asyncio.sleep(0.05)  # the relay is a process of its own and cannot tell us
        async with self._news:
            self.taken[post.id] = begun, self._clock.now()
            self._news.notify_all()


class Seen:
    """A sink that tells when a post has come."""

    def __init__(self) -> None:
        self.posts: set[str] = set()
        self._news = asyncio.Event()

    def take(self, event: Event, findings: Sequence[Finding]) -> None:
        if isinstance(event, Post):
            self.posts.add(event.id)
            self._news.set()

    def finish(self, findings: Sequence[Finding]) -> None: ...

    async def has(self, id: str) -> None:
        while id not in self.posts:
            self._news.clear()
            await self._news.wait()


class Recorder:
    """``moltwatch record``, which is killed and started again with a new file."""

    def __init__(self, relay: str, folder: Path) -> None:
        self.files: list[Path] = []
        self._spec = f"clawstr:?relay={relay}&since=2m"
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self.files.append(self._folder / f"recorded-{len(self.files)}.jsonl")
        self._process = await asyncio.create_subprocess_exec(
            *command("record", self._spec, "-o", self.files[-1]),
            env=environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )

    async def end(self, how: signal.Signals) -> int:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(how)
        return await self._process.wait()

    async def has(self, id: str = "") -> None:
        """That post is in the file; without one, whatever is."""
        file = self.files[-1]
        while not file.exists() or id.encode() not in file.read_bytes():
            assert self._process is not None and self._process.returncode is None
            await asyncio.sleep(0.05)  # a process of its own cannot tell us


class Chaos:
    """All that takes part, and what can happen to it. While a break lasts, posts are written."""

    def __init__(
        self, rng: Random, relay: RelayProcess, writer: Writer, proxies: Sequence[Proxy]
    ) -> None:
        self.rng = rng
        self.relay = relay
        self.writer = writer
        self.proxies = proxies
        self.recorder: Recorder | None = None

    async def happen(self, break_: Callable[[], Awaitable[None]]) -> None:
        """Somebody is connected and posts are coming when it breaks."""
        await self.proxies[0].connected.wait()
        before, posts = len(self.writer.taken), self.rng.randint(4, MOST_POSTS)
        at = self.rng.randint(1, posts - 1)
        writing = asyncio.create_task(self.writer.write(posts))
        await self.writer.reaches(before + at)
        await break_()
        await writing

    async def kill_the_relay(self) -> None:
        await self.relay.kill()
        await self.relay.start()

    async def kill_the_relay_in_a_stall(self) -> None:
        """What it has taken last is told to nobody."""
        await self._held()
        await self.relay.kill()
        await self.cut()
        await self.relay.start()

    async def cut(self) -> None:
        for proxy in self.proxies:
            proxy.cut()

    async def cut_in_a_frame(self) -> None:
        for proxy in self.proxies:
            proxy.cut_in_a_frame()

    async def stall(self) -> None:
        await self._held()
        for proxy in self.proxies:
            proxy.flow()

    async def stall_and_cut(self) -> None:
        await self._held()
        await self.cut()

    async def garble(self) -> None:
        for proxy in self.proxies:
            proxy.garble(self.rng)

    async def say_nonsense(self) -> None:
        for text in self.rng.sample(NOBODY_SAYS, 4):
            for proxy in self.proxies:
                proxy.say(text_frame(text.ljust(200)))

    async def kill_the_recorder(self) -> None:
        assert self.recorder is not None
        await self.recorder.end(signal.SIGKILL)
        await self.writer.write(self.rng.randint(1, 5))
        await self.recorder.start()
        # It gives up where it is cut off several times before it ever heard anything.
        await self.recorder.has()

    async def _held(self) -> None:
        for proxy in self.proxies:
            proxy.hold()
        await self.writer.write(self.rng.randint(1, 10))

    async def run(self) -> None:
        """One break of each kind and some more, in any order."""
        kinds = [self.kill_the_relay, self.kill_the_relay_in_a_stall, self.cut, self.cut_in_a_frame]
        kinds += [self.stall, self.stall_and_cut, self.garble, self.say_nonsense]
        if self.recorder is not None:
            kinds.append(self.kill_the_recorder)
        breaks = [*kinds, *self.rng.choices(kinds, k=EXTRA)]
        self.rng.shuffle(breaks)
        print("breaks:", ", ".join(each.__name__ for each in breaks))
        for each in breaks:
            await self.happen(each)


@asynccontextmanager
async def chaos(relay: RelayProcess) -> AsyncIterator[Chaos]:
    seed = int(os.environ.get("MOLTWATCH_CHAOS_SEED") or SystemRandom().randrange(1 << 32))
    print(f"MOLTWATCH_CHAOS_SEED={seed}")
    async with AsyncExitStack() as ends:
        ends.push_async_callback(relay.kill)
        await relay.start()
        writer = Writer(relay.url)
        ends.push_async_callback(writer.close)
        proxies = [Proxy(relay.port), Proxy(relay.port)]
        for proxy in proxies:
            await proxy.start()
            ends.push_async_callback(proxy.close)
        yield Chaos(Random(seed), relay, writer, proxies)


async def watching(proxy: Proxy, file: Path, out: io.BytesIO, seen: Seen) -> Run:
    """What ``moltwatch flags --record`` does, with short waits."""
    return await open_run(
        [f"clawstr:?relay=ws://127.0.0.1:{proxy.port}"],
        Opening(clock=Hasty()),
        config=Config(),
        sinks=[seen, LineSink(out, JsonFormat(), Selection(verdicts=True))],
        record=file,
        verdicts=True,
    )


async def kept(file: Path) -> list[Event]:
    reader = await open_recording(file, now=SystemClock().now())
    try:
        return [event async for batch in reader.batches() for event in batch]
    finally:
        await reader.close()


def missing(taken: dict[str, tuple[Micros, Micros]], events: Iterable[Event]) -> dict[int, float]:
    """The posts that are neither there nor inside a gap: their numbers, and seconds before now."""
    posts = {event.id for event in events if isinstance(event, Post)}
    gaps = [event for event in events if isinstance(event, Gap) and not event.recovered]
    now = SystemClock().now()
    return {
        number: (now - sent) / SECOND
        for number, (id, (sent, done)) in enumerate(taken.items(), 1)
        if id not in posts and not any(gap.since <= done and sent <= gap.until for gap in gaps)
    }


def assert_none_twice_and_none_invented(writer: Writer, events: Iterable[Event]) -> None:
    ids = Counter(event.id for event in events if isinstance(event, Post))
    assert set(ids.values()) <= {1} and set(ids) <= set(writer.taken)


async def through_chaos(scene: Chaos, file: Path) -> list[Event]:
    """What is in the recording of a watcher that lives through it all; what it said while it did
    is what the recording says."""
    out, seen = io.BytesIO(), Seen()
    run = await watching(scene.proxies[0], file, out, seen)
    watching_ = asyncio.create_task(run.pipeline.run())
    try:
        await scene.proxies[0].connected.wait()
        while not seen.posts:
            await scene.writer.write(1)
        if scene.recorder is not None:
            await scene.recorder.has()
        await scene.run()
        await scene.writer.write(1)
        last = list(scene.writer.taken)[-1]
        await seen.has(last)
        if scene.recorder is not None:
            await scene.recorder.has(last)
    finally:
        watching_.cancel()
        await asyncio.gather(watching_, return_exceptions=True)
    live = out.getvalue().splitlines()
    assert len(live) > 20, "a comparison of nothing proves nothing"
    assert live == await flags(str(file), verdicts=True)
    assert run.rejects.total, "nonsense is counted"
    events = await kept(file)
    assert_none_twice_and_none_invented(scene.writer, events)
    return events


async def test_a_relay_that_keeps_what_it_was_given(tmp_path: Path) -> None:
    async with asyncio.timeout(120), chaos(RelayProcess(tmp_path)) as scene:
        scene.recorder = Recorder(f"ws://127.0.0.1:{scene.proxies[1].port}", tmp_path)
        await scene.recorder.start()
        try:
            events = await through_chaos(scene, tmp_path / "live.jsonl")
            assert await scene.recorder.end(signal.SIGINT) == 130
        finally:
            await scene.recorder.end(signal.SIGKILL)
        taken = scene.writer.taken
        assert not missing(taken, events)
        assert all(gap.recovered for gap in events if isinstance(gap, Gap)), "all was given back"
        recorded = [await kept(file) for file in scene.recorder.files]
        for each in recorded:
            assert_none_twice_and_none_invented(scene.writer, each)
        assert not missing(taken, recorded[-1]), "its past reaches back to the beginning"


@pytest.mark.slow
async def test_a_relay_that_forgets(tmp_path: Path) -> None:
    async with asyncio.timeout(120), chaos(ForgetfulRelay(tmp_path)) as scene:
        events = await through_chaos(scene, tmp_path / "live.jsonl")
        assert not missing(scene.writer.taken, events)
        assert any(isinstance(gap, Gap) and not gap.recovered for gap in events)
