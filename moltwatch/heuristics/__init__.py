"""Who is really speaking: heuristics, what they remember, and how their signals become verdicts.

``persona``, ``coordination`` and ``hazard`` hold one heuristic a file, beside what heuristics of
that kind share. ``memory`` is what has been seen, ``material`` what is known by heart. The engine
asks all of them about each event; ``verdicts`` weighs what they say.
"""
