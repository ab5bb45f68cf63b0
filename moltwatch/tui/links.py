"""Opening a stranger's link: only plain web addresses, and never in this terminal."""

from __future__ import annotations

import webbrowser
from urllib.parse import urlsplit

LONGEST = 2_000


def web_address(url: str | None) -> str | None:
    """The address if it is one that is safe to hand to a browser, otherwise None.

    Safe is: http or https, a host, no name or password before it, nothing that is not printable
    ASCII without blanks (a browser accepts escapes; a shell behind ``$BROWSER`` may not forgive).
    """
    if not url or len(url) > LONGEST or not url.isascii():
        return None
    if not all("!" <= character <= "~" for character in url) or set(url) & set("\"'`\\<>^{}|"):
        return None
    try:
        parts = urlsplit(url)
        if parts.port == 0:
            return None
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return None
    return url


def has_browser() -> bool:
    """Whether there is a browser with a window; one for the terminal would draw over the screen."""
    try:
        return type(webbrowser.get()) is not webbrowser.GenericBrowser
    except webbrowser.Error:
        return False
