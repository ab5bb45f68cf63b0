"""A post as heuristics see it."""

from __future__ import annotations

from typing import Any

from moltwatch.heuristics.features.entities import Author, Past, Thread
from moltwatch.heuristics.features.minhash import LEAST_WORDS, Leaders, Likeness
from moltwatch.heuristics.features.payloads import MOST_FOUND, payloads_in_link
from moltwatch.heuristics.features.rarity import Rarity
from moltwatch.heuristics.features.text import Text, TextReader
from moltwatch.model import Act, Post


class Features:
    """A post, with what is remembered around it and what its text shows.

    What every post needs is worked out before any heuristic sees it; what few posts need, when it
    is first asked for; all of it once.
    """

    __slots__ = (
        "_above",
        "_leaders",
        "_likeness",
        "_rare",
        "act",
        "author",
        "folded",
        "parent",
        "post",
        "rarity",
        "root",
        "text",
        "thread",
        "vocabulary",
        "words",
    )

    def __init__(
        self,
        post: Post,
        author: Author,
        thread: Thread,
        text: Text | None = None,
        rarity: Rarity | None = None,
        leaders: Leaders | None = None,
    ) -> None:
        self.post = post
        self.author = author
        """What is remembered of the author, this post not yet included."""
        self.thread = thread
        """What is remembered of the thread, this post not yet included."""
        self.act = Act(post.id, author.name, post.seen_at)
        """The post, as part of what several accounts do together."""
        self.text = text = text or Text(post.body)
        """Title and text, and what they show; copies share it."""
        self.folded = text.folded
        """Match form of title and text."""
        self.words = text.words
        """The words of the match form, in order."""
        self.vocabulary = text.vocabulary
        """The same, each once."""
        self.root: Past | None = None
        """What began the thread; None if that was not seen, and for a root."""
        self.parent: Past | None = None
        """What the post answers; None if that was not seen, and for a root."""
        if post.parent is not None:
            posts = thread.posts
            self.root, self.parent = posts.get(post.thread), posts.get(post.parent)
        self.rarity = rarity or Rarity()
        """How common words are in the stream, this post not yet included."""
        self._leaders = Leaders() if leaders is None else leaders
        self._likeness: Likeness | None = None
        self._rare: dict[float, frozenset[str]] = {}
        self._above: str | None = None

    def shown_to(self, reader: TextReader) -> Any:
        """What the text shows a heuristic, by its :meth:`~.base.Heuristic.read`."""
        return self.text.shown_to(reader)

    @property
    def payloads(self) -> tuple[str, ...]:
        """What the post wants others to use, its link first: sites, link paths, tokens, wallets
        and communities, each once."""
        named = self.text.payloads
        if not self.post.link:
            return named
        return tuple(dict.fromkeys((*payloads_in_link(self.post.link), *named)))[:MOST_FOUND]

    def above(self) -> str:
        """What the post answers, in match form: its thread's root and its parent, as far as
        seen."""
        if self._above is None:
            shown = dict.fromkeys((self.root, self.parent))
            self._above = "\n".join(past.folded for past in shown if past)
        return self._above

    def rare(self, share: float) -> frozenset[str]:
        """The words of the post that at most a ``share`` (0 to 1) of the posts uses, see
        :meth:`.rarity.Rarity.rare`."""
        found = self._rare.get(share)
        if found is None:
            # What is rarer is among what is rare, and that is less to look up.
            wider = [known for least, known in self._rare.items() if least > share]
            if wider:
                found = min(wider, key=len) - self.rarity.common(share)
            else:
                found = self.rarity.rare(self.vocabulary, share)
            self._rare[share] = found
        return found

    def is_like_anothers(self, least: float) -> bool:
        """Whether the text is at least so much (0 to 1) like one that somebody else wrote
        earlier; a very short one is like none."""
        if len(self.vocabulary) < LEAST_WORDS:
            return False
        likeness = self.likeness
        by_another = likeness.first.author != self.post.author
        return by_another and max(likeness.overlap, likeness.frame) >= least

    @property
    def likeness(self) -> Likeness:
        """Which earlier text this one is like, looked for when first asked."""
        if self._likeness is None:
            self._likeness = self._leaders.find(self.act, self.text.outline)
        return self._likeness
