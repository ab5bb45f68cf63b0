"""Heuristics, one a file; the engine that runs them, and the verdicts made of what they say."""
