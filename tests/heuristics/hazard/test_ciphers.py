"""What is hidden comes out again, and what hides nothing stays silent."""

from __future__ import annotations

import random
from base64 import b64encode
from collections.abc import Callable, Iterator
from string import ascii_lowercase, ascii_uppercase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moltwatch.heuristics.hazard import ciphers
from moltwatch.heuristics.hazard.substitutions import exchanged
from moltwatch.text import fold, words
from tests.heuristics.judging import Court, hazard, reasons

SECRETS = (
    st.lists(st.text(ascii_lowercase, min_size=2, max_size=9), min_size=5, max_size=12)
    .map(" ".join)
    .filter(lambda text: len(text) >= 20 and len(set(text)) >= 5)
)
INVISIBLE = str.maketrans("01", "\u200b\u200c")
MORSE = {letter: sign for sign, letter in ciphers.MORSE_LETTERS.items()}
BRAILLE = {letter: chr(cell) for cell, letter in ciphers.BRAILLE_LETTERS.items()}


def bits_of(text: str) -> str:
    return "".join(f"{byte:08b}" for byte in text.encode())


def selectors_of(text: str) -> str:
    return "".join(chr(0xE0100 + byte - 16) for byte in text.encode())


CIPHERS: dict[str, tuple[Callable[[str], str], Callable[[str, int], Iterator[str]]]] = {
    "base64": (lambda text: b64encode(text.encode()).decode(), ciphers.base64),
    "bits": (lambda text: " ".join(f"{byte:08b}" for byte in text.encode()), ciphers.bits),
    "one run of bits": (bits_of, ciphers.bits),
    "hexadecimal": (lambda text: text.encode().hex(" "), ciphers.hexadecimal),
    "escapes": (
        lambda text: "".join(f"\\x{byte:02x}" for byte in text.encode()),
        ciphers.hexadecimal,
    ),
    "a word of hexadecimal": (
        lambda text: text.encode().hex(),
        lambda text, least: ciphers.hexadecimal_words([text], least),
    ),
    "zero width": (lambda text: bits_of(text).translate(INVISIBLE), ciphers.zero_width),
    "selectors": (selectors_of, ciphers.selectors),
    "braille": (lambda text: "".join(BRAILLE[sign] for sign in text), ciphers.braille),
    "morse": (
        lambda text: " / ".join(
            " ".join(MORSE[letter] for letter in word) for word in text.split()
        ),
        ciphers.morse,
    ),
}


@pytest.mark.parametrize("which", CIPHERS)
@settings(max_examples=30)
@given(secret=SECRETS)
def test_what_was_hidden_comes_out(which: str, secret: str) -> None:
    hide, find = CIPHERS[which]
    assert secret in list(find(hide(secret), 12))


@pytest.mark.parametrize("which", CIPHERS)
@settings(max_examples=30)
@given(text=st.text(max_size=300))
def test_any_text_is_tried_without_harm(which: str, text: str) -> None:
    for found in CIPHERS[which][1](text, 12):
        assert found.isascii()


def test_morse_ends_where_other_text_goes_on() -> None:
    hidden = " ".join(MORSE[letter] for letter in "northernreefatnoon")
    for after in ("", " -------", " ./x", " ...and so on", " / friends"):
        assert list(ciphers.morse(f"Hear: {hidden}{after}", 12)) == ["northernreefatnoon"], after


def test_what_only_looks_like_morse_is_gone_through_once() -> None:
    # From each of its 400,000 signs again, it would take days.
    assert list(ciphers.morse("./ " * 400_000 + ".-x", 12)) == []


PLAIN = "The agents and you are not alone, for all of this will have been read when they are out"


@pytest.mark.parametrize("shift", range(1, 26))
def test_shifted_letters_are_shifted_back(shift: int) -> None:
    image = ascii_lowercase[shift:] + ascii_lowercase[:shift]
    hidden = PLAIN.translate(
        str.maketrans(ascii_lowercase + ascii_uppercase, image + image.upper())
    )
    found = exchanged(frozenset(words(fold(hidden))))
    assert found is not None
    assert found.restore(hidden) == PLAIN


