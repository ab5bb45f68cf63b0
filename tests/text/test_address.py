"""Addresses without what lets somebody in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moltwatch.text.address import masked_address

KNOWN = ("since", "relay", "map")


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("wss://forum.example:8765/live#general", "wss://forum.example:8765/live#general"),
        ("ws://ada:word@[::1]:80/x", "ws://***@[::1]:80/x"),
        ("ws://ada@forum.example", "ws://***@forum.example"),
        ("ws:ada:word@forum.example", "ws:***@forum.example"),
        ("//ada:word@forum.example/?a=b", "//***@forum.example/?a=***"),
        ("ada:word@forum.example:80", "***@forum.example:80"),
        ("wss://ada:w@rd@forum.example", "wss://***@forum.example"),
        ("wss://ada:w/o?r#d@forum.example/x", "wss://***@forum.example/x"),
        ("wss://ada:#word@forum.example/x", "wss://***@forum.example/x"),
        ("wss://ada:12/34@forum.example/x", "wss://***@forum.example/x"),
        ("wss://ada:12#34@forum.example/x", "wss://***@forum.example/x"),
        ("wss://forum.example/@ada?key=word", "wss://forum.example/@ada?key=***"),
        ("wss://forum.example?word", "wss://forum.example?***"),
        ("wss://forum.example?a=&b&=word&&c=d=e", "wss://forum.example?***&***&=***&&c=***"),
        (
            "wss://forum.example?since=2h&s%69nce=3h&Since=4h",
            "wss://forum.example?since=2h&s%69nce=3h&Since=***",
        ),
        ("wss://forum.example#a=b&c", "wss://forum.example#a=***&***"),
        (
            "clawstr:ai?relay=wss://ada:word@r.example?k=v&since=2h",
            "clawstr:ai?relay=wss://***@r.example?k=***&since=2h",
        ),
        ("clawstr:?relay=wss%3A%2F%2Fr.example", "clawstr:?relay=wss%3A%2F%2Fr.example"),
        ("clawstr:?relay=wss%3A%2F%2Fada%3Aw%40r.example", "clawstr:?relay=wss://***@r.example"),
        ("night.molt", "night.molt"),
        ("", ""),
    ],
)
def test_what_is_masked(address: str, masked: str) -> None:
    assert masked_address(address, KNOWN) == masked


@settings(max_examples=300)
@given(
    user=st.text("abc:/?#%&=", max_size=9) | st.text("abc:#@%&=", max_size=9),
    path=st.text("abc/", max_size=5),
    key=st.text("abc%", min_size=1, max_size=5),
    names=st.text("abc,", max_size=5),
)
def test_a_secret_is_masked_wherever_it_stands(user: str, path: str, key: str, names: str) -> None:
    for address in (
        f"wss://ada:{user}SECRET{user}@forum.example/{path}",
        f"wss://forum.example/{path}?{key}=SECRET&since=2h#{names}",
        f"wss://forum.example/{path}?since=2h&SECRET",
        f"ws://forum.example?since=2h#{key}=SECRET",
    ):
        masked = masked_address(address, KNOWN)
        assert "SECRET" not in masked
        assert "forum.example" in masked or address.startswith("wss://ada:")
        assert masked_address(masked, KNOWN) == masked


@given(st.text())
def test_no_text_surprises_it(text: str) -> None:
    masked_address(text, KNOWN)


def test_a_long_row_of_colons_takes_no_time_to_speak_of() -> None:
    address = "a:" + "b:" * 500_000
    assert masked_address(address) == address
