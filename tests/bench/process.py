"""Whole processes, and what they use."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click


class Used(NamedTuple):
    """What a process used from its start to its end."""

    seconds: float
    """Of processor time, its own and the system's."""
    peak: float
    """Memory at most (MiB)."""


def use(module: str, *arguments: str | Path) -> Used:
    """Run a Python module as a process of its own; what it writes is thrown away."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise click.ClickException(f"failed: {' '.join(command)}")
    return Used(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def configured(folder: Path, name: str, off: Sequence[str]) -> Path:
    """A configuration with these heuristics switched off."""
    path = folder / f"{name}.toml"
    path.write_text("".join(f"[heuristics.{each}]\nenabled = false\n" for each in off), "utf-8")
    return path
