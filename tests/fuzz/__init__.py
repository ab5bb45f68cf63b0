"""Every parser, given what nobody would send on purpose.

`python -m tests.fuzz --minutes 10` does by hand what the suite does for a moment.
"""
