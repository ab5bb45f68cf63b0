"""The past of one relay, page by page, and what of it could not be read. Pure.

A relay gives the newest events first, and never more at once than a limit of its own, which it does
not tell. So the next page ends in the second in which the last one began, for that second may hold
more; a page that brings nothing new was the last, or was as full as the relay gives. What lies
before that second is asked for by itself: if there is anything, the second holds more than a page,
and no question reaches the rest of it but one for some of its authors.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from msgspec import Struct, field

from moltwatch.dialects.nostr import NostrEvent
from moltwatch.sources.nostr.protocol import Filter

PAGE = 500
"""Events asked for at once."""

MOST_PAGES = 100
"""Pages of one filter after which a past counts as too long to read."""

FEWEST_GIVEN = 50
"""No relay gives fewer events at once than this: a smaller page was not cut, unless it is known of
the relay that it cuts them so."""

MOST_AUTHORS = 2_000
"""Authors by whom a crowded second is asked for."""

KEY = 64
"""Digits of an id, and of an account."""

MOST_BY_AUTHOR = 60
"""Questions by authors in one reading of the past."""


class Manners(Struct):
    """What has been learnt of a relay by reading its pages."""

    largest: int = 0
    """Events on the largest page it gave."""
    cut: int | None = None
    """Events on the smallest page that it is known to have cut."""
    until_is_inclusive: bool = True

    def may_have_cut(self, n: int) -> bool:
        """Whether a page of ``n`` events may lack some."""
        if self.cut is not None:
            return n >= self.cut
        return n >= PAGE or self.is_doubtful(n)

    def is_doubtful(self, n: int) -> bool:
        """Whether ``n`` events may be as many as it gives: only a larger page would tell."""
        return self.cut is None and FEWEST_GIVEN <= n < PAGE and n >= self.largest


MOST_WITNESSES = 16


class Told:
    """The newest events of one sort that a relay has told of: what it stores holds them. An answer
    without any of them is no answer to what was asked."""

    def __init__(self) -> None:
        self._at: dict[str, int] = {}

    def add(self, id: str, at: int) -> None:
        """It told of this one, written at that second."""
        self._at[id] = at
        if len(self._at) > MOST_WITNESSES:
            del self._at[min(self._at, key=self._at.__getitem__)]

    def reach(self, since: int) -> int:
        """Where to begin in order to meet one of them, no later than ``since``."""
        return min(since, max(self._at.values(), default=since))

    def after(self, since: int) -> set[str]:
        """Those from that second on."""
        return {id for id, at in self._at.items() if at >= since}


class Want(Struct, frozen=True):
    """All events of one sort since a time."""

    what: str
    """``posts``, ``votes``."""
    filter: Filter
    since: int
    """In seconds, inclusive."""
    witnesses: set[str]
    """Ids of events that this relay has told of: one of them must come again, if there are any."""


class Unread(Struct, frozen=True):
    """A span of the past that may lack events. Seconds, ``until`` exclusive."""

    since: int
    until: int
    reason: str
    crowded: bool = False
    """It is one second that holds more than the relay gives at once."""


class _Page(Struct):
    """The answer at hand."""

    until: int | None = None
    ids: set[str] = field(default_factory=set)
    fresh: int = 0
    strays: int = 0
    """Events newer than what was asked for."""
    oldest: int | None = None
    newest: int | None = None
    in_order: bool = True


class _Narrow(Struct, frozen=True):
    """A question for what some authors wrote in one second."""

    second: int
    authors: list[str]


class History:
    """The past that is wanted, one want after another."""

    def __init__(self, wants: Sequence[Want], manners: Manners) -> None:
        self.unread: list[Unread] = []
        """What could not be read whole, as far as one can know."""
        self._wants = deque(wants)
        self._manners = manners
        self._now = self._settled = 0
        self._by_author = 0
        self._begin()

    def _begin(self) -> None:
        self._ids: set[str] = set()
        self._oldest: int | None = None
        self._authors: dict[str, None] = {}
        self._pages = 0
        self._below = False
        """The page at hand reaches for what lies before the oldest second."""
        self._full = 0
        """Events on the page that ended in the oldest second and brought nothing new."""
        self._crowds: list[int] = []
        """Crowded seconds whose authors are still to be asked for."""
        self._narrow: list[_Narrow] = []
        self._narrowed: _Narrow | None = None
        self._probes = False
        """The page at hand is to tell how much the relay gives at once."""
        self._ask(None)

    def begin_at(self, now: int, settled: int) -> None:
        """The past reaches to ``now``; what was written from ``settled`` on may come live, among
        what was asked for. In seconds."""
        self._now, self._settled = now, settled

    @property
    def want(self) -> Want:
        """What is being read."""
        return self._wants[0]

    def page(self) -> Filter:
        """What to ask for next."""
        want, until = self._wants[0], self._page.until
        if self._probes:
            return {"kinds": want.filter["kinds"], "limit": PAGE}
        asked = {**want.filter, "since": want.since, "limit": PAGE}
        if self._narrowed is not None:
            asked["since"] = self._narrowed.second
            asked["authors"] = self._narrowed.authors
        return asked if until is None else {**asked, "until": until}

    def saw(self, event: NostrEvent) -> bool:
        """An event of the page that was asked for. Returns whether it brings us on."""
        at, page = event.created_at, self._page
        if len(event.id) != KEY or len(event.pubkey) != KEY:
            return False  # it is none, and not to be remembered
        if self._probes:
            page.ids.add(event.id)
            return len(page.ids) <= PAGE
        if event.kind not in self.want.filter["kinds"] or at < self.want.since:
            return False
        if len(self._ids) >= PAGE * MOST_PAGES or event.id in page.ids:
            return False
        if page.until is not None and at > page.until:
            page.strays += at < self._settled
            return False
        page.ids.add(event.id)
        if page.oldest is not None and page.oldest < at < self._settled:
            page.in_order = False
        page.oldest = at if page.oldest is None else min(page.oldest, at)
        page.newest = at if page.newest is None else max(page.newest, at)
        if event.id in self._ids:
            return False
        self._ids.add(event.id)
        page.fresh += 1
        if len(self._authors) < MOST_AUTHORS:
            self._authors[event.pubkey] = None
        return True

    def turn(self) -> bool:
        """The page has ended. Returns whether there is another one to ask for."""
        page, n = self._page, len(self._page.ids)
        self._manners.largest = max(self._manners.largest, n)
        if self._narrowed is not None:
            self._split(self._narrowed, n)
            return self._next_narrow()
        if self._probes:
            return self._read_end()
        self._pages += 1
        if not page.in_order and self._manners.may_have_cut(n):
            self._leave_open("it does not give the newest first", self.want.since, self._oldest)
        if page.strays and self._manners.may_have_cut(n + page.strays):
            self._leave_open(
                "it gives the newest whatever it is asked for", self.want.since, self._oldest
            )
            return self._next_narrow()
        if self._pages >= MOST_PAGES and page.fresh:
            self._leave_open(
                f"it holds more {self.want.what} than can be read back",
                self.want.since,
                self._oldest,
            )
            return self._next_narrow()
        if self._below:
            return self._read_below(page, n)
        if page.fresh and page.oldest is not None:
            self._oldest = min(page.oldest, self._oldest or page.oldest)
            return self._go_on()
        if self._oldest is None or n < self._manners.largest:
            return self._next_narrow()
        self._below, self._full = True, n
        self._ask(self._oldest)
        return True

    def must_hold(self, what: str, id: str, at: int) -> None:
        """That event is stored there."""
        for want in self._wants:
            if want.what == what and at >= want.since:
                want.witnesses.add(id)

    def broken_off(self, reason: str) -> None:
        """No answer comes: the rest stays unread."""
        read_to = self._oldest if len(self._wants) == 1 else None
        if self._wants:
            since = min(want.since for want in self._wants)
            self._leave_open(reason, since, read_to)
            self._wants.clear()

    def _ask(self, until: int | None) -> None:
        self._page = _Page(until=until)

    def _go_on(self) -> bool:
        """Some relays take ``until`` for inclusive, some do not: a second more suits both."""
        assert self._oldest is not None
        self._below = False
        self._ask(self._oldest + 1)
        return True

    def _read_below(self, page: _Page, n: int) -> bool:
        """A page that reached for what lies before the oldest second has ended."""
        second = self._oldest
        assert second is not None
        older = page.oldest is not None and page.oldest < second
        again = page.newest == second
        if page.until == second:
            self._manners.until_is_inclusive = again
        if again and not older:
            # That second once more, and nothing else: one second further.
            self._full = n
            self._ask(second - 1)
            return True
        if older and not again:
            # What is older was not on the page that ended in that second: it was cut.
            cut = self._manners.cut
            self._manners.cut = self._full if cut is None else min(cut, self._full)
        if not older:
            return self._read_end()
        if not again and self._manners.may_have_cut(self._full):
            self._crowded(second)
        self._oldest = page.oldest
        return self._go_on()

    def _read_end(self) -> bool:
        """Nothing lies before the oldest second; whether that was read whole is the question."""
        assert self._oldest is not None
        if not self._probes and self._manners.is_doubtful(self._full):
            self._probes = True
            self._ask(None)
            return True
        self._probes = False
        if self._manners.may_have_cut(self._full):
            self._crowded(self._oldest)
        return self._next_narrow()

    # --- a crowded second -------------------------------------------------------------------------

    def _crowded(self, second: int) -> None:
        reason = f"more {self.want.what} in one second than the {self._full:,} it gives at once"
        self.unread.append(Unread(second, second + 1, reason, crowded=True))
        self._crowds.append(second)

    def _split(self, asked: _Narrow, n: int) -> None:
        """Half of the authors each, where the answer was full again."""
        half = len(asked.authors) // 2
        if half and self._manners.may_have_cut(n):
            for authors in (asked.authors[:half], asked.authors[half:]):
                self._narrow.append(_Narrow(asked.second, authors))

    def _next_narrow(self) -> bool:
        """By authors, what could not be read by time; then the next want.

        That comes last: by now it is known who else has written, and may have written then.
        """
        authors = list(self._authors)
        quarter = max(1, -(-len(authors) // 4))
        for second in self._crowds:
            for start in range(0, len(authors), quarter):
                self._narrow.append(_Narrow(second, authors[start : start + quarter]))
        self._crowds = []
        if self._narrow and self._by_author < MOST_BY_AUTHOR:
            self._by_author += 1
            self._narrowed = self._narrow.pop(0)
            inclusive = self._manners.until_is_inclusive
            self._ask(self._narrowed.second + (0 if inclusive else 1))
            return True
        want = self._wants.popleft()
        if want.witnesses and self._ids.isdisjoint(want.witnesses):
            reason = f"it gave back none of the {want.what} it had told of"
            self.unread.append(Unread(want.since, self._now, reason))
        if not self._wants:
            return False
        self._begin()
        return True

    def _leave_open(self, reason: str, since: int, read_to: int | None) -> None:
        until = self._now if read_to is None else read_to + 1
        self.unread.append(Unread(since, max(until, since), reason))
