"""A post as heuristics see it."""

from __future__ import annotations

from moltwatch.heuristics.features.entities import Author, Thread
from moltwatch.heuristics.features.minhash import LEAST_WORDS, Leaders, Likeness
from moltwatch.heuristics.features.payloads import MOST_FOUND, payloads_in_link
from moltwatch.heuristics.features.rarity import Rarity
from moltwatch.heuristics.features.text import Text
from moltwatch.model import Act, Post


class Features:
    """A post, with what is remembered around it and what its text shows."""

    __slots__ = (
        "_leaders",
        "_likeness",
        "author",
        "folded",
        "post",
        "rarity",
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
        self.text = text = text or Text(post.body)
        """Title and text, and what they show; copies share it."""
        self.folded = text.folded
        """Match form of title and text."""
        self.words = text.words
        """The words of the match form, in order."""
        self.vocabulary = text.vocabulary
        """The same, each once."""
        self.rarity = rarity or Rarity()
        """How common words are in the stream, this post not yet included."""
        self._leaders = Leaders() if leaders is None else leaders
        self._likeness: Likeness | None = None

    @property
    def act(self) -> Act:
        """The post, as part of what several accounts do together."""
        return Act(self.post.id, self.post.author, self.post.seen_at)

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
        if self.post.parent is None:
            return ""
        posts = self.thread.posts
        shown = (posts.get(self.post.thread), posts.get(self.post.parent))
        return "\n".join(past.folded for past in dict.fromkeys(shown) if past)

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
            self._likeness = self._leaders.find(self.act, self.text)
        return self._likeness
