"""The operator's product is pushed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import ClassVar

from moltwatch.heuristics.base import Features
from moltwatch.heuristics.features.lexicon import cues_of_bio
from moltwatch.heuristics.features.payloads import offers_in
from moltwatch.heuristics.features.text import Text
from moltwatch.heuristics.persona.base import PersonaHeuristic
from moltwatch.heuristics.persona.names import names
from moltwatch.heuristics.persona.weights import mark, saturating
from moltwatch.model import Mark

_WALLET = re.compile(
    r"\b0x[0-9a-fA-F]{40}\b|\b[1-9A-HJ-NP-Za-km-z]{32,44}\b|\bbc1[a-z0-9]{20,60}\b"
)
_WALLET_CHARS = 32
_TAG = re.compile(r"#(?<![\w#]#)[^\W\d_]\w{2,30}")
_MOST_CHARS = 3_000
"""Of a post; who pushes something does not keep it for the end."""
_MOST_OFFERS = 100
"""Offers remembered of one account."""


class Promotion(PersonaHeuristic):
    """The operator's token, product, service, link or community is pushed.

    Calls to action, the language of launches and earnings, tickers, wallets, domains; above all
    what stands in the agent's own bio, and what the agent has pushed before.

    Parameters
    emphasis: multiplies what this heuristic adds to the verdict (0 silences it, 0 to 3)

    Fails when
    someone shares what they built with nothing to gain, which reads the same; and a product that is
    only hinted at passes unseen.
    """

    name: ClassVar[str] = "promotion"
    family: ClassVar[str] = "promotion"
    cues = (
        "promotion.call_to_action",
        "promotion.launch",
        "promotion.money",
        "promotion.recruiting",
    )
    half = 2.0

    def in_text(self, text: Text) -> Iterator[Mark]:
        yield from self.cue_marks(text)
        body = text.body[:_MOST_CHARS]
        if text.longest >= _WALLET_CHARS and _WALLET.search(body):
            yield mark("promotion.wallet", 1.0, "gives a wallet or contract address")
        if "#" in body and (tags := _TAG.findall(body)):
            says = "carries hashtags ({tags:quoted})"
            yield mark("promotion.hashtags", saturating(len(tags), 2.0), says, tags=tuple(tags))

    def around(self, item: Features, shown: Sequence[Mark]) -> Sequence[Mark]:
        seen: list[Mark] = []
        link = item.post.link
        if offers := offers_in(item.folded, link) if link else item.text.offers:
            seen += self._offers(item, offers)
        if (n := len(shown) + len(seen)) >= 3:
            seen.append(mark("promotion.breadth", min((n - 2) / 4, 1.0)))
        told = cues_of_bio(item.author.bio)
        if told and (bio := [phrase for cue in self.cues for phrase in told.get(cue, ())]):
            says = "has a bio that advertises ({words:quoted})"
            seen.append(mark("promotion.bio", saturating(len(bio), 2.0), says, words=tuple(bio)))
        return seen

    def _offers(self, item: Features, offers: Sequence[str]) -> Iterator[Mark]:
        for name, here in (
            ("ticker", [offer for offer in offers if offer.startswith("$")]),
            ("community", [offer for offer in offers if offer.startswith("m/")]),
            ("domain", [offer for offer in offers if not offer.startswith(("$", "m/"))]),
        ):
            if here:
                says = "points to {offers:quoted}"
                yield mark(f"promotion.{name}", saturating(len(here)), says, offers=tuple(here))
        if own := own_offers(item, offers):
            says = "points to what its own name or bio says ({offers:quoted})"
            yield mark("promotion.own", 1.0, says, offers=tuple(own))
        pushed: Counter[str] = item.author.note(self.name, Counter)
        again = max(offers, key=pushed.__getitem__)
        if n := pushed[again]:
            often = "once before" if n == 1 else f"{n} times before"
            yield mark(
                "promotion.again", saturating(n, 2.0), f"pushed {{offer}} {often}", offer=again
            )
        pushed.update(offers)
        if len(pushed) > _MOST_OFFERS:
            for offer, _ in pushed.most_common()[_MOST_OFFERS // 2 :]:
                del pushed[offer]


def own_offers(item: Features, offers: Sequence[str]) -> list[str]:
    """Those offers that are named in the author's bio or resemble the author's name."""
    bio = item.author.bio.lower()
    own = [name for name in names(item.post.author) if len(name) > 3]
    return [
        offer
        for offer in offers
        if offer in bio or any(name in offer.replace("-", "") for name in own)
    ]
