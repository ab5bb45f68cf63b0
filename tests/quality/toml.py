"""Writing ``material/quality.toml``: the standard library only reads TOML."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec

from moltwatch.heuristics import material
from moltwatch.heuristics.quality import Measured, Set, Validation

QUALITY = Path(material.__file__).parent / "quality.toml"
_HEAD = """\
# How good the heuristics are, each alone and all without it.
# Written by `python -m tests.quality ../shared`, never by hand; read by heuristics/quality.py.
"""
_FLAT = ("families", "heuristics")
"""Tables of which every row is a line."""


def written(measured: Measured) -> str:
    """The whole file."""
    lines = [
        *(line for name, of in measured.sets.items() for line in _set(f"sets.{name}", of)),
        "",
        "[validations]",
        *(line for name, of in measured.validations.items() for line in _validation(name, of)),
    ]
    return _HEAD + "".join(f"{line}\n" for line in lines)


def _validation(name: str, validation: Validation) -> Iterator[str]:
    told = msgspec.to_builtins(validation)
    yield ""
    yield f"[validations.{_key(name)}]"
    for key in ("title", "recall"):
        yield f"{key} = {_inline(told[key])}"
    yield ""
    yield f"[validations.{_key(name)}.slices]"
    yield from (f"{_key(key)} = {_inline(row)}" for key, row in told["slices"].items())


def _set(name: str, measured: Set) -> Iterator[str]:
    told = msgspec.to_builtins(measured)
    yield ""
    yield f"[{name}]"
    for key, value in told.items():
        if key not in _FLAT and value is not None:
            yield f"{key} = {_inline(value)}"
    tables = {f"families.{kind}": rows for kind, rows in told["families"].items()}
    for table, rows in {**tables, "heuristics": told["heuristics"]}.items():
        if rows or table == "heuristics":
            yield ""
            yield f"[{name}.{table}]"
            yield from (f"{_key(key)} = {_inline(row)}" for key, row in rows.items())
    if not tables:
        yield f"\n[{name}.families]"


def _inline(value: object) -> str:
    if isinstance(value, dict):
        inside = ", ".join(f"{_key(key)} = {_inline(each)}" for key, each in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    return json.dumps(value, ensure_ascii=False)


def _key(key: str) -> str:
    return key if key.replace("-", "").replace("_", "").isalnum() else json.dumps(key)
