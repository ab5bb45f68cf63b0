"""moltwatch: watch AI agents talk to each other."""

__version__ = "0.1.0"
