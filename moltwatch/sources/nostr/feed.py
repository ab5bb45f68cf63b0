"""One Nostr relay, followed over any number of connections. No I/O and no clock.

Two subscriptions carry the forum. ``live`` has no ``since``, so that nothing an author's slow clock
dated back gets lost; ``past`` fetches what was written before, at the start if asked to and after
every broken connection, from a minute before the break. While it lasts, both are kept back, then
given out in order of writing. ``bios`` looks up the profiles of those who post, ``posts`` what they
answer; :mod:`.questions` knows for how long an answer is waited for.

A relay that refuses filters by tags (in a ``NOTICE`` that does not say what it is about) is asked
for whole kinds, and the choice is made here.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence

from moltwatch.dialects.nostr import (
    DELETION,
    PROFILE,
    REACTION,
    NostrEvent,
    Note,
    Reading,
    read_event,
    verify,
)
from moltwatch.errors import BadItem, Rejects
from moltwatch.model import Event
from moltwatch.sources.live.failures import Refused, TurnedAway
from moltwatch.sources.live.feed import Feed
from moltwatch.sources.live.thread_roots import Lookup
from moltwatch.sources.nostr.book import Book
from moltwatch.sources.nostr.protocol import (
    Answer,
    Challenge,
    Closed,
    EndOfStored,
    Notice,
    Scope,
    Stored,
    close,
    read_relay_frame,
    request,
)
from moltwatch.sources.nostr.questions import History, Login, Questions
from moltwatch.text import display_line
from moltwatch.times import SECOND, Micros

LIVE, PAST, BIOS, POSTS = "live", "past", "bios", "posts"
LOGIN = "login"

OVERLAP: Micros = 60 * SECOND
"""How much of what was already heard is asked for again, because clocks differ."""

BEAT: Micros = 15 * SECOND
"""Silence after which time is said to go on."""


class RelayFeed(Feed):
    """What one relay tells. ``name`` is short, for its gaps; ``url`` is what a login is for;
    ``since`` is where its past is to begin, None for now."""

    def __init__(
        self,
        scope: Scope,
        book: Book,
        *,
        name: str,
        url: str,
        rejects: Rejects,
        since: Micros | None = None,
        draw_key: Callable[[], bytes] = lambda: secrets.token_bytes(32),
    ) -> None:
        super().__init__(name, rejects)
        self._scope = scope
        self._book = book
        self._horizon = since
        """What is older is none of ours, unless somebody answers it."""
        self._since = since
        """Where the past that is still to be read begins."""
        self._history: History | None = None
        self._held: dict[str, Reading] = {}
        """What came while the past was being read."""
        self._newest: Micros | None = None
        """Time of the newest event; what is dated tomorrow counts as of now."""
        self._heard_at: Micros = 0
        self._plain = False
        self._questions = Questions()
        self._login = Login(url, draw_key)
        self._authors = Lookup()
        self._posts = Lookup()
        if since is not None:
            book.expect_history(self, since)

    # --- what to say ------------------------------------------------------------------------------

    def opening(self) -> Sequence[bytes]:
        self.notice = ""
        self._questions.forget()
        self._login.reset()
        self._subscribe()
        return self.answers()

    def answers(self) -> Sequence[bytes]:
        return self._questions.take()

    def _subscribe(self) -> None:
        # A limit, because without one a relay sends its whole store; not 0, which some take for
        # no limit.
        live = self._scope.everything(plain=self._plain)
        self._questions.ask(LIVE, request(LIVE, [{**one, "limit": 1} for one in live]))
        if self._since is not None:
            scope, plain = self._scope, self._plain
            filters = [scope.posts(plain=plain), scope.votes(plain=plain)]
            self._history = History(self._since // SECOND, filters)
            self._questions.ask(PAST, request(PAST, [self._history.page()]))

    def _look_up(self) -> None:
        """Ask for profiles and posts, if the last such question has been answered."""
        if self._login.wanted:
            return
        if BIOS not in self._questions and (batch := self._authors.next(self._book.has_profile)):
            self._questions.ask(BIOS, request(BIOS, [{"kinds": [PROFILE], "authors": batch}]))
        if POSTS not in self._questions and (batch := self._posts.next(self._book.has_post)):
            self._questions.ask(POSTS, request(POSTS, [{"ids": batch}]))

    # --- what happens to the connection -----------------------------------------------------------

    def lost(self, reason: str, *, skip: bool = False) -> None:
        if skip:
            self._since = None
            self._past.spoil()
        elif self._past.heard and self._since is None:
            newest = self._heard_at if self._newest is None else self._newest
            self._since = max(0, min(newest, self._heard_at) - OVERLAP)
        self._past.lost(reason)
        if self._book.alive and not self._past.begun:
            self._book.history_done(self)  # the others do not wait for one that may never come
        self._history = None
        self._questions.forget()

    def give_up(self, now: Micros) -> list[Event]:
        """What is left to say when it will not be tried again."""
        return self._read_past(now, complete=False)

    def quiet(self, now: Micros) -> list[Event]:
        """Nothing came for a while: time goes on, and patience ends."""
        if not self._past.heard:
            return self._tick(now)
        self._witness(now)
        return [*self._tick(now), *self._book.beat(BEAT, self._scope.source, now)]

    def receive(self, data: bytes, now: Micros) -> list[Event]:
        """Take a frame. Raises Refused or TurnedAway when the relay will not serve us."""
        self._heard()
        self._book.alive = True
        self._heard_at = now
        if self._horizon is None:
            self._horizon = now - OVERLAP
        events: list[Event] = []
        if self._past.broken and self._history is None:
            events += self._past.mend(now, recovered=False)
        self._witness(now)
        try:
            events += self._take(data, now)
        except BadItem as error:
            self._reject(str(error))
        return events + self._tick(now)

    @property
    def _where(self) -> str:
        return f"{self.source}, {super()._where}"

    def _witness(self, now: Micros) -> None:
        """Nothing was missed up to now, unless a gap is still open."""
        if not self._past.broken:
            self._past.advance(now)

    def _take(self, data: bytes, now: Micros) -> list[Event]:
        match read_relay_frame(data):
            case Stored() as stored:
                return self._event(stored.subscription, stored.event, now)
            case EndOfStored() as end:
                return self._answered(end.subscription, now)
            case Closed() as closed:
                return self._closed(closed, now)
            case Notice() as notice:
                self._read_notice(notice.text, now)
            case Challenge() as challenge:
                self._login.challenge = challenge.challenge
                if self._login.wanted:
                    self._log_in(now)
            case Answer() as answer if self._login.accepted(answer):
                self._questions.close(LOGIN)
                self._subscribe()
        return []

    # --- events -----------------------------------------------------------------------------------

    def _event(self, subscription: str, event: NostrEvent, now: Micros) -> list[Event]:
        if subscription == PAST and self._history and self._history.saw(event):
            self._questions.goes_on(PAST)
        if not self._concerns_us(subscription, event):
            return []
        if self._book.knows(event.id) or event.id in self._held:
            self._authors.want(event.pubkey)
            return []
        verify(event)
        reading = read_event(event)
        self._newest = max(self._newest or 0, min(reading.created_at, now))
        if isinstance(reading, Note):
            self._authors.want(event.pubkey)
            for id in {reading.parent, reading.root} - {None, event.id}:
                assert id is not None
                self._posts.want(id)
        if self._history and subscription in (LIVE, PAST):
            self._held[event.id] = reading
            return []
        return self._give([reading], now)

    def _concerns_us(self, subscription: str, event: NostrEvent) -> bool:
        if subscription == POSTS:
            return self._posts.asked_for(event.id)
        if subscription == BIOS:
            return event.kind == PROFILE and self._authors.asked_for(event.pubkey)
        stored = subscription == PAST or LIVE in self._questions
        if stored and self._horizon is not None and event.created_at < self._horizon // SECOND:
            return False
        if event.kind in (REACTION, DELETION):
            # Those of strangers' posts are the bulk of a large relay; no signature is checked.
            return self._history is not None or self._book.may_concern(event.values("e"))
        return self._scope.wants(event) or (event.kind == PROFILE and bool(self._scope.profiles))

    def _give(self, readings: Iterable[Reading], now: Micros) -> list[Event]:
        return self._book.take(readings, self._scope.source, now)

    def _read_past(self, now: Micros, *, complete: bool) -> list[Event]:
        """The past has been read as far as it goes; what was kept back is given out."""
        self._history = self._since = None
        held, self._held = self._held, {}
        gap = self._past.mend(now, recovered=complete)
        events = self._give(held.values(), now)
        self._book.history_done(self)
        events += self._book.open(now)
        # Between the last event of the past and the present nobody wrote, as far as it was heard.
        beat = self._book.beat(1, self._scope.source, now) if self._past.begun else []
        return [*gap, *events, *beat]

    # --- answers ----------------------------------------------------------------------------------

    def _answered(self, subscription: str, now: Micros) -> list[Event]:
        """All that is stored has been sent."""
        if not self._questions.close(subscription) or subscription == LIVE:
            return []
        if subscription == PAST and self._history and self._history.turn():
            self._questions.ask(PAST, request(PAST, [self._history.page()]))
            return []
        self._questions.say(close(subscription))
        if subscription == PAST and self._history:
            return self._read_past(now, complete=self._history.complete)
        return []

    def _closed(self, closed: Closed, now: Micros) -> list[Event]:
        if closed.subscription != LIVE and closed.subscription not in self._questions:
            return []  # we closed it ourselves
        sort = closed.reason.partition(":")[0]
        words = display_line(closed.reason, 200)
        if sort in ("auth-required", "restricted") and not self._login.done:
            self._want_login(now)
        elif sort in ("auth-required", "restricted", "blocked"):
            raise Refused(f"it refuses us: {words}")
        elif closed.subscription in (BIOS, POSTS):
            self._questions.close(closed.subscription)
        elif sort in ("rate-limited", "error", "shutdown") or self._plain:
            raise TurnedAway(f"it ended our subscription: {words or 'no reason given'}")
        else:
            self._fall_back()
        return []

    def _read_notice(self, text: str, now: Micros) -> None:
        self.notice = display_line(text, 200)
        if text.startswith(("auth-required", "restricted")):
            if self._login.done and LIVE in self._questions:
                raise Refused(f"it refuses us: {self.notice}")
            self._want_login(now)
        elif LIVE in self._questions and not self._plain and not self._login.wanted:
            self._fall_back()

    def _fall_back(self) -> None:
        self._plain = True
        self.notice = "it takes no filters by tags; choosing here"
        self._subscribe()

    def _want_login(self, now: Micros) -> None:
        if not (self._login.wanted or self._login.done):
            self._login.wanted = True
            self._questions.only(LOGIN, now)
            if self._login.challenge is not None:
                self._log_in(now)

    def _log_in(self, now: Micros) -> None:
        self._questions.say(self._login.frame(now))

    # --- time -------------------------------------------------------------------------------------

    def _tick(self, now: Micros) -> list[Event]:
        events: list[Event] = []
        for subscription in self._questions.overdue(now):
            events += self._overdue(subscription, now)
        self._look_up()
        return [*events, *self._book.open(now), *self._book.release(now)]

    def _overdue(self, subscription: str, now: Micros) -> list[Event]:
        """It does not answer: go on without."""
        if subscription == LOGIN and self._login.sent is None:
            raise Refused("it wants us to log in, and does not say how")
        if subscription == LOGIN:
            self._login.take_for_done()
            self._subscribe()
            return []
        if subscription == LIVE:
            return []
        self._questions.say(close(subscription))
        return self._read_past(now, complete=False) if subscription == PAST else []
