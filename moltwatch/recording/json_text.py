"""JSON, read with patience: what strangers send and what programs cut short."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from moltwatch.errors import BadItem

_PATIENT = json.JSONDecoder(strict=False)
_BOM = b"\xef\xbb\xbf"


class TooDeep(ValueError):
    """Brackets within brackets without end."""


def read_json(data: bytes) -> Any:
    """A JSON value; a byte order mark, bytes that are not UTF-8 and raw control characters are no
    reason to lose a post. Raises ValueError, of which :class:`TooDeep` is one."""
    try:
        return msgspec.json.decode(data)
    except (ValueError, RecursionError):
        pass
    try:
        return _PATIENT.decode(data.removeprefix(_BOM).decode("utf-8", "replace"))
    except RecursionError:
        raise TooDeep("nested too deeply") from None


def read_object(data: bytes) -> dict[str, Any]:
    """A JSON object, read like :func:`read_json`. Raises BadItem."""
    try:
        value = read_json(data)
    except ValueError:
        raise BadItem("not JSON") from None
    if not isinstance(value, dict):
        raise BadItem("not an object")
    return value
