"""A post as heuristics see it."""

from __future__ import annotations

from moltwatch.heuristics.memory.likeness import LEAST_WORDS, Leaders, Likeness
from moltwatch.heuristics.memory.past import Author, Thread
from moltwatch.heuristics.memory.rarity import Rarity
from moltwatch.heuristics.memory.texts import Text
from moltwatch.model import Post


class Item:
    """A post, with what is remembered around it and what is known of its text."""

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
        """Title and text, shared with copies: ``item.text.once(question)`` asks them together."""
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
        first, overlap, frame, _ = self.likeness
        return first[1] != self.post.author and max(overlap, frame) >= least

    @property
    def likeness(self) -> Likeness:
        """Which earlier text this one is like, looked for when first asked."""
        if self._likeness is None:
            post = self.post
            sighting = (post.seen_at, post.author, post.id)
            self._likeness = self._leaders.find(sighting, self.text)
        return self._likeness
