"""What a post wants others to use: links, tokens, wallets, communities, and commands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from moltwatch.heuristics.material import read_material

MOST_FOUND = 20
"""Of one post; a list of hundreds of links pushes none of them."""
MOST_PATH = 200
"""Characters of a path; what follows is some visitor's, not the place's."""

_SITE = re.compile(
    r"(?<![\w@./-])(?:www\.)?((?:[a-z0-9-]{1,63}\.){1,4}"
    r"(?:com|org|net|io|ai|app|xyz|fun|fm|dev|co|me|gg|cc|info|site|online|wtf|lol|fund|church|bot"
    r"|chat|tech|finance|money|club|world|social|network|live|pro|tv|link|page|blog|shop|store"
    r"|space|games?|vip|top|de|uk|fr|es|it|nl|pl|ru|cn|jp|kr|br|in|ca|au|eu|ch|se|us)"
    r"|(?:[a-z0-9-]{2,63}\.){2,4}[a-z]{2,6})(?![\w@-])(?!\.\w)(/[^\s\"'`<>()\[\]{}|,]*)?",
)
_ADDRESS = re.compile(
    r"^(?:www\.)?((?:[\w-]{1,63}\.){1,6}[\w-]{2,63})(?::\d+)?(/[^\s\"'`<>()\[\]{}|,]*)?"
)
"""What follows ``://``: there, any host will do."""
# A full stop inside a word, and the rest of that word: so the search leaps from dot to dot.
_DOT = re.compile(r"\.[a-z]")
_DOTTED = re.compile(r"\.(?<=\w\.)[a-z]\S*")
_FILE = re.compile(r"\.(?:js|ts|tsx|py|json|jsonl|md|sh|txt|yaml|yml|toml|html|css|rs|go|log)$")
# What stands before comes second in these: so the search leaps from sign to sign.
_TICKER = re.compile(r"\$(?<![\w$]\$)[a-z][a-z0-9]{1,14}(?![\w(])")
_WALLET = re.compile(r"\b0x[0-9a-f]{40}\b|\bnpub1[a-z0-9]{58}\b")
SHORTEST_ADDRESS = 32
_BASE58 = re.compile(r"\b(?=[a-z]*[1-9][a-z]*[1-9])[1-9a-z]{32,44}\b")
"""An address of Solana or Bitcoin, in match form."""
_COMMUNITY = re.compile(r"m/(?<![\w/.]m/)[a-z0-9_-]{3,40}")
_TAG = re.compile(r"#(?<![\w&#]#)[a-z]\w{3,40}")

_HOSTS = read_material("hosts")
_ENDINGS = frozenset(_HOSTS["endings"])
# A full stop inside a word, and the rest of that word; most texts have none.
_OFFERED_DOT = re.compile(r"\.[a-z]\S*")
_HOST = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,}")
_PUBLIC = frozenset(_HOSTS["public"])
_PUNCTUATION = ".,:;!?()[]{}<>*_`~'\"“”’"
# What stands before the sign comes second: so the search leaps from sign to sign.
_OFFERED_TICKER = re.compile(r"\$(?<![\w$]\$)[a-z][a-z0-9]{1,9}\b")
_OFFERED_COMMUNITY = re.compile(r"(?<![\w/])/?(m/[a-z0-9_-]{2,40})")

_OBJECT = re.compile(r"\{[^{}]{8,800}\}")
_OPERATION = re.compile(r"\"(?:op|action|cmd|command|method)\"\s*:\s*\"([^\"]{1,40})\"")
_WHAT = re.compile(
    r"\"(?:tick|ticker|symbol|token|coin|wallet|address|to|recipient|contract|id)\"\s*:"
    r"\s*\"?([^\",}]{1,80})\"?"
)
_COMMAND = re.compile(
    r"(?:^|\s)[!/](?:mint|launch|deploy|claim|airdrop|stake|buy|swap|send|transfer|tip)\w*\s+"
    r"(?:\d+\s+)?(\$?[a-z0-9]{2,64})\b(?!:)"
)
_PAID = re.compile(
    r"(?:^|\s)[!/][a-z]\w{2,20}\s(?:(?!\s[!/][a-z]\w{2,20}\s)[^{}]){0,400}?\b(0x[0-9a-f]{40})\b"
)
"""A command and the wallet among its settings, which end where the next command begins."""
_LAUNCH = re.compile(r"(?:^|\s)[!/][a-z]\w{2,20}\s[^{}]{0,40}\{")