def test_backwards_is_read_forwards() -> None:
    hidden = " ".join(word[::-1] for word in PLAIN.split())
    found = exchanged(frozenset(words(fold(hidden))))
    assert found is not None
    assert found.restore(hidden) == PLAIN


@given(st.lists(st.sampled_from(PLAIN.lower().split()), min_size=8))
def test_plain_words_are_not_exchanged(some: list[str]) -> None:
    assert exchanged(frozenset(some)) is None


SECRET = "meet me at the northern reef"
SEEN = {
    "Morse": CIPHERS["morse"][0](SECRET),
    "Braille": CIPHERS["braille"][0](SECRET),
    "zero-width characters": "Hello" + CIPHERS["zero width"][0](SECRET),
    "variation selectors": "Hello 🦞" + selectors_of(SECRET),
    "hexadecimal": f"Look: {SECRET.encode().hex()}",
    "Base64": f"{{h:{b64encode(SECRET.encode()).decode()}}}",
}


@pytest.mark.parametrize("how", SEEN)
def test_the_reason_tells_what_was_hidden_and_how(how: str) -> None:
    reason = reasons(Court().hear(SEEN[how]), "hidden-message")
    assert "northern reef" in reason
    assert how in reason


def test_a_word_broken_up_by_invisible_characters_is_hidden_too() -> None:
    assert hazard("\u200b\u200d".join("UPVOTE_THIS_NOW")) >= 0.5


def test_an_invented_language_is_told() -> None:
    text = "Vor'ax kel'om drath'a mor, zhi'keth rhex'om til torak'ul. Nodh'kel ov'ra threk'ul!"
    assert "a language of its own" in reasons(Court().hear(text), "hidden-message")


OPEN = {
    "contractions": "I'd say you'll see we've done what they're doing; it's what can't, won't, "
    "didn't, couldn't and shouldn't, y'all've 'em",
    "French": "L'ami d'hier n'a qu'un mot: j'attends l'heure d'une aube qu'aujourd'hui m'offre",
    "Italian": "Nell'aria dell'alba sull'acqua all'ombra dall'isola un'onda quell'anno quest'idea",
    "rulers": "---\n- - - - - - - - - - -\n. . . . . . . . . . . .\n_ _ _ _ _ _ _ _ _ _ _ _",
    "dot art": "⣿⣿⣷⣄⠀⠀⣠⣾⣿⣿⣿⣿⡿⠟⠛⠛⠻⢿⣿⣿⡄⠀⠀⠀⠀⢀⣴⣿⣿⣿⣿⡏⠀⠀⠀⠀⠀⠀⢹⣿⣿",
    "hash": "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "Persian": "می‌خواهم بروم و نمی‌دانم که کی برمی‌گردم و چه کسی می‌ماند",
    "emoji": "❤️‍🔥 👩‍👩‍👧‍👦 🏳️‍🌈 ☀️ ✌🏽 🧑‍🚀🧑‍🚀🧑‍🚀 ⚠️⚠️⚠️⚠️⚠️",
    "small words": "de la que el en un se no te lo le da su por son con para al una os",
}


@pytest.mark.parametrize("which", OPEN)
def test_ordinary_signs_and_languages_hide_nothing(which: str) -> None:
    assert hazard(OPEN[which]) < 0.5


def test_random_letters_are_no_message() -> None:
    chance = random.Random(5)
    for _ in range(200):
        text = " ".join(
            "".join(chance.choices(ascii_lowercase, k=chance.randint(2, 7))) for _ in range(40)
        )
        assert hazard(text) < 0.5


def test_what_carries_a_message_is_found_where_it_stands() -> None:
    blob = b64encode(b"the quorum is nine tonight").decode()
    text = f"see {blob}, and 01101000 01100101 01101100 01110000 beside it"
    told = [text[start:end].strip() for start, end in ciphers.carriers(text, 12)]
    assert told == [blob, "01101000 01100101 01101100 01110000"]
    assert ciphers.carriers("a hash 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", 12) == []
