"""What all commands have in common before and around their work: what they demand of their
arguments, and how they end in good order, whoever ends them."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from moltwatch.errors import UsageError
from moltwatch.text import display_line

T = TypeVar("T")


def forbid_source(path: Path, specs: Sequence[str], what: str) -> None:
    """Raise UsageError if what is written to ``path`` would be written over what is read."""
    from moltwatch.sources.grammar import recordings_among

    if path.exists() and any(map(path.samefile, recordings_among(specs))):
        raise UsageError(f"{path} is a SOURCE: name another file to {what} to")


def require_recording(spec: str) -> None:
    """Raise UsageError for a SOURCE that goes on for ever: what sums up needs an end."""
    from moltwatch.sources.grammar import recordings_among, shown

    if spec != "-" and not recordings_among([spec]):
        told = display_line(shown(spec))
        raise UsageError(f"{told} is no recording: moltwatch record {told} -o FILE makes one")


def require_file(spec: str, target: Path) -> None:
    """Raise UsageError for a SOURCE that is no file or folder: what is read twice has to stay."""
    from moltwatch.sources.grammar import recordings_among, shown

    if not recordings_among([spec]):
        told = display_line(shown(spec))
        raise UsageError(f"{told} is not a file: moltwatch record {told} -o {target} keeps it")


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