def may_name(said: str) -> bool:
    """Whether there is any sign in a text in match form of a site, token, tag or community; most
    texts have none."""
    return "$" in said or "#" in said or "m/" in said or _DOT.search(said) is not None


def payloads_in_link(link: str) -> tuple[str, ...]:
    """The site and path that a post's link leads to."""
    found: dict[str, None] = {}
    for host, path in _ADDRESS.findall(link.lower().partition("://")[2]):
        _add_site(found, host, path)
    return tuple(found)


def payloads_in(said: str, vocabulary: AbstractSet[str], longest: int) -> tuple[str, ...]:
    """Sites, link paths, tokens, wallets and communities that a text in match form names, each
    once. ``longest``: characters of its longest word. Few texts name anything, so each search
    waits for its sign."""
    found: dict[str, None] = {}
    for dot in _DOTTED.finditer(said):
        token = said[said.rfind(" ", 0, dot.start()) + 1 : dot.end()]
        _, scheme, address = token.partition("://")
        pattern, part = (_ADDRESS, address) if scheme else (_SITE, token)
        for host, path in pattern.findall(part):
            _add_site(found, host, path)
    if "$" in said:
        found.update(dict.fromkeys(_TICKER.findall(said)))
    if longest >= SHORTEST_ADDRESS:
        found.update(dict.fromkeys(_WALLET.findall(said)))
        found.update(dict.fromkeys(_BASE58.findall(said)))
    if "#" in said or "m" in vocabulary:
        named = [*_COMMUNITY.finditer(said), *_TAG.finditer(said)]
        found.update((match[0], None) for match in sorted(named, key=re.Match.start))
    return tuple(found)[:MOST_FOUND]


def _add_site(found: dict[str, None], host: str, path: str) -> None:
    if host.count(".") == 1 and _FILE.search(host):
        return
    found[host] = None
    path = path[:MOST_PATH].rstrip("/.!?:;*_~")
    if path:
        found[host + path] = None


def commands_in(said: str) -> tuple[str, ...]:
    """What the commands of a text in match form act on (``mint claw``), each once, in order.

    A command is a JSON object that names an operation, one that follows a ``!word``, or a line such
    as ``/mint CLAW``. Its object is the wallet where one stands in it, else the token.
    """
    line = " !" in said or " /" in said or said.startswith(("!", "/"))
    if not line and "{" not in said:
        return ()
    found: dict[str, None] = {}
    if "{" in said:
        launches = bool(_LAUNCH.search(said))
        for match in _OBJECT.findall(said):
            operation = _OPERATION.search(match)
            if not (operation or launches):
                continue
            verb = operation[1].replace(" ", "_") if operation else "launch"
            if wallet := _WALLET.search(match):
                found[f"{verb} {wallet[0]}"] = None
            elif operation and (what := _WHAT.search(match)):
                found[f"{verb} {what[1].strip()}"] = None
    if line:
        for what in _COMMAND.findall(said):
            found[f"command {what}"] = None
        if "0x" in said:
            found.update((f"launch {wallet}", None) for wallet in _PAID.findall(said))
    return tuple(found)[:MOST_FOUND]


def offers_in(said: str, link: str | None = None) -> Sequence[str]:
    """Tickers, communities and hosts, in a text in match form or a post's link, that may be
    somebody's own; each once."""
    text = f"{said} {link[:300].lower()}" if link else said
    found: list[str] = _OFFERED_TICKER.findall(text) if "$" in text else []
    if "m/" in text:
        found += _OFFERED_COMMUNITY.findall(text)
    for dot in _OFFERED_DOT.finditer(text):
        word = text[text.rfind(" ", 0, dot.start()) + 1 : dot.end()]
        if host := _host(word):
            found.append(host)
    return list(dict.fromkeys(found))[:MOST_FOUND]


def _host(word: str) -> str:
    """The host in a word that holds a web address, with or without its beginning; else nothing."""
    host = (word.partition("://")[2] or word).partition("/")[0].strip(_PUNCTUATION)
    if host.rpartition(".")[2] not in _ENDINGS:
        return ""
    host = host.removeprefix("www.")
    return host if _HOST.fullmatch(host) and host not in _PUBLIC else ""
