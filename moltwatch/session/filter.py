r"""The filter language of ``--where`` and of the screen's ``/`` and ``&``.

    author:~clawd kind:comment persona>0.7      terms side by side must all hold
    "exact phrase" (swarm or flood) not hello   words and phrases are looked for in title and text
    text~/mint\s+#?\d+/ -community:general      a regular expression; ``-`` and ``not`` turn round
    flagged:coordinated group:g7 after:2026-01-31T05:00

Words compare folded: case, look-alike letters and hidden characters make no difference. ``:`` asks
for the whole value of a name (``author:``) and for a part of a text (``title:``), ``:~`` for a part
of either. On the screen, words are looked for in authors and communities as well, and ``is:name``
is a filter that was kept under that name.

The grammar is read by lark; what comes of it is made of the terms of :mod:`.filter_terms`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, NoReturn

from moltwatch.errors import UsageError
from moltwatch.text import find_as_written, fold
from moltwatch.times import parse_time

if TYPE_CHECKING:
    from lark import Lark, Token

from moltwatch.session.filter_terms import (
    CHOICES,
    FIELDS,
    MOST_SEARCHED,
    NAMES,
    NUMBERS,
    RELATIONS,
    TIMES,
    And,
    Anywhere,
    Chosen,
    Compares,
    Everything,
    Kept,
    Matches,
    Named,
    Not,
    Or,
    Pattern,
    Phrase,
    Subject,
    Term,
    When,
)

__all__ = ["DEEPEST", "LONGEST", "Filter", "FilterError", "compile_filter"]


class FilterError(UsageError):
    """A filter cannot be read. ``start`` and ``end`` tell where, ``hint`` what may have been
    meant."""

    def __init__(self, text: str, what: str, start: int, end: int, hint: str = "") -> None:
        super().__init__(_show(text, what, start, end, hint))
        self.what, self.start, self.end, self.hint = what, start, end, hint


# --- parsing --------------------------------------------------------------------------------------

LONGEST = 1_000
"""Characters a filter may have."""

MOST_WITHIN = 5
"""Kept filters within each other."""

DEEPEST = 50
"""Parentheses within parentheses; what is nested is answered by recursion."""

_GRAMMAR = r"""
?start: or
?or: and | and (_OR and)+ -> disjunction
?and: not | not (_AND? not)+ -> conjunction
?not: _NOT not -> negation
    | "(" or ")"
    | FIELD OPERATOR (VALUE | STRING | REGEX) -> term
    | (WORD | STRING) -> phrase
    | REGEX -> pattern

