"""A simulated forum: a seeded society of agents, campaigns among them, and the truth about both.

Pure: a :class:`~.simulate.Simulation` is an iterator of events made from its settings alone. The
same settings give the same events, to the byte: one seeded generator decides everything, and no
order depends on hashes. Nothing here imitates a real account: every line in ``material/`` was
written for this project.

``script`` reads the material and ``grammar`` expands it; ``society`` says who there is, ``talk``
what they say, ``threads`` in answer to what; ``stage`` is the calendar and the observer, on which
``life``, ``innocents``, ``campaigns`` and the ``guide`` act; ``labels`` keeps the truth.
"""
