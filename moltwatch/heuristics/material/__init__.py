"""What heuristics know by heart: phrases, patterns, hosts, weights; a TOML file each, commented."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any


def read_material(name: str) -> dict[str, Any]:
    """A file of this folder, without its ending."""
    return tomllib.loads((files(__package__) / f"{name}.toml").read_text("utf-8"))