FIELD.3: /[A-Za-z_]+(?=[:~]|\s*[<>=])/
OPERATOR: /:~|[<>]=|[:~<>=]/
REGEX.2: /\/(?:[^\/\\]|\\.)+\//
STRING: /"(?:[^"\\]|\\.)*"/
VALUE: /[^\s()"]+/
WORD: /(?!(?:and|or|not)(?:[\s()"]|$))[^\s()"\-!:~<>=\/][^\s()"]*/i
_AND.4: /and(?=[\s()"]|$)/i
_OR.4: /or(?=[\s()"]|$)/i
_NOT.4: /not(?=[\s()"]|$)|[-!](?=\S)/i
%ignore /\s+/
"""


class Filter:
    """A compiled filter. Call it with a :class:`Subject`; ``str`` gives it back, normalised."""

    def __init__(self, term: Term) -> None:
        self.term = term

    def __call__(self, subject: Subject) -> bool:
        return self.term(subject)

    def places(self, text: str, most: int = 200) -> list[tuple[int, int]]:
        """Where in a title or a text stands what is looked for, in order and apart."""
        found: list[tuple[int, int]] = []
        for term in _sought(self.term):
            if isinstance(term, Pattern):
                matches = term.compiled.finditer(text[:MOST_SEARCHED])
                spans: Iterator[tuple[int, int]] = (match.span() for match in matches)
            else:
                spans = find_as_written(text, term.folded)
            for start, end in spans:
                if start < end:
                    found.append((start, end))
                if len(found) >= most:
                    break
        apart: list[tuple[int, int]] = []
        for start, end in sorted(found):
            if apart and start <= apart[-1][1]:
                apart[-1] = apart[-1][0], max(end, apart[-1][1])
            else:
                apart.append((start, end))
        return apart

    def __str__(self) -> str:
        return str(self.term)

    def __repr__(self) -> str:
        return f"compile_filter({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Filter) and self.term == other.term

    def __hash__(self) -> int:
        return hash(self.term)


def _sought(term: Term) -> Iterator[Phrase | Pattern | Matches]:
    """The terms that can be pointed at in a text that passes."""
    if isinstance(term, Phrase):
        yield term
    elif isinstance(term, Pattern | Matches):
        if term.field in ("text", "title"):
            yield term
    elif isinstance(term, And | Or):
        for part in term.parts:
            yield from _sought(part)
    elif isinstance(term, Named):
        yield from _sought(term.term)


def compile_filter(
    text: str, *, everywhere: bool = False, kept: Mapping[str, str] | None = None
) -> Filter:
    """Compile a filter; the empty one lets everything pass.

    With ``everywhere``, words are looked for in authors and communities as well. ``kept`` are
    filters by name, which ``is:name`` stands for.

    Raises UsageError that shows the place and, where there is one, a suggestion.
    """
    return Filter(_compile(text, everywhere, kept, ()))


def _compile(
    text: str, everywhere: bool, kept: Mapping[str, str] | None, within: tuple[str, ...]
) -> Term:
    """The term of a filter; ``within`` are the names of the filters it is a part of."""
    if not text.strip():
        return Everything()
    if len(text) > LONGEST:
        raise FilterError(text, f"longer than {LONGEST:,} characters", LONGEST, LONGEST + 1)
    depths = list(accumulate((char == "(") - (char == ")") for char in text))
    if max(depths) > DEEPEST:
        at = depths.index(DEEPEST + 1)
        raise FilterError(text, f"more than {DEEPEST} parentheses within each other", at, at + 1)
    from lark.exceptions import UnexpectedInput

    try:
        # The transformer works while the text is parsed, so this is the term, not a tree.
        term: Term = _parser().parse(text)  # type: ignore[assignment]
        return _finished(term, everywhere, kept, within)
    except _Wrong as error:
        wrong = error
    except UnexpectedInput as error:
        wrong = _explain(text, error)
    raise FilterError(text, str(wrong), wrong.start, wrong.end, wrong.hint)


def _finished(
    term: Term, everywhere: bool, kept: Mapping[str, str] | None, within: tuple[str, ...]
) -> Term:
    """A term in which kept filters are looked up, and words are meant as they are to be."""
    if isinstance(term, And | Or):
        parts = (_finished(part, everywhere, kept, within) for part in term.parts)
        return type(term)(tuple(parts))
    if isinstance(term, Not):
        return Not(_finished(term.part, everywhere, kept, within))
    if isinstance(term, Phrase):
        return Anywhere(term.phrase) if everywhere else term
    if isinstance(term, Kept):
        return _looked_up(term, everywhere, kept, within)
    return term


def _looked_up(
    term: Kept, everywhere: bool, kept: Mapping[str, str] | None, within: tuple[str, ...]
) -> Term:
    if kept is None:
        raise _Wrong("filters are kept by name on the screen alone", term.start, term.end)
    if term.name not in kept:
        names = ", ".join(sorted(kept)[:20])
        hint = f"kept are {names}" if kept else "none is kept; name = filter keeps one"
        raise _Wrong(f"no filter is kept as {term.name!r}", term.start, term.end, hint)
    if term.name in within or len(within) > MOST_WITHIN:
        raise _Wrong(f"the filter {term.name!r} is made of itself", term.start, term.end)
    try:
        return Named(term.name, _compile(kept[term.name], everywhere, kept, (*within, term.name)))
    except UsageError as error:
        what = error.what if isinstance(error, FilterError) else str(error)
        message = f"the filter kept as {term.name!r} is wrong: {what}"
        raise _Wrong(message, term.start, term.end) from None


class _Wrong(Exception):
    """What is wrong, where, and what may have been meant."""

    def __init__(self, message: str, start: int, end: int, hint: str = "") -> None:
        super().__init__(message)
        self.start, self.end, self.hint = start, end, hint


@cache
def _parser() -> Lark:
    # Imported here: it takes 80 ms that only those who filter should pay.
    from lark import Lark, Transformer, v_args

    @v_args(inline=True)
    class Build(Transformer):  # type: ignore[type-arg]
        """From tokens to terms."""

        def negation(self, term: Term) -> Term:
            return term.part if isinstance(term, Not) else Not(term)

        def phrase(self, token: Token) -> Term:
            if token.type == "WORD":
                _no_other_language(token)
            phrase = _text(token)
            if not fold(phrase):
                _refuse("nothing to look for", token)
            return Phrase(phrase)

        def pattern(self, token: Token) -> Term:
            return _pattern("text", token)

        def term(self, field: Token, sign: Token, value: Token) -> Term:
            return _term(field, sign, value)

        def conjunction(self, *terms: Term) -> Term:
            return And(terms)

        def disjunction(self, *terms: Term) -> Term:
            return Or(terms)

    return Lark(_GRAMMAR, parser="lalr", transformer=Build())


def _term(field: Token, sign: Token, value: Token) -> Term:
    name = field.lower()
    if name == "is":
        return Kept(_text(value), field.start_pos or 0, (value.start_pos or 0) + len(value))
    if name not in FIELDS:
        close = get_close_matches(name, FIELDS, 1, 0.5)
        hint = f"did you mean {close[0]}?" if close else f"fields are {', '.join(FIELDS)}"
        _refuse(
            f"no field is called {str(field)!r}", field, f"{hint} (words with a colon want quotes)"
        )
    if name in NUMBERS:
        return _number(name, sign, value)
    if sign in RELATIONS and sign != "=":
        _refuse(f"{name} is not a number", sign, f"write {name}:…")
    if name in CHOICES:
        choice = _text(value).lower()
        if choice not in CHOICES[name]:
            _refuse(f"{name} cannot be that", value, f"one of {', '.join(CHOICES[name])}")
        return Chosen(name, choice)
    if name in TIMES:
        try:
            return When(name, parse_time(_text(value)))
        except ValueError:
            _refuse("not a time", value, "write it like 2026-01-31T05:19:31Z")
    if value.type == "REGEX":
        return _pattern(name, value)
    text = _text(value)
    if not fold(text):
        _refuse("nothing to look for", value)
    whole = name in NAMES and sign in (":", "=")
    if whole and value.type == "VALUE" and "*" in text:
        _refuse("no wildcards", value, f"write {name}:~{text.replace('*', '') or '…'} for a part")
    return Matches(name, text, whole=whole)


def _no_other_language(word: Token) -> None:
    """Refuse what other languages say with signs: looked for as a word it would find nothing."""
    if word in _SIGNS:
        _refuse(f"{word} is not known here", word, f'write {_SIGNS[word]}, or "{word}"')
    field, unequal, value = word.partition("!=")
    if unequal and field.lower() in FIELDS:
        _refuse("!= is not known here", word, f"write -{field.lower()}:{value or '…'}")


_SIGNS = {"&&": "and", "&": "and", "||": "or", "|": "or"}


def _number(name: str, sign: Token, value: Token) -> Term:
    relation = "=" if sign == ":" else str(sign)
    if relation not in RELATIONS:
        _refuse(f"{name} is a number", sign, f"write {name}>0.5")
    try:
        limit = float(_text(value))
    except ValueError:
        _refuse("not a number", value, f"write {name}>0.5")
    if not abs(limit) < 1e12:
        _refuse("not a number of use here", value)
    return Compares(name, relation, limit)


def _pattern(field: str, token: Token) -> Term:
    term = Pattern(field, str(token[1:-1]))
    try:
        _ = term.compiled
    except (re.error, RecursionError, OverflowError) as error:
        _refuse(f"not a regular expression: {error}", token)
    return term


def _text(token: Token) -> str:
    return (
        re.sub(r"\\(.)", r"\1", token[1:-1], flags=re.S) if token.type == "STRING" else str(token)
    )


def _refuse(message: str, token: Token, hint: str = "") -> NoReturn:
    start = token.start_pos or 0
    raise _Wrong(message, start, start + len(token), hint)


def _explain(text: str, error: Exception) -> _Wrong:
    """What a parser's complaint means to someone who types a filter."""
    from lark.exceptions import UnexpectedCharacters, UnexpectedToken

    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        unclosed = text.count("(") > text.count(")")
        hint = "a closing ) is missing" if unclosed else "something has to follow"
        return _Wrong("ends too early", len(text), len(text) + 1, hint)
    at = error.pos_in_stream if isinstance(error, UnexpectedToken | UnexpectedCharacters) else 0
    at = at or 0
    hints = {'"': 'a closing " is missing', ")": "no ( for this )", "/": "a closing / is missing"}
    hints |= {"-": "something has to follow", "!": "something has to follow"}
    return _Wrong("cannot be read from here", at, at + 1, hints.get(text[at : at + 1], ""))


def _show(text: str, what: str, start: int, end: int, hint: str) -> str:
    if len(text) > LONGEST:
        return f"filter: {what}"
    # One line, whatever was typed, so that the caret stands under the right place.
    line = re.sub(r"\s", " ", text)
    caret = " " * start + "^" * max(1, min(end, len(text) + 1) - start)
    return f"filter: {what}\n  {line}\n  {caret} {hint}".rstrip()
