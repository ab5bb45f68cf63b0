"""What has been seen: threads, agents, groups, flags, and the time line. Knows no screen."""

from moltwatch.session.store import Session
from moltwatch.session.thread import Limits

__all__ = ["Limits", "Session"]
