"""Moltbook, by polling: there is no feed to listen to.

The thin shell round :class:`~.planner.Planner`, which decides what to ask,
:class:`~.client.Limits`, which decides when, and :class:`~.news.News`, which tells what of an
answer is new.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from urllib.parse import quote

from msgspec import structs

from moltwatch.dialects.api_objects import events_from
from moltwatch.dialects.fields import Origin
from moltwatch.errors import SourceUnreachable
from moltwatch.model import Event, Heartbeat, Post
from moltwatch.sources.base import Clock, State, Status
from moltwatch.sources.live.failures import Backoff, Failure
from moltwatch.sources.live.feed import believed
from moltwatch.sources.live.source import Retrying
from moltwatch.sources.live.web import Answer, NoAnswer
from moltwatch.sources.moltbook.address import BASE, HOST, key_for, key_hint, short_name, understand
from moltwatch.sources.moltbook.client import Client, Limits
from moltwatch.sources.moltbook.news import News, release
from moltwatch.sources.moltbook.planner import Planner
from moltwatch.sources.moltbook.wire import (
    Ask,
    Page,
    Refusal,
    Request,
    can_ask_for,
    read_answer,
)
from moltwatch.sources.registry import Opening, SourceSpec
from moltwatch.times import DAY, MINUTE, SECOND, Micros

HEARTBEAT: Micros = 15 * SECOND
"""Silence after which time is said to go on."""

HOLD: Micros = 10 * SECOND
"""How long what has come is held back, at most, for other answers to be put in order with it."""

HISTORY: Micros = 7 * DAY
"""What the first look shows counts as seen when it was written, but as no older than this."""


class MoltbookSource(Retrying):
    """One Moltbook server, or one submolt of it.

    ``base``: the address that ends in ``/api/v1``. ``key``: sent to that host and nowhere else;
    redirects are not followed. ``tries``: how often the first look is tried before
    :class:`SourceUnreachable`; None: for ever. Once it has answered it is always for ever.
    ``patience``: seconds an answer may take in all. ``limits``: how often the server may be asked.
    """

    def __init__(
        self,
        base: str = BASE,
        *,
        clock: Clock,
        submolt: str | None = None,
        key: str | None = None,
        key_hint: str = "",
        spec: str = "",
        tries: int | None = 4,
        backoff: Backoff | None = None,
        limits: Limits | None = None,
        patience: float = 30.0,
    ) -> None:
        super().__init__()
        self.base = base.rstrip("/")
        self.spec = spec or base
        self.planner = Planner(short_name(base, submolt), submolt=submolt)
        self.status = Status(name=short_name(base, submolt))
        self._submolt = submolt
        self._client = Client(self.base, key=key, key_hint=key_hint, patience=patience)
        self._clock = clock
        self._tries = tries
        self._backoff = backoff or Backoff(first=1.0, most=120.0)
        self.limits = limits or Limits()
        self._news = News()
        self._held: list[Event] = []
        self._held_since: Micros = 0
        self._reached: Micros | None = None
        """Time of the last event released."""
        self._failing = ""
        """Why the last request brought nothing; empty if it brought something."""
        self._answered = False
        self._began: Micros | None = None
        """When the newest post of the first look was written, by the server's clock."""

    async def batches(self) -> AsyncIterator[Sequence[Event]]:
        while True:
            now = self._clock.now()
            request = self.planner.next(now)
            if request is None:
                wake = self.planner.due
            else:
                wake = self.limits.free_at(now, first=request.ask is Ask.NEW)
                if request.ask is not Ask.NEW and wake > now:
                    wake = min(wake, max(self.planner.due, now + 1))
            if request is not None and wake <= now:
                await self._ask(request)
                if self._clock.now() - self._held_since < HOLD:
                    continue
            self._held += self.planner.report(self._clock.now())
            if wake > now:
                self._show(wake, request)
            if events := self._release():
                yield events
            if wake > now:
                await self._clock.sleep((wake - now) / SECOND)

    @property
    def catching_up(self) -> bool:
        return self._reached is None and not self._failing and self.status.state is not State.FAILED

    def owed(self) -> Sequence[Event]:
        self._held += self.planner.end(self._clock.now())
        return self._release()

    async def close(self) -> None:
        await self._client.close()

    # --- one request ------------------------------------------------------------------------------

    async def _ask(self, request: Request) -> None:
        self.limits.spend(self._clock.now())
        try:
            answer = await self._client.get(request)
        except NoAnswer as error:
            self._lost(request, error.failure)
        else:
            self.limits.heed(answer.headers, self._clock.now())
            self._take(request, answer)

    # --- answers ----------------------------------------------------------------------------------

    def _take(self, request: Request, answer: Answer) -> None:
        """Whatever came."""
        now = self._clock.now()
        if answer.status == 304 and self._client.tag_of(request):
            self._good()
            self._hold(self.planner.unchanged(request, now))
            return
        if answer.status != 200:
            failure = self._client.explain(answer)
            if failure.retry_after is not None or answer.status == 429:
                self._lost(request, failure, limited=answer.status == 429)
            else:
                # A page that says 404 comes from something in front of the forum, not from it.
                known = answer.status != 404 or "json" in answer.headers.get("Content-Type", "")
                self._refused(request, answer.status if known else 0, failure)
            return
        page = read_answer(answer.body)
        if isinstance(page, Refusal):
            self.status.rejects.add("an error answer, not data", request.path)
            words = f": {page.words}" if page.words else ""
            self._refused(request, 500, Failure(reason=f"the server reports an error{words}"))
            return
        self._good()
        if request.ask is not Ask.SURVEY:  # "nothing new" does not say where its next page is
            self._client.remember(request, answer)
        self._hold(self._read(request, page, now))

    def _read(self, request: Request, page: Page, now: Micros) -> list[Event]:
        """What is new on a page; the planner is told."""
        source = self.status.name
        events = events_from(
            page.value,
            Origin(source=source, now=now),
            self.status.rejects,
            thread=request.thread,
            where=request.path,
        )
        posts = [event for event in events if isinstance(event, Post)]
        foreign = {post.id for post in posts if self._is_foreign(post)}
        if request.ask is Ask.NEW and self._began is None:
            self._began = max((min(post.created_at, now) for post in posts), default=None)
        # A post without a time of its own has that of its arrival.
        recent = {
            post.id
            for post in posts
            if self._began is not None and self._began < post.created_at < now
        }
        page = structs.replace(
            page,
            listed=tuple(
                structs.replace(item, ours=item.id not in foreign, recent=item.id in recent)
                for item in page.listed
            ),
        )
        unwanted = foreign
        if request.ask is Ask.SURVEY:
            # What is older than our watch is told of when it moves, not as if it were new.
            unwanted = foreign | {
                post.id for post in posts if post.id not in recent and not self._news.knows(post.id)
            }
        ours = (event for event in events if not (isinstance(event, Post) and event.id in unwanted))
        news = [self._finished(event, now) for event in self._news.take(ours)]
        news += self._news.gone(page.deleted, now, source)
        fresh = [event for event in news if isinstance(event, Post)]
        self.planner.want_roots(post.thread for post in fresh if not self._news.knows(post.thread))
        match request.ask:
            case Ask.NEW:
                oldest = min((post.created_at for post in posts), default=None)
                in_order = _in_order(page, posts, now)
                return [*self.planner.took_new(page, oldest, now, in_order=in_order), *news]
            case Ask.SURVEY:
                self.planner.took_survey(page, now)
            case Ask.COMMENTS | Ask.POST:
                theirs = {post.id for post in posts if post.thread == request.thread != post.id}
                new = sum(post.id in theirs for post in fresh)
                given = theirs.difference(page.deleted)
                self.planner.took_thread(request, page, now, given=given, new=new)
        return news

    def _is_foreign(self, post: Post) -> bool:
        """A server may not know how to choose a submolt, and answer with everything."""
        return (
            self._submolt is not None
            and post.community is not None
            and post.community.casefold() != self._submolt.casefold()
        )

    def _finished(self, event: Event, now: Micros) -> Event:
        """A post dated no later than now, and with its address, which the public server does not
        tell."""
        if not isinstance(event, Post):
            return event
        event = believed(event, now)
        if self.base == BASE and event.is_root and event.url is None:
            address = f"https://{HOST}/post/{quote(event.id, safe='')}"
            return structs.replace(event, url=address) if can_ask_for(event.id) else event
        return event

    # --- failures ---------------------------------------------------------------------------------

    def _refused(self, request: Request, status: int, failure: Failure) -> None:
        """The server answered, and not with what was asked for."""
        now = self._clock.now()
        if request.ask is not Ask.NEW or request.page > 1:
            self._hold(self.planner.refused(request, status, failure.reason, now))
        elif not self.planner.other_way(status, now):
            self._lost(request, failure)

    def _lost(self, request: Request, failure: Failure, *, limited: bool = False) -> None:
        """Nothing to go on with: stay away for a while, then ask again."""
        tries = self._backoff.tries + 1
        hopeless = failure.fatal or (self._tries is not None and tries >= self._tries)
        if not self._answered and hopeless:
            self._failure = failure
            self.status.say(State.FAILED, failure.reason)
            raise SourceUnreachable(f"{self.status.name}: {failure.reason}")
        self._failing = failure.reason
        reason = "rate-limited" if limited else failure.reason
        self._hold(self.planner.lost(request, reason, self._clock.now(), limited=limited))
        until = self._clock.now() + round(self._backoff.next(failure.retry_after) * SECOND)
        self.limits.block(until)
        if self._answered and self.status.lost_at is None:
            self.status.lost_at = self._clock.now()
        waiting = State.RECONNECTING if self._answered else State.CONNECTING
        self.status.say(State.RATE_LIMITED if limited else waiting, failure.reason)

    def _good(self) -> None:
        self._answered, self._failing, self.status.lost_at = True, "", None
        self._backoff.reset()

    # --- events out, status -----------------------------------------------------------------------

    def _hold(self, events: Sequence[Event]) -> None:
        if events and not self._held:
            self._held_since = self._clock.now()
        self._held += events

    def _release(self) -> list[Event]:
        """What was held, in order; a heartbeat when it has been quiet and nothing is wrong."""
        now = self._clock.now()
        reached = now - HISTORY if self._reached is None else self._reached
        events = release(self._held, reached, now)
        self._held = []
        # Between two looks nothing is known: time goes on to the last of them and no further, or
        # what the next brings could not be put where it belongs.
        if not events and self.planner.read_at - reached >= HEARTBEAT:
            events = [Heartbeat(seen_at=self.planner.read_at, source=self.status.name)]
        if events:
            self._reached = events[-1].seen_at
        self.status.count(events)
        return events

    def _show(self, wake: Micros, request: Request | None) -> None:
        """What the status line says while nothing is asked."""
        if self._failing:
            self.status.until = wake
        elif request is not None and request.ask is Ask.NEW:
            limit = f"{self.limits.per_minute:g} requests a minute"
            self.status.say(State.RATE_LIMITED, f"used up {limit}", wake)
        else:
            self.status.say(State.POLLING, self.planner.words(), self.planner.due)


DISORDER: Micros = MINUTE
"""By how much a post may be newer than the one above it on a list of the newest first."""


def _in_order(page: Page, posts: Sequence[Post], now: Micros) -> bool:
    """Whether a list shows the newest first. Pinned posts stand above it; where a time is that of
    arrival, or is none yet, it says nothing."""
    pinned = {item.id for item in page.listed if item.pinned}
    times = [
        post.created_at
        for post in posts
        if post.is_root and post.created_at < now and post.id not in pinned
    ]
    return all(below <= above + DISORDER for above, below in pairwise(times))


def open_spec(spec: SourceSpec, opening: Opening) -> MoltbookSource:
    """Make the source of ``moltbook:``, ``moltbook:SUBMOLT``, ``moltbook+http://HOST/api/v1`` or
    ``moltbook+https://…``; with an address, a submolt stands behind a ``#``."""
    base, submolt = understand(spec.scheme, spec.rest)
    limits = opening.shared.setdefault(f"limits of {base}", Limits())
    assert isinstance(limits, Limits)
    key = key_for(base)
    return MoltbookSource(
        base,
        submolt=submolt,
        key=key,
        key_hint=key_hint(base, key),
        spec=spec.text,
        limits=limits,
        **opening.connecting,
    )
