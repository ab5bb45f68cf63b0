"""How good the heuristics are, measured against labels.

``labels`` are what is true; ``observer`` has a session of what a run said, and ``tape`` keeps it
word for word; ``coordination`` and ``items`` compare the two, by ``metrics``. ``measurement`` is
one evaluation from beginning to end, ``report`` its outcome, ``tables`` how people are shown it.
"""
