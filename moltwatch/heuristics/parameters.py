"""Types of heuristic parameters, with the ranges that a configuration is held to."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from msgspec import Meta

Seconds: TypeAlias = Annotated[float, Meta(gt=0, le=7 * 86_400)]
"""A span of stream time, up to a week."""

Fraction: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
"""A part of something, or a strength."""

Chance: TypeAlias = Annotated[float, Meta(gt=0, lt=1)]
"""The probability below which something is no chance any more."""

Majority: TypeAlias = Annotated[float, Meta(ge=0.5, le=1)]
"""A part of something, half of it or more."""

Accounts: TypeAlias = Annotated[int, Meta(ge=2, le=100_000)]
"""A number of distinct accounts."""

Characters: TypeAlias = Annotated[int, Meta(ge=4, le=200)]
"""The length of a text."""

Count: TypeAlias = Annotated[int, Meta(ge=1, le=1_000_000)]
"""A number of things."""
