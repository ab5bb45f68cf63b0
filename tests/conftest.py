"""What all tests share."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

# Who runs the tests in the background of a script may ignore interrupts, and the programs started
# by tests would inherit that, deaf to the Ctrl-C they are tested with.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the checkout; tests that need it skip where it is absent."""
    if not (_SHARED / "data").is_dir():
        pytest.skip("no real data beside this checkout")
    return _SHARED
