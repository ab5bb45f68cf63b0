"""The operator's product is pushed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import ClassVar

from moltwatch.heuristics.base import Item
from moltwatch.heuristics.material import read_material
from moltwatch.heuristics.memory.texts import Text
from moltwatch.heuristics.persona.base import Emphasis, PersonaHeuristic
from moltwatch.heuristics.persona.cues import cues_of_bio
from moltwatch.heuristics.persona.marks import Mark, saturating
from moltwatch.heuristics.persona.names import names

_HOSTS = read_material("hosts")
_ENDINGS = frozenset(_HOSTS["endings"])
# A full stop inside a word, and the rest of that word; most texts have none.
_DOTTED = re.compile(r"\.[a-z]\S*")
_HOST = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,}")
_PUBLIC = frozenset(_HOSTS["public"])
_PUNCTUATION = ".,:;!?()[]{}<>*_`~'\"“”’"
# What stands before the sign comes second: so the search leaps from sign to sign.
_TICKER = re.compile(r"\$(?<![\w$]\$)[a-z][a-z0-9]{1,9}\b")
_COMMUNITY = re.compile(r"(?<![\w/])/?(m/[a-z0-9_-]{2,40})")
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

    def __init__(self, emphasis: Emphasis = 1.0) -> None:
        super().__init__(emphasis)
        self.questions = (*self.questions, _offers_of_text)

    def in_text(self, text: Text) -> Iterator[Mark]:
        yield from self.cue_marks(text)
        body = text.body[:_MOST_CHARS]
        if text.longest >= _WALLET_CHARS and _WALLET.search(body):
            yield Mark("promotion.wallet", 1.0, "gives a wallet or contract address")
        if "#" in body and (tags := _TAG.findall(body)):
            yield Mark(
                "promotion.hashtags", saturating(len(tags), 2.0), "carries hashtags ({})", tags
            )

    def around(self, item: Item, shown: Sequence[Mark]) -> Sequence[Mark]:
        seen: list[Mark] = []
        if offers := offers_of(item):
            seen += self._offers(item, offers)
        if (n := len(shown) + len(seen)) >= 3:
            seen.append(Mark("promotion.breadth", min((n - 2) / 4, 1.0)))
        told = cues_of_bio(item.author.bio)
        if told and (bio := [phrase for cue in self.cues for phrase in told.get(cue, ())]):
            says = "has a bio that advertises ({})"
            seen.append(Mark("promotion.bio", saturating(len(bio), 2.0), says, bio))
        return seen

    def _offers(self, item: Item, offers: Sequence[str]) -> Iterator[Mark]:
        for name, here in (
            ("ticker", [offer for offer in offers if offer.startswith("$")]),
            ("community", [offer for offer in offers if offer.startswith("m/")]),
            ("domain", [offer for offer in offers if not offer.startswith(("$", "m/"))]),
        ):
            if here:
                yield Mark(f"promotion.{name}", saturating(len(here)), "points to {}", here)
        if own := own_offers(item, offers):
            yield Mark("promotion.own", 1.0, "points to what its own name or bio says ({})", own)
        pushed: Counter[str] = item.author.note(self.name, Counter)
        again = max(offers, key=pushed.__getitem__)
        if n := pushed[again]:
            often = "once before" if n == 1 else f"{n} times before"
            yield Mark("promotion.again", saturating(n, 2.0), "pushed {}", f"{again} {often}")
        pushed.update(offers)
        if len(pushed) > _MOST_OFFERS:
            for offer, _ in pushed.most_common()[_MOST_OFFERS // 2 :]:
                del pushed[offer]


def offers_of(item: Item) -> Sequence[str]:
    """What a post points to that may be somebody's own: tickers, communities, hosts; each once."""
    if item.post.link:
        return _offers_in(f"{item.folded[:_MOST_CHARS]} {item.post.link[:300].lower()}")
    return item.text.once(_offers_of_text)


def _offers_of_text(text: Text) -> Sequence[str]:
    return _offers_in(text.folded[:_MOST_CHARS])


def _offers_in(text: str) -> Sequence[str]:
    found: list[str] = _TICKER.findall(text) if "$" in text else []
    if "m/" in text:
        found += _COMMUNITY.findall(text)
    for dot in _DOTTED.finditer(text):
        word = text[text.rfind(" ", 0, dot.start()) + 1 : dot.end()]
        if host := _host(word):
            found.append(host)
    return list(dict.fromkeys(found))


def _host(word: str) -> str:
    """The host in a word that holds a web address, with or without its beginning; else nothing."""
    host = (word.partition("://")[2] or word).partition("/")[0].strip(_PUNCTUATION)
    if host.rpartition(".")[2] not in _ENDINGS:
        return ""
    host = host.removeprefix("www.")
    return host if _HOST.fullmatch(host) and host not in _PUBLIC else ""


def own_offers(item: Item, offers: Sequence[str]) -> list[str]:
    """Those offers that are named in the author's bio or resemble the author's name."""
    bio = item.author.bio.lower()
    own = [name for name in names(item.post.author) if len(name) > 3]
    return [
        offer
        for offer in offers
        if offer in bio or any(name in offer.replace("-", "") for name in own)
    ]
