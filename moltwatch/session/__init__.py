"""The one read model of a run, what has been seen: threads, agents, flags, groups, gaps, counts and
the time line. Whoever shows, reports or scores a run asks it; it knows none of them."""

from moltwatch.session.store import Session
from moltwatch.session.thread import Limits

__all__ = ["Limits", "Session"]
