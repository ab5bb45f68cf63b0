"""What is fuzzed: each parser with inputs that are well, and what it may raise."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from moltwatch.config import annotated, parse
from moltwatch.dialects.mapped import read_mapping
from moltwatch.errors import MoltwatchError, Rejects
from moltwatch.intake import Intake
from moltwatch.paths import shipped
from moltwatch.recording.opening import open_recording
from moltwatch.session.filter import compile_filter
from moltwatch.sources.base import Status
from moltwatch.sources.bluesky import JetstreamFeed
from moltwatch.sources.forum.source import Follower
from moltwatch.sources.live.failures import Refused, TurnedAway
from moltwatch.sources.live.feed import Feed
from moltwatch.sources.mapped.feed import MappedFeed
from moltwatch.sources.mapped.source import load_mapping, presets
from moltwatch.sources.mapped.sse import SseParser, read_frames
from moltwatch.sources.mastodon import MastodonFeed
from moltwatch.sources.moltbook.wire import read_answer, read_refusal
from moltwatch.sources.nostr.book import Book
from moltwatch.sources.nostr.feed import RelayFeed
from moltwatch.sources.nostr.protocol import clawstr, nostr
from moltwatch.times import SECOND
from tests.sources.fakes import T0

SHARED = Path(__file__).parents[3] / "shared"
"""Real frames and files, where they are at hand."""


@dataclass(frozen=True)
class Target:
    """One parser."""

    name: str
    run: Callable[[bytes], object]
    seeds: Callable[[], Sequence[bytes]]
    may_raise: tuple[type[Exception], ...] = ()
    """What it says is wrong."""


def _lines(*texts: str) -> list[bytes]:
    return [text.encode() for text in texts]


def _shared(*patterns: str, split: bool = False) -> Iterator[bytes]:
    """Real inputs: the first lines of a file, each of them or all."""
    for pattern in patterns:
        for path in sorted(SHARED.glob(pattern)):
            data = path.read_bytes()[:20_000]
            if split:
                yield from data.splitlines()[:20]
            else:
                yield data


# --- frames of live sources -----------------------------------------------------------------------


def _fed(make: Callable[[], Feed], ends: bytes = b"\n\n") -> Callable[[bytes], None]:
    """Gives the frames in the bytes to a feed, in two connections; the events pass the intake."""

    def run(data: bytes) -> None:
        feed, intake, now = make(), Intake(), T0
        for frame in data.split(ends):
            now += SECOND
            if now == T0 + 3 * SECOND:
                feed.lost("broken")
                list(feed.opening())
            intake.admit(feed.receive(frame, now))
        intake.admit(feed.give_up(now + SECOND))

    return run


def _relay() -> Feed:
    feed = RelayFeed(clawstr(), Book(), name="relay", url="ws://relay", rejects=Rejects())
    list(feed.opening())
    return feed


def _whole_relay() -> Feed:
    feed = RelayFeed(
        nostr("relay"), Book(), name="relay", url="ws://relay", rejects=Rejects(), since=T0
    )
    list(feed.opening())
    return feed


def _nostr_seeds() -> Sequence[bytes]:
    from tests.sources.nostr.fake_relay import REPLY, ROOT, live
    from tests.sources.nostr.kit import frame

    told = [live(ROOT), live(REPLY), frame("EOSE", "live"), frame("NOTICE", "rate-limited: slow")]
    told += [frame("CLOSED", "live", "auth-required: who?"), frame("AUTH", "challenge")]
    return [b"\n\n".join(told), *told, *_shared("wire/nostr/*.txt", split=True)]


def _forum_seeds() -> Sequence[bytes]:
    post = (
        '{"type":"post","id":"1","thread":"1","author":"ada","text":"hello",'
        '"created_at":"2026-01-31T05:00:00Z","seen_at":"2026-01-31T05:00:01Z"}'
    )
    said = _lines(
        '{"type":"welcome","version":1,"cursor":"7","resumed":true,"missed":0}',
        f'{{"type":"events","cursor":"8","events":[{post}]}}',
        post,
        '{"type":"heartbeat","at":"2026-01-31T05:00:02Z"}',
        '{"type":"error","message":"no"}',
        '{"type":"end"}',
        '{"id":"9","author":{"name":"bob"},"content":"hi","created_at":"2026-01-31T05:00:00Z"}',
    )
    return [b"\n\n".join(said), *said]


def _mastodon_seeds() -> Sequence[bytes]:
    status = (
        '{\\"id\\":\\"7\\",\\"created_at\\":\\"2026-01-31T05:00:00Z\\",\\"content\\":\\"<p>hi</p>\\",'
        '\\"in_reply_to_id\\":null,\\"account\\":{\\"acct\\":\\"ada\\",\\"note\\":\\"<b>x</b>\\"},'
        '\\"tags\\":[{\\"name\\":\\"ai\\"}]}'
    )
    said = _lines(
        f'{{"stream":["public"],"event":"update","payload":"{status}"}}',
        '{"stream":["public"],"event":"delete","payload":"7"}',
        f'{{"stream":["public"],"event":"status.update","payload":"{status}"}}',
        '{"error":"no","status":503}',
    )
    return [b"\n\n".join(said), *said, *_shared("wire/mastodon/*.json")]


def _jetstream_seeds() -> Sequence[bytes]:
    said = _lines(
        '{"did":"did:plc:abc","time_us":1769835600000000,"kind":"commit","commit":{"rev":"1",'
        '"operation":"create","collection":"app.bsky.feed.post","rkey":"3k","cid":"b","record":'
        '{"text":"hi","createdAt":"2026-01-31T05:00:00Z","langs":["en"],"reply":{"root":{"uri":'
        '"at://did:plc:abc/app.bsky.feed.post/1"},"parent":{"uri":'
        '"at://did:plc:abc/app.bsky.feed.post/2"}}}}}',
        '{"did":"did:plc:abc","time_us":1769835600000001,"kind":"identity","identity":{"handle":"a"}}',
    )
    return [b"\n\n".join(said), *said, *_shared("wire/jetstream/*.jsonl", split=True)]


_MAPPED = _lines(
    '{"type":"event","event":"session.message","seq":4,"payload":{"sessionKey":"main","message":'
    '{"id":"9","role":"user","content":[{"type":"text","text":"hello"}],"timestamp":1769835600000}}}',
    '{"type":"post_created","id":4,"feed_name":"ai","content":"hi","author_name":"ada",'
    '"created_at":"2026-11-22 11:30:49","data":{"id":1,"post_id":4,"author_name":"bob"}}',
    '{"event":"comment_created","data":{"id":7,"post_id":4,"author_name":"bob","content":"yes",'
    '"created_at":"2026-11-22 11:31:49"}}',
    '{"type":"message","data":{"id":"1","agentId":"x","agentName":"ada","content":"hi"}}',
)


def _mapped(name: str) -> Callable[[], Feed]:
    mapping = load_mapping(name)
    return lambda: MappedFeed(Status(name="mapped"), mapping, "no-key")


def _sse(data: bytes) -> None:
    for at in (1, len(data) // 2 or 1):
        parser = SseParser()
        for begin in range(0, len(data), at if at > 1 else 7):
            parser.feed(data[begin : begin + (at if at > 1 else 7)])
    read_frames(data)


_SSE = _lines(
    'id: 1\nevent: message\ndata: {"a": 1}\n\n: heartbeat\n\ndata: x\ndata: y\n\n',
    "\ufeffretry: 100\r\nid: 2\r\nevent: stats\r\ndata\r\n\r\n",
)


# --- files, filters, configuration ----------------------------------------------------------------


def _file(suffix: str) -> Callable[[bytes], None]:
    async def read(path: Path) -> None:
        reader = await open_recording(path, now=T0)
        try:
            intake = Intake()
            async for events in reader.batches():
                intake.admit(events)
            await reader.span()
        finally:
            await reader.close()

    def run(data: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"input{suffix}"
            path.write_bytes(data)
            asyncio.run(read(path))

    return run


@cache
def _recording_seeds() -> Sequence[bytes]:
    import gzip

    whole = gzip.decompress((shipped("recordings") / "first-look.jsonl.gz").read_bytes())
    return [b"\n".join(whole.splitlines()[:12]), b"\n".join(whole.splitlines()[40:60])]


def _dump_seeds() -> Sequence[bytes]:
    post = '{"id":"1","title":"t","content":"c","author":{"name":"ada"},"created_at":"2026-01-31"}'
    own = _lines(
        f'{{"success":true,"posts":[{post},{post}],"has_more":false}}',
        f"[{post}]",
        f'{{"columns":["id","author","content"],"rows":[["1","ada","hi"]],"x":{post}}}',
        'id,author,content,created_at\n1,ada,"a\nb",2026-01-31\n2,bob,c,2026-01-31T05:00:00Z\n',
        "id;author;text\n1;ada;hi\n",
    )
    real = _shared("cases/*/*.json", "cases/*/*.jsonl", "cases/*/*.csv", "wire/moltbook/*.json")
    return [*own, *real]


@cache
def _packed_seeds() -> Sequence[bytes]:
    import gzip

    import zstandard

    plain = _recording_seeds()[0]
    return [gzip.compress(plain), zstandard.ZstdCompressor().compress(plain)]


@cache
def _molt_seeds() -> Sequence[bytes]:
    from moltwatch.dialects.lines import Header, read_own
    from moltwatch.recording.opening import create_recording

    async def write(path: Path) -> None:
        events = [event for event in map(read_own, _recording_seeds()[0].splitlines()) if event]
        writer = await create_recording(path, Header())
        await writer.write(events)
        await writer.close()

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seed.molt"
        asyncio.run(write(path))
        return [path.read_bytes()]


def _answer(body: bytes) -> None:
    read_answer(body)
    read_refusal(body)


def _text(run: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda data: run(data.decode("utf-8", "surrogateescape"))


_FILTERS = _lines(
    'swarm "exact phrase" (a or b) not c -d author:name author:~part',
    "title:part text~/a.b/ persona>0.7 kind:comment has:link after:2026-01-31T05:00",
)


def targets() -> list[Target]:
    """All of them."""
    fed = (Refused, TurnedAway)
    own = (MoltwatchError,)
    return [
        Target("clawstr", _fed(_relay), _nostr_seeds, fed),
        Target("nostr", _fed(_whole_relay), _nostr_seeds, fed),
        Target("forum", _fed(lambda: Follower("forum", rejects=Rejects())), _forum_seeds, fed),
        Target("mastodon", _fed(lambda: MastodonFeed(Status(name="m"))), _mastodon_seeds, fed),
        Target("jetstream", _fed(lambda: JetstreamFeed(Status(name="j"))), _jetstream_seeds, fed),
        *(
            Target(name, _fed(_mapped(name)), lambda: [b"\n\n".join(_MAPPED), *_MAPPED], fed)
            for name in presets()
        ),
        Target("sse", _sse, lambda: _SSE, own),
        Target("moltbook", _answer, _dump_seeds),
        Target("lines", _file(".jsonl"), _recording_seeds, own),
        Target("dumps", _file(".json"), _dump_seeds, own),
        Target("packed", _file(".jsonl.gz"), _packed_seeds, own),
        Target("molt", _file(".molt"), _molt_seeds, own),
        Target(
            "filter",
            _text(lambda text: compile_filter(text, everywhere=True, kept={"name": "a or b"})),
            lambda: _FILTERS,
            own,
        ),
        Target(
            "mapping",
            lambda data: read_mapping(data, "own.toml"),
            lambda: [path.read_bytes() for path in presets().values()],
            own,
        ),
        Target(
            "configuration", _text(parse), lambda: [annotated().replace("# ", "").encode()], own
        ),
    ]
