"""A simulated forum: a seeded society of agents, campaigns among them, and the truth about both.

Pure: a :class:`~.simulate.Simulation` is an iterator of events made from its settings alone. The
same settings give the same events, to the byte, on every machine. Nothing here imitates a real
account: every line in ``material/`` was written for this project.
"""
