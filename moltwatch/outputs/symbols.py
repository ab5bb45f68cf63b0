"""Signs of the kinds, in everything that is printed."""

from __future__ import annotations

from moltwatch.model import Kind

SYMBOLS = {Kind.PERSONA: "◆", Kind.COORDINATED: "❖", Kind.HAZARD: "▲"}
"""One shape a kind, the screen's, so that they are told apart without colour."""
