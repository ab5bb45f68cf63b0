"""What leaves moltwatch other than the screen: lines on standard output or into a pipe, one format
a file (``jsonl``, ``csv``, ``text``); reports; a forum websocket."""

from __future__ import annotations

from moltwatch.model import Kind

SYMBOLS = {Kind.PERSONA: "◆", Kind.COORDINATED: "❖", Kind.HAZARD: "▲"}
"""Signs of the kinds in everything that is printed: one shape a kind, the screen's, so that they
are told apart without colour."""
