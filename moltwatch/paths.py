"""Where things lie: what is shipped with moltwatch, and the user's own folders (XDG)."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_RECORDING = ".jsonl.gz"


def shipped(folder: str) -> Path:
    """The folder ``themes`` or ``recordings`` that came with moltwatch.

    A wheel carries them inside the package; in a source checkout they are at the top level.
    """
    inside = _PACKAGE / "_shipped" / folder
    return inside if inside.is_dir() else _PACKAGE.parent / folder


def without_home(text: str) -> str:
    """A text of ours in which the user's home folder, which tells a name, is ``~``."""
    try:
        home = str(Path.home())
    except RuntimeError:  # nobody knows where it is
        return text
    if home == "/":
        return text
    return re.sub(rf"(?<![\w/~.-]){re.escape(home)}(?![\w.-])", "~", text)


def bundled_recording(name: str) -> Path | None:
    """The recording that came with moltwatch under this name (``night``), if there is one.

    A file of the user's own by that name goes first.
    """
    if name not in bundled_recordings() or Path(name).exists():
        return None
    return shipped("recordings") / f"{name}{_RECORDING}"


def bundled_recordings() -> list[str]:
    """The names of the recordings that came with moltwatch."""
    found = shipped("recordings").glob(f"*{_RECORDING}")
    return sorted(path.name.removesuffix(_RECORDING) for path in found)


def config_file() -> Path:
    """``config.toml`` in the user's configuration folder (``$XDG_CONFIG_HOME/moltwatch``)."""
    import platformdirs

    return _own(platformdirs.user_config_path) / "config.toml"


def state_folder() -> Path:
    """Where what the user said of sessions is kept (``$XDG_STATE_HOME/moltwatch``)."""
    import platformdirs

    return _own(platformdirs.user_state_path)


def cache_folder() -> Path:
    """Where lies what can be made anew (``$XDG_CACHE_HOME/moltwatch``)."""
    import platformdirs

    return _own(platformdirs.user_cache_path)


def _own(folder: Callable[[str], Path]) -> Path:
    """One of the user's folders. Where nobody knows the home folder, a place at which nothing is,
    nor can be made; and nothing is made in a folder called ``~``."""
    nowhere = Path(os.devnull) / "moltwatch"
    try:
        path = folder("moltwatch")
    except RuntimeError:
        return nowhere
    return nowhere if path.parts[0] == "~" else path
