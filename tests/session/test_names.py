"""What accounts are called where people read: told apart, harmless, and bounded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moltwatch.model import AgentSeen
from moltwatch.session.names import Names, key_of
from moltwatch.text import display_line

ADA = "3f9c" * 16
UUID = "550e8400-e29b-41d4-a716-446655440000"


def named(*told: tuple[str, str | None], most: int = 100) -> Names:
    names = Names(most)
    for account, display in told:
        names.take(AgentSeen(name=account, seen_at=0, display=display))
    return names


@pytest.mark.parametrize(
    ("account", "display", "called"),
    [
        (ADA, "Ada", "Ada·3f9c"),
        (ADA, None, "3f9c3f9c…"),
        (ADA, "\u200b\u202e", "3f9c3f9c…"),
        (ADA, "A\x1b[31md\na" + "!" * 90, "A␛[31md a!!!!!!!!!!!!!!!·3f9c"),
        ("did:plc:abcdefgh2345", "ada.bsky.example", "ada.bsky.example·abcd"),
        ("did:plc:abcdefgh2345", None, "abcdefgh…"),
        (UUID, "Ada", "Ada·550e"),
        ("did:web:ada.example", "Ada", "did:web:ada.example"),
        ("ada@reef.example", "Ada Lovelace", "ada@reef.example"),
        ("u0123456789", None, "u0123456789"),
    ],
)
def test_keys_get_a_name_and_names_stay(account: str, display: str | None, called: str) -> None:
    assert named((account, display))(account) == called


def test_who_takes_the_name_of_another_is_called_otherwise() -> None:
    names = named((ADA, "Ada"), ("3f9c" + "0" * 60, "Ada"), ("3f9c3f9c" + "0" * 56, "Ada"))
    assert names(ADA) == "Ada·3f9c"
    assert names("3f9c" + "0" * 60) == "Ada·3f9c0000"
    assert names("3f9c3f9c" + "0" * 56) == "Ada·3f9c3f9c"


def test_a_new_name_sets_the_old_one_free() -> None:
    names = named((ADA, "Ada"), (ADA, "Bea"), ("3f9c" + "0" * 60, "Ada"))
    assert names(ADA) == "Bea·3f9c"
    assert names("3f9c" + "0" * 60) == "Ada·3f9c"


def test_the_version_tells_of_changes_only() -> None:
    names = named((ADA, "Ada"))
    before = names.version
    names.take(AgentSeen(name=ADA, seen_at=1, display="Ada", bio="new"))
    assert names.version == before
    names.take(AgentSeen(name=ADA, seen_at=1, display="Eve"))
    assert names.version > before


def test_all_it_goes_by() -> None:
    names = named((ADA, "Ada"), ("bob", "Robert"))
    assert names.aliases(ADA) == (ADA, "Ada", "Ada·3f9c")
    assert "Robert" in names.aliases("bob")
    assert names.aliases("eve") == ("eve",)


KEYS = st.integers(0, 2**12).map(lambda n: f"{n % 8:04x}{n:060x}")


@given(st.lists(st.tuples(KEYS, st.sampled_from(["Ada", "Bea", "\u202eEve", "A\nb"])), max_size=60))
def test_no_two_are_called_alike_and_nothing_grows(told: list[tuple[str, str]]) -> None:
    names = named(*told, most=10)
    kept = list(dict.fromkeys(account for account, _ in reversed(told)))[:10]
    labels = [names(account) for account in kept]
    assert len(set(labels)) == len(labels)
    assert all(label == display_line(label) for label in labels)
    assert len(names._owners) <= 10


@given(st.text(max_size=80))
def test_any_account_can_be_called(account: str) -> None:
    assert Names()(account) == account or key_of(account)
