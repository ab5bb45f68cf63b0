"""Accounts that answer only each other, each always the same next one."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Iterable
from typing import Annotated, ClassVar, NamedTuple

from msgspec import Meta

from moltwatch.heuristics.base import Act, Evidence, Features, Heuristic
from moltwatch.heuristics.coordination.crowd import Told
from moltwatch.heuristics.coordination.post_filters import is_foreign
from moltwatch.heuristics.features.fading import Fading
from moltwatch.heuristics.parameters import Accounts, Count, Fraction
from moltwatch.model import Kind, Level
from moltwatch.times import DAY, Micros

_SAYS = "{who} answer each other in a circle, each the same one every time"

MOST_ACCOUNTS = 20_000
MOST_CIRCLES = 2_000
MOST_CIRCLE = 40
"""Accounts followed from one to the next, at most."""

KEPT = 12
"""Latest answers of an account that count."""

LOUD = 100
"""Posts in a day from which an account answers everybody."""


class _Answer(NamedTuple):
    to: str
    thread: str
    post: str
    at: Micros


def _answers() -> deque[_Answer]:
    return deque(maxlen=KEPT)


class ReplyCircle(Heuristic):
    """A answers B, B answers C and C answers A, in several threads, and hardly anybody else.

    For each account is kept whose comments it answered, the last twelve times. Where most of that
    went to one account, in more than one thread, and that one's to a third, and so on until it
    comes back to the first, the accounts on the way are playing a scene. Two who answer each other
    are a conversation; so are three who each answer both others, since none of them is answered
    most.

    Parameters
    answers: how many answers to the same account it takes
    threads: in how many threads they must be
    share: which part of an account's latest answers they must be
    accounts: how many accounts make a circle
    strength: how telling a circle is; one of four or more needs no other evidence

    Fails when
    the players answer each other in any order, also talk to others, or speak a language that few
    speak here.
    """

    name: ClassVar[str] = "reply-circle"
    kind: ClassVar[Kind] = Kind.COORDINATED
    family: ClassVar[str] = "order"
    unless: ClassVar[str] = (
        "fewer than {accounts} accounts answered each other in a circle, each fewer than "
        "{answers} times or in fewer than {threads} threads, or that were less than "
        "{share:.0%} of their answers"
    )

    def __init__(
        self,
        answers: Annotated[int, Meta(ge=2, le=KEPT)] = 4,
        threads: Count = 2,
        share: Fraction = 0.6,
        accounts: Accounts = 3,
        strength: Fraction = 0.7,
    ) -> None:
        self.answers = answers
        self.threads = threads
        self.share = share
        self.accounts = accounts
        self.strength = strength
        self._answers: Fading[deque[_Answer]] = Fading(_answers, DAY, MOST_ACCOUNTS)
        self._circles: OrderedDict[str, str] = OrderedDict()
        """By account the circle it was found in."""
        self._told = Told()

    def observe(self, item: Features) -> Iterable[Evidence]:
        post = item.post
        # Who answers a thread's root answers the thread; that company is co-reply's business.
        if item.author.n >= LOUD or post.parent is None or post.parent == post.thread:
            return ()
        answered = item.thread.posts.get(post.parent)
        if answered is None or answered.author == post.author:
            return ()
        author = item.author.name
        answers = self._answers.touch(author, post.seen_at)
        answers.append(_Answer(answered.author, item.thread.id, post.id, post.seen_at))
        to = [answer.to for answer in answers]
        if to.count(answered.author) < max(self.answers, self.share * len(to)):
            return ()
        circle = self._circle(author)
        told = len(circle) >= self.accounts and not is_foreign(item)
        return self._tell(circle) if told else ()

    def _next(self, account: str) -> str | None:
        """Whom an account answers most of the time, if anybody."""
        answers = self._answers.peek(account)
        if answers is None or len(answers) < self.answers:
            return None
        ((other, n),) = Counter(answer.to for answer in answers).most_common(1)
        if n < max(self.answers, self.share * len(answers)):
            return None
        threads = {answer.thread for answer in answers if answer.to == other}
        return other if len(threads) >= self.threads else None

    def _circle(self, account: str) -> list[str]:
        """The accounts on the way from an account back to itself; none if it does not come back."""
        way = [account]
        while (other := self._next(way[-1])) and len(way) < MOST_CIRCLE:
            if other == account:
                return way
            if other in way:
                break
            way.append(other)
        return []

    def _tell(self, circle: list[str]) -> Iterable[Evidence]:
        name = next((self._circles[a] for a in circle if a in self._circles), "")
        name = name or "+".join(sorted(circle))
        for account in circle:
            self._circles[account] = name
        while len(self._circles) > MOST_CIRCLES:
            self._circles.popitem(last=False)
        acts = self._told.new(
            Act(answer.post, account, answer.at)
            for account, other in zip(circle, (*circle[1:], circle[0]), strict=True)
            for answer in self._answers.peek(account) or ()
            if answer.to == other
        )
        weight = Level.CONCLUSIVE.weight if len(circle) > self.accounts else self.strength
        return (self.evidence(weight, _SAYS, cluster=name, acts=acts),) if acts else ()
