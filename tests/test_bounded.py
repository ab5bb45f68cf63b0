"""What forgets its oldest entries holds the newest, and never more than it may."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from moltwatch.bounded import Recent


@given(keys=st.lists(st.integers(0, 12)), most=st.integers(2, 10))
def test_the_newest_half_is_there_and_no_more_than_all(keys: list[int], most: int) -> None:
    recent: Recent[int, str] = Recent(most)
    for key in keys:
        recent.put(key, f"{key}")
    newest = list(dict.fromkeys(reversed(keys)))
    held = [key for key in newest if recent.get(key) == f"{key}"]
    assert set(held) >= set(newest[: most // 2])
    assert len(held) <= most
    assert all(recent.get(key) is None for key in range(13) if key not in keys)


def test_what_has_a_value_keeps_it_when_another_is_added() -> None:
    recent: Recent[str, int] = Recent(4)
    recent.add("a", 1)
    recent.put("b", 2)
    recent.add("a", 9)
    assert recent.get("a") == 1
    recent.put("a", 9)
    assert recent.get("a") == 9
