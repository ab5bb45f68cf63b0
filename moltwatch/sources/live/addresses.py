"""Addresses of servers, and keys for them.

An address says what to call a server, and whether words to it stay private. A key comes from the
environment or a file, never from the command line, where others on the same machine and the shell's
history would see it. It is an identity; whoever gets it can speak as its owner. So
``<variable>_HOST`` says which hosts may get it: a line to copy and paste, with another server in
it, then collects none.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from moltwatch.errors import UsageError
from moltwatch.text import display_line

_LONGEST_KEY = 8_192
"""Bytes of a key; anything longer is another file."""

_SHORTEST_KEY = 8
"""Characters of a key that is masked in words; a shorter one is a word itself."""

_read: set[str] = set()
"""Keys that were read, as many as there are variables."""

_HOST = re.compile(r"[\w.-]+(?::\d{1,5})?|\[[0-9a-f:]+\](?::\d{1,5})?")
"""To what a key can be bound."""


def host_name(url: str, *schemes: str) -> str:
    """Host and port of an address: short, and without what a URL may hold that is nobody's
    business. Raises UsageError if it is no address with one of ``schemes``."""
    sort = "websocket" if "wss" in schemes else "web"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        # What cannot be read is not quoted: it may be a part of a password.
        raise UsageError(f"not a {sort} address: its host or port cannot be read") from None
    if parts.scheme not in schemes or not host:
        example = "ws://127.0.0.1:8765" if sort == "websocket" else "https://forum.example/stream"
        raise UsageError(f"not a {sort} address: try {example}")
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{port}" if port else host


def is_loopback(url: str) -> bool:
    """Whether an address leads nowhere but to this machine."""
    return is_loopback_host(urlsplit(url).hostname or "")


def is_loopback_host(host: str) -> bool:
    """The same of a name or an IP address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def need_privacy(url: str) -> None:
    """Raise UsageError for an address that would carry words, and keys, unencrypted through the
    world."""
    if urlsplit(url).scheme in ("ws", "http") and not is_loopback(url):
        raise UsageError(
            f"{host_name(url, 'ws', 'http')}: without TLS only on this machine; "
            "use wss:// or https://"
        )


def read_key(variable: str, environment: Mapping[str, str] | None = None) -> str | None:
    """The key in an environment variable, or in the file that ``<variable>_FILE`` names.

    None if neither is set. Raises UsageError if the file cannot be read, or if what is there cannot
    be sent; the message never contains the key.
    """
    environment = os.environ if environment is None else environment
    where, key = variable, environment.get(variable, "").strip()
    if not key and (path := environment.get(f"{variable}_FILE")):
        where = path
        try:
            with Path(path).expanduser().open("rb") as file:
                key = file.read(_LONGEST_KEY + 1).decode("ascii").strip()
        except (OSError, UnicodeDecodeError, RuntimeError) as error:
            match error:
                case OSError():
                    reason = error.strerror
                case UnicodeDecodeError():
                    reason = "not a key"
                case _:  # whose home it is in, nobody knows
                    reason = "no such user"
            # What lies in no folder may be the key itself, set where the file's name belongs.
            named = f"{path}: " if os.sep in path and _is_folder(Path(path).parent) else ""
            raise UsageError(f"{variable}_FILE: {named}{reason}") from None
    return checked(key, where) if key else None


def _is_folder(path: Path) -> bool:
    try:
        return path.expanduser().is_dir()
    except (OSError, ValueError, RuntimeError):
        return False


def checked(key: str, where: str) -> str:
    """The key, if it can be sent. Raises UsageError, which names ``where`` it was and not it."""
    if not key.isascii() or not key.isprintable() or len(key) > _LONGEST_KEY:
        raise UsageError(f"{where}: not a key: only printable ASCII can be sent")
    if len(key) >= _SHORTEST_KEY:
        _read.add(key)
    return key


def server_words(text: str, most: int) -> str:
    """What a server says, harmless to show: ``most`` characters. Keys that it quotes are masked
    before it is cut, for it goes into statuses, logs and recordings."""
    for key in sorted(_read, key=len, reverse=True):
        text = text.replace(key, "***")
    return display_line(text, most)


THIS_MACHINE = "this machine"


class Key(Struct, frozen=True):
    """A key, by the environment variable that it, its file and its hosts are named after."""

    variable: str
    home: str = ""
    """Who gets it where ``<variable>_HOST`` names nobody: a host, or :data:`THIS_MACHINE`. Empty
    for a key that goes to whatever server a SOURCE names."""

    def bound(self, environment: Mapping[str, str] | None = None) -> list[str]:
        """The hosts, each with its port where it has one, that ``<variable>_HOST`` names. Raises
        UsageError for what is none, without quoting it: it may be an address with a password."""
        environment = os.environ if environment is None else environment
        names = environment.get(f"{self.variable}_HOST", "").split(",")
        hosts = [host for name in names if (host := name.strip().lower())]
        if not all(map(_HOST.fullmatch, hosts)):
            raise UsageError(f"{self.variable}_HOST: not HOST or HOST:PORT, or several with commas")
        return hosts

    def whose(self, environment: Mapping[str, str] | None = None) -> str:
        """Who gets it, in words; empty for whatever server a SOURCE names. Raises UsageError."""
        return ", ".join(self.bound(environment)) or self.home

    def goes_to(self, url: str, environment: Mapping[str, str] | None = None) -> bool:
        """Whether the server at ``url`` may get it."""
        if bound := self.bound(environment):
            return _here(url) in bound
        if self.home == THIS_MACHINE:
            return is_loopback(url)
        return not self.home or _here(url) == self.home

    def sent_to(self, url: str, environment: Mapping[str, str] | None = None) -> str | None:
        """The key, if there is one that the server at ``url`` may get. Raises UsageError for one
        that cannot be sent, whoever may get it."""
        key = read_key(self.variable, environment)
        return key if key and self.goes_to(url, environment) else None

    def hint(self, url: str, environment: Mapping[str, str] | None = None) -> str:
        """What to do where the server at ``url`` wants a key, or does not accept this one."""
        found = read_key(self.variable, environment) is not None
        if found and not self.goes_to(url, environment):
            here = _here(url)
            return (
                f"{self.variable} is set for {self.whose(environment)}, and not sent to {here}: "
                f"set {self.variable}_HOST={here} if it belongs there"
            )
        return hint(self.variable, sent=found, environment=environment)


def _here(url: str) -> str:
    return host_name(url, "ws", "wss", "http", "https")


def hint(variable: str, *, sent: bool, environment: Mapping[str, str] | None = None) -> str:
    """What to do where a server wants a key. ``sent``: it got the one that :func:`read_key` found,
    and does not accept it."""
    environment = os.environ if environment is None else environment
    where = variable if environment.get(variable, "").strip() else f"{variable}_FILE"
    if sent:
        return f"the key in {where} was sent, and is not accepted: wrong, expired, or another's"
    if environment.get(f"{variable}_FILE"):
        return f"it wants a key, and the file that {variable}_FILE names is empty"
    return f"it wants a key: set {variable}, or {variable}_FILE to the name of a file that holds it"
