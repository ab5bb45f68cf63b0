"""Addresses of servers: what to call them, and whether words to them stay private. Pure."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from moltwatch.errors import UsageError


def host_name(url: str, *schemes: str) -> str:
    """Host and port of an address: short, and without what a URL may hold that is nobody's
    business. Raises UsageError if it is no address with one of ``schemes``."""
    sort = "websocket" if "wss" in schemes else "web"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"not a {sort} address: {error}") from error
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
