"""One Nostr relay, followed over any number of connections. No I/O and no clock.

Two subscriptions carry the forum. ``live`` has no ``since``, so that nothing an author's slow clock
dated back gets lost; ``past`` fetches what was written before, at the start if asked to and after
every broken connection, from a minute before the break. While it lasts, both are kept back, then
given out in order of writing. ``bios`` looks up the profiles of those who post, ``posts`` what they
answer; :mod:`.questions` knows for how long an answer is waited for.

A relay that refuses filters by tags (in a ``NOTICE`` that does not say what it is about) is asked
for whole kinds, and the choice is made here.

That the past was read whole rests on :mod:`.history` and on one thing more: what a relay told of
before, live or stored, must be among what it now gives. One that finds nothing by the question it
is asked says so with the same ``EOSE`` as one where nothing is.
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
from moltwatch.model import Event, Gap
from moltwatch.sources.live.failures import Refused, TurnedAway
from moltwatch.sources.live.feed import Feed
from moltwatch.sources.live.thread_roots import Lookup
from moltwatch.sources.nostr.book import Book
from moltwatch.sources.nostr.history import KEY, History, Manners, Told, Unread, Want
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
from moltwatch.sources.nostr.questions import Login, Questions
from moltwatch.text import display_line
from moltwatch.times import MINUTE, SECOND, Micros

LIVE, PAST, BIOS, POSTS = "live", "past", "bios", "posts"
VOTES = "votes"
LOGIN = "login"

OVERLAP: Micros = 60 * SECOND
"""How much of what was already heard is asked for again, because clocks differ."""

SETTLED: Micros = 10 * SECOND
"""An event so much older than the question was stored when it was asked; a later one may have come
live."""

LONGEST_READING: Micros = 10 * MINUTE
"""How long the past is read at most: meanwhile what comes live is kept back, and a relay can be as
slow as it likes."""

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
        self._stored_before: Micros | None = None
        """What was written before this was stored when it was asked last what there is; None until
        the time is told."""
        self._manners = Manners()
        self._told = {POSTS: Told(), VOTES: Told()}
        self._plain = False
        self._questions = Questions()
        self._leaving: Refused | TurnedAway | None = None
        """Why it serves us no more, where the same frame brought something: that is told first."""
        self._login = Login(url, draw_key)
        self._authors = Lookup()
        self._posts = Lookup()
        if since is not None:
            book.expect_history(self, since)

    # --- what to say ------------------------------------------------------------------------------

    def opening(self) -> Sequence[bytes]:
        self.notice = ""
        self._leaving = None
        self._questions.forget()
        self._login.reset()
        self._subscribe()
        return self.answers()

    def answers(self) -> Sequence[bytes]:
        """What to send now. Raises what :meth:`receive` could not, because it had something to
        tell."""
        if self._leaving is not None:
            raise self._leaving
        return self._questions.take()

    def _subscribe(self) -> None:
        # A limit, because without one a relay sends its whole store; not 0, which some take for
        # no limit.
        self._stored_before = None
        live = self._scope.everything(plain=self._plain)
        self._questions.ask(LIVE, request(LIVE, [{**one, "limit": 1} for one in live]))
        if self._since is not None:
            scope, plain, since = self._scope, self._plain, self._since // SECOND
            wants = [
                Want(what, filter, begin := told.reach(since), told.after(begin))
                for what, filter, told in (
                    (POSTS, scope.posts(plain=plain), self._told[POSTS]),
                    (VOTES, scope.votes(plain=plain), self._told[VOTES]),
                )
            ]
            self._history = History(wants, self._manners)
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

    def absent(self, since: Micros, reason: str) -> None:
        """What was written since then is fetched when it is there at last."""
        if self._since is None and not self._past.begun:
            self._since = self._horizon = since
        super().absent(since if self._since is None else self._since, reason)

    def stay_away(self, reason: str) -> None:
        if self._since is None and self._past.begun:
            self._since = max(0, self._heard_at - OVERLAP)
        super().stay_away(reason)

    def give_up(self, now: Micros) -> list[Event]:
        """What is left to say when it will not be tried again."""
        events: list[Event] = []
        if self._history is not None or self._since is not None or self._past.broken:
            events = self._read_past(now, "its past was not read to the end")
        return [*events, *self._book.release(now, all=True)]

    def quiet(self, now: Micros) -> list[Event]:
        """Nothing came for a while: time goes on, and patience ends."""
        self._note_time(now)
        if not self._past.heard:
            return self._tick(now)
        self._witness(now)
        return [*self._tick(now), *self._book.beat(BEAT, self._scope.source, now)]

    def receive(self, data: bytes, now: Micros) -> list[Event]:
        """Take a frame. When the relay will not serve us, this raises Refused or TurnedAway, or
        :meth:`answers` does where there is something to tell before."""
        self._heard()
        self._book.alive = True
        self._heard_at = now
        self._note_time(now)
        if self._horizon is None:
            self._horizon = now - OVERLAP
        events: list[Event] = []
        if self._past.broken and self._history is None:
            events += self._past.mend(now, recovered=False)
        self._witness(now)
        try:
            try:
                events += self._take(data, now)
            except BadItem as error:
                self._reject(str(error))
            events += self._tick(now)
        except (Refused, TurnedAway) as error:
            if not events:
                raise
            self._leaving = error
        return events

    def _note_time(self, now: Micros) -> None:
        if self._stored_before is None:
            self._stored_before = now - SETTLED
            if self._history:
                self._history.begin_at(now // SECOND, self._stored_before // SECOND)

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
        if subscription in (LIVE, PAST):
            self._remember(subscription, event, now)
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

    def _remember(self, subscription: str, event: NostrEvent, now: Micros) -> None:
        """It told of this one, which it must do again when it is asked for it."""
        what = POSTS if self._scope.wants(event) else VOTES if self._scope.judges(event) else None
        if what is None or event.created_at > now // SECOND or len(event.id) != KEY:
            return
        self._told[what].add(event.id, event.created_at)
        stored = subscription == LIVE and LIVE in self._questions
        if stored and self._history and event.created_at < (self._stored_before or 0) // SECOND:
            self._history.must_hold(what, event.id, event.created_at)

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
        return self._scope.wants(event) or self._scope.introduces(event)

    def _give(self, readings: Iterable[Reading], now: Micros) -> list[Event]:
        return self._book.take(readings, self._scope.source, now)

    def _read_past(self, now: Micros, cut: str = "") -> list[Event]:
        """The past has been read as far as it goes, or was ``cut`` off; what was kept back is given
        out, after the gaps."""
        unread: list[Unread] = []
        if self._history is not None:
            if cut:
                self._history.broken_off(cut)
            unread = self._history.unread
        elif self._since is not None:
            unread = [Unread(self._since // SECOND, now // SECOND, cut)]
        self._history = self._since = None
        held, self._held = self._held, {}
        broken = self._past.broken
        whole = all(span.crowded for span in unread)
        mended = self._past.mend(now, recovered=whole)
        gaps = [event for event in mended if isinstance(event, Gap)]
        # After a break, its gap tells of all but of seconds that hold too much.
        gaps += [self._gap(span, now) for span in unread if span.crowded or not broken]
        events = self._book.note(gaps)
        events += self._give(held.values(), now)
        self._book.history_done(self)
        events += self._book.open(now)
        # Between the last event of the past and the present nobody wrote, as far as it was heard.
        beat = self._book.beat(1, self._scope.source, now) if self._past.begun else []
        return [*events, *beat]

    def _gap(self, span: Unread, now: Micros) -> Gap:
        since = min(span.since * SECOND, now)
        until = max(since, min(span.until * SECOND, now))
        return Gap(seen_at=now, since=since, until=until, reason=span.reason, source=self.source)

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
            return self._read_past(now)
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
        asked_at = now if self._stored_before is None else self._stored_before + SETTLED
        if self._history and now - asked_at > LONGEST_READING:
            self._questions.close(PAST)
            self._questions.say(close(PAST))
            events += self._read_past(now, "reading its past takes too long")
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
        return self._read_past(now, "it did not answer in time") if subscription == PAST else []
