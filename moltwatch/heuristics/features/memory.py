"""What is remembered of authors and threads while a stream goes by.

Everything fades: an author who was quiet for longer than ``fade`` is forgotten, a thread after a
sixth of it, and of a busy one only the latest posts are kept, so that memory is bounded whatever
comes and a slice of a recording with a warm-up gives the same verdicts as the whole. Profiles do
not fade with time, because an archive tells them once; they are bounded by number.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

from msgspec import structs

from moltwatch.heuristics.features.entities import Author, Past, Thread
from moltwatch.heuristics.features.minhash import Leaders
from moltwatch.heuristics.features.post import Features
from moltwatch.heuristics.features.rarity import Rarity
from moltwatch.heuristics.features.text import Texts
from moltwatch.model import AgentSeen, Post
from moltwatch.times import DAY, Micros

FADE: Micros = DAY
"""After such a silence an author is forgotten."""
POSTS_PER_THREAD = 64
CHARS_PER_POST = 400
CHARS_PER_BIO = 2_000
MOST_AUTHORS = 200_000
MOST_THREADS = 200_000
MOST_PROFILES = 200_000
"""In a flood the longest quiet go early."""


class Memory:
    """Authors, threads and profiles, each bounded."""

    def __init__(self, fade: Micros = FADE) -> None:
        self.fade = fade
        # Both in order of last activity, so that the faded are always at the front.
        self._authors: OrderedDict[str, Author] = OrderedDict()
        self._threads: OrderedDict[str, Thread] = OrderedDict()
        self._profiles: OrderedDict[str, AgentSeen] = OrderedDict()
        self.texts = Texts()
        self._leaders = Leaders()
        self.rarity = Rarity()

    def item(self, post: Post) -> Features:
        """A post together with what is known of its author, thread and text."""
        author, thread = self.author(post.author), self.thread(post.thread)
        return Features(post, author, thread, self.texts.of(post.body), self.rarity, self._leaders)

    def author(self, name: str) -> Author:
        """What is known of an account; a blank page if nothing is."""
        return self._authors.get(name) or Author(name, self._profiles.get(name))

    def thread(self, id: str) -> Thread:
        """What is known of a thread; a blank page if nothing is."""
        return self._threads.get(id) or Thread(id)

    def learn(self, agent: AgentSeen) -> None:
        """Take in a profile, a bio of pages cut short."""
        if agent.bio and len(agent.bio) > CHARS_PER_BIO:
            agent = structs.replace(agent, bio=agent.bio[:CHARS_PER_BIO])
        self._profiles[agent.name] = agent
        self._profiles.move_to_end(agent.name)
        if len(self._profiles) > MOST_PROFILES:
            self._profiles.popitem(last=False)
        if author := self._authors.get(agent.name):
            author.profile = agent

    def remember(self, item: Features) -> None:
        """Take in a post, after the heuristics have looked at it."""
        post, author, thread, now = item.post, item.author, item.thread, item.post.seen_at
        if author.first_seen is None:
            author.first_seen = now
        author.last_seen = now
        author.n += 1
        # Names of author and thread as they are held already, not each post's copy of them; and
        # one emoji makes every character of a string four bytes: as UTF-8 it is a third of that.
        thread.last_seen = now
        thread.n += 1
        utf8 = item.folded[:CHARS_PER_POST].encode("utf-8", "surrogatepass")
        thread.posts[post.id] = Past(author.name, utf8)
        if len(thread.posts) > POSTS_PER_THREAD:
            oldest = next(id for id in thread.posts if id != thread.id)
            del thread.posts[oldest]
        self.rarity.learn(item.vocabulary)
        _renew(self._authors, author.name, author, MOST_AUTHORS)
        _renew(self._threads, thread.id, thread, MOST_THREADS)

    def forget(self, now: Micros) -> None:
        """Let go of whoever was quiet for longer than the fade."""
        _drop_before(self._authors, now - self.fade)
        _drop_before(self._threads, now - self.fade // 6)  # hardly any is taken up again


_Fading = TypeVar("_Fading", Author, Thread)


def _renew(kept: OrderedDict[str, _Fading], key: str, one: _Fading, most: int) -> None:
    kept[key] = one
    kept.move_to_end(key)
    if len(kept) > most:
        kept.popitem(last=False)


def _drop_before(kept: OrderedDict[str, _Fading], at: Micros) -> None:
    while kept:
        first = next(iter(kept.values()))
        if first.last_seen >= at:
            break
        kept.popitem(last=False)
