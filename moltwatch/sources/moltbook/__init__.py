"""Moltbook, which has no live feed: what to ask, when, and what of an answer is new."""
