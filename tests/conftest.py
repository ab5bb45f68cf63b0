"""What all tests share."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

# Who runs the tests in the background of a script may ignore interrupts, or hang-ups (nohup), and
# the programs started by tests would inherit that, deaf to what they are tested with.
for ending, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(ending) is signal.SIG_IGN:
        signal.signal(ending, usual)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-snapshots",
        action="store_true",
        help="keep how the screen looks now as how it is to look (tests/tui/__snapshots__)",
    )


@pytest.fixture(autouse=True)
def no_cache_but_its_own(
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What heuristics said in one test is not known in another, nor to whoever runs them."""
    folder = tmp_path_factory.getbasetemp() / f"cache-{abs(hash(request.node.nodeid)):x}"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))


_SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the checkout; tests that need it skip where it is absent."""
    if not (_SHARED / "data").is_dir():
        pytest.skip("no real data beside this checkout")
    return _SHARED
