"""How a command ends: in good order, whoever ends it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


def ending_signals(*more: signal.Signals) -> list[signal.Signals]:
    """Signals that end a run in good order, and ``more``; those that whoever started us had ignored
    (``nohup``) stay so."""
    wanted = (signal.SIGTERM, signal.SIGHUP, *more)
    return [ending for ending in wanted if signal.getsignal(ending) is not signal.SIG_IGN]


def run_async(work: Callable[[], Awaitable[T]]) -> T:
    """Run to the end. An interrupt, a request to terminate or a terminal that went away cancels the
    work, so that recordings are closed, and raises KeyboardInterrupt.

    A request to terminate is not passed on as an interrupt: what a script starts with ``&`` ignores
    those.
    """

    async def main() -> T:
        task = asyncio.current_task()
        assert task is not None
        for ending in ending_signals():
            asyncio.get_running_loop().add_signal_handler(ending, task.cancel)
        return await work()

    try:
        return asyncio.run(main())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
