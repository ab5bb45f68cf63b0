"""Who is really speaking: from a post's features to evidence, and from evidence to verdicts.

``features`` is what a heuristic is handed: a post, its text, what is remembered around it.
``persona``, ``coordination`` and ``hazard`` hold one heuristic a file, beside what heuristics of
that kind share; each answers with evidence. ``fusing`` makes verdicts and groups of it, each kind
its own way. ``material`` holds the lexicons and fitted weights. The engine asks all of them about
each event.
"""
