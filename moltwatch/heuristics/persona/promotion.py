"""The operator's product is pushed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

from moltwatch.heuristics.base import Features
from moltwatch.heuristics.features.lexicon import cues_of_bio
from moltwatch.heuristics.features.payloads import offers_in
from moltwatch.heuristics.features.text import Text
from moltwatch.heuristics.material import read_material
from moltwatch.heuristics.persona.base import MarkVector, PersonaHeuristic
from moltwatch.heuristics.persona.names import names
from moltwatch.heuristics.persona.weights import saturating
from moltwatch.text import fold, mentions

_WALLET = re.compile(
    r"\b0x[0-9a-fA-F]{40}\b|\b[1-9A-HJ-NP-Za-km-z]{32,44}\b|\bbc1[a-z0-9]{20,60}\b"
)
_WALLET_CHARS = 32
_TAG = re.compile(r"#(?<![\w#]#)[^\W\d_]\w{2,30}")
_INSTALL = re.compile(
    r"\b(?:npm i(?:nstall)?|npx|pnpm add|yarn add|pip3? install|pipx install|uvx?(?: tool)? install"
    r"|brew install|cargo install|go install|gem install|docker (?:run|pull)|git clone"
    r"|[a-z]{2,16}(?: (?:plugins?|skills?|extensions?))? install)"
    r"(?:\s+--?\w+)*\s+[\w@./:-]{3,}",
    re.IGNORECASE,
)
_INSTALLING = frozenset({"install", "npm", "npx", "pnpm", "yarn", "docker", "clone", "pip"})
_LINK = re.compile(r"https?://(?:[^\s/@]*@)?(?:www\.)?([\w.-]+)")
_USER = re.compile(r"//[^\s/@]+@")
"""Who logs in, in a web address: it may be a secret."""
_CITED = tuple(read_material("hosts")["cited"])
_END = 300
"""Characters at the end of a text."""
_MOST_OFFERS = 100
"""Offers remembered of one account."""
_POINTS = "points to {offers:quoted}"


class Promotion(PersonaHeuristic):
    """The operator's token, product, service, link or community is pushed.

    Calls to action, the language of launches and earnings, tickers, wallets, domains, commands to
    install something; above all what stands at the end, as the way to accept the offer, or in the
    agent's own bio, and what the agent has pushed before.

    Parameters
    emphasis: multiplies what this heuristic adds to the verdict (0 silences it, 0 to 3)

    Fails when
    someone shares what they built with nothing to gain, which reads the same; and a product that is
    only hinted at passes unseen.
    """

    name: ClassVar[str] = "promotion"
    family: ClassVar[str] = "promotion"
    cues: ClassVar = {
        "promotion.call_to_action": 2.0,
        "promotion.way": 1.0,
        "promotion.launch": 2.0,
        "promotion.money": 2.0,
        "promotion.recruiting": 2.0,
    }
    says: ClassVar = {
        "promotion.install": "says how to install something ({command:quoted})",
        "promotion.last_command": "closes with how to install something",
        "promotion.last_link": "closes with a link to {host}",
        "promotion.handle": "names its own handle @{handle}",
        "promotion.wallet": "gives a wallet or contract address",
        "promotion.hashtags": "carries hashtags ({tags:quoted})",
        "promotion.ticker": _POINTS,
        "promotion.community": _POINTS,
        "promotion.domain": _POINTS,
        "promotion.own": "points to what its own name or bio says ({offers:quoted})",
        "promotion.again": "pushed {offer} {often}",
        "promotion.breadth": "",
        "promotion.bio": "has a bio that advertises ({words:quoted})",
    }

    def in_text(self, text: Text, vector: MarkVector) -> None:
        body = text.excerpt
        _closing(text, vector)
        if text.longest >= _WALLET_CHARS and _WALLET.search(body):
            vector.mark("promotion.wallet", 1.0)
        if "#" in body and (tags := _TAG.findall(body)):
            vector.mark("promotion.hashtags", saturating(len(tags), 2.0), tags=tuple(tags))

    def around(self, item: Features, vector: MarkVector) -> None:
        if "@" in item.folded and fold(item.post.author) in map(fold, mentions(item.text.excerpt)):
            vector.mark("promotion.handle", 1.0, handle=item.post.author)
        offers = item.text.offers
        if link := item.post.link:
            offers = list(dict.fromkeys((*offers, *offers_in("", link))))
        if offers:
            self._offers(item, offers, vector)
        if (n := len(self.marks & vector.values.keys())) >= 3:
            vector.mark("promotion.breadth", min((n - 2) / 4, 1.0))
        if bio := _advertised(item.author.bio):
            vector.mark("promotion.bio", saturating(len(bio), 2.0), words=bio)

    def _offers(self, item: Features, offers: Sequence[str], vector: MarkVector) -> None:
        for name, here in (
            ("ticker", [offer for offer in offers if offer.startswith("$")]),
            ("community", [offer for offer in offers if offer.startswith("m/")]),
            ("domain", [offer for offer in offers if not offer.startswith(("$", "m/"))]),
        ):
            if here:
                vector.mark(f"promotion.{name}", saturating(len(here)), offers=tuple(here))
        if own := own_offers(item, offers):
            vector.mark("promotion.own", 1.0, offers=tuple(own))
        pushed: Counter[str] = item.author.note(self.name, Counter)
        again = max(offers, key=pushed.__getitem__)
        if n := pushed[again]:
            often = "once before" if n == 1 else f"{n} times before"
            vector.mark("promotion.again", saturating(n, 2.0), offer=again, often=often)
        pushed.update(offers)
        if len(pushed) > _MOST_OFFERS:
            for offer, _ in pushed.most_common()[_MOST_OFFERS // 2 :]:
                del pushed[offer]


@lru_cache(maxsize=4096)
def _advertised(bio: str) -> tuple[str, ...]:
    """The phrases of a bio that advertise."""
    told = cues_of_bio(bio)
    return tuple(phrase for cue in Promotion.cues for phrase in told.get(cue, ()))


def _closing(text: Text, vector: MarkVector) -> None:
    """Commands to install something, and the link that a text closes with, but for its sources."""
    body = text.excerpt
    if not _INSTALLING.isdisjoint(text.vocabulary) and (found := list(_INSTALL.finditer(body))):
        vector.mark("promotion.install", 1.0, command=_USER.sub("//", found[-1][0]))
        if found[-1].end() > len(body) - _END:
            vector.mark("promotion.last_command", 1.0)
    if text.may_name:
        end = text.main[-_END:].lower()
        places = {link[1].rstrip("."): link.start(1) for link in _LINK.finditer(end)}
        places |= {offer: end.rfind(offer) for offer in text.offers if "." in offer}
        hosts = [host for host, place in places.items() if place >= 0 and not _is_cited(host)]
        if hosts:
            last = max(hosts, key=lambda host: (places[host], host))
            vector.mark("promotion.last_link", 1.0, host=last)


def _is_cited(host: str) -> bool:
    """Whether one links there for proof."""
    return f".{host}".endswith(_CITED)


def own_offers(item: Features, offers: Sequence[str]) -> list[str]:
    """Those offers that are named in the author's bio or resemble the author's name."""
    bio = item.author.bio.lower()
    own = [name for name in names(item.post.author) if len(name) > 3]
    return [
        offer
        for offer in offers
        if offer in bio or any(name in offer.replace("-", "") for name in own)
    ]
