r"""The filter language of ``--where`` and of the screen's ``/`` and ``&``.

    author:~clawd kind:comment persona>0.7      terms side by side must all hold
    "exact phrase" (swarm or flood) not hello   words and phrases are looked for in title and text
    text~/mint\s+#?\d+/ -community:general      a regular expression; ``-`` and ``not`` turn round
    flagged:coordinated group:g7 after:2026-01-31T05:00

Words compare folded: case, look-alike letters and hidden characters make no difference. ``:`` asks
for the whole value of a name (``author:``) and for a part of a text (``title:``), ``:~`` for a part
of either. On the screen, words are looked for in authors and communities as well, and ``is:name``
is a filter that was kept under that name.

First what can be asked about, then the terms, each a small immutable test of one post which prints
as it would be typed, then the grammar, which lark reads.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property, lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, NoReturn, Protocol

from moltwatch.errors import UsageError
from moltwatch.model import Evidence, Kind, Post, Scores
from moltwatch.text import find_as_written, fold
from moltwatch.text.match import MOST_CHARS
from moltwatch.times import Micros, format_time, parse_time

if TYPE_CHECKING:
    from lark import Lark, Token

__all__ = [
    "DEEPEST",
    "FIELDS",
    "LONGEST",
    "Filter",
    "FilterError",
    "Subject",
    "compile_filter",
    "typed",
]

_fold_name = lru_cache(maxsize=16_384)(fold)
"""Names come again and again."""


class FilterError(UsageError):
    """A filter cannot be read. ``start`` and ``end`` tell where, ``hint`` what may have been
    meant."""

    def __init__(self, text: str, what: str, start: int, end: int, hint: str = "") -> None:
        super().__init__(_show(text, what, start, end, hint))
        self.what, self.start, self.end, self.hint = what, start, end, hint


# --- fields ---------------------------------------------------------------------------------------


class Subject:
    """A post as a filter sees it, with what is known of it at that moment."""

    def __init__(
        self,
        post: Post,
        scores: Scores | None = None,
        flags: tuple[Evidence, ...] = (),
        flagged: frozenset[Kind] = frozenset(),
        authors: tuple[str, ...] = (),
    ) -> None:
        self.post = post
        self.scores = scores or Scores()
        self.flags = flags
        self.flagged = flagged
        """Kinds it is flagged for."""
        self.authors = authors or (post.author,)
        """Everything its author goes by."""

    @cached_property
    def folded(self) -> str:
        """Match form of title and text."""
        return fold(self.post.body)

    def says(self, folded: str) -> bool:
        """Whether title and text, folded, have this in them."""
        if "folded" not in self.__dict__:
            # Folding is what takes the time. Of plain ASCII it changes case and blanks alone.
            body = self.post.body
            if len(body) <= MOST_CHARS and body.isascii():
                lower = body.lower()
                if " " not in folded:
                    return folded in lower
                if not all(word in lower for word in folded.split(" ")):
                    return False
        return folded in self.folded

    @property
    def groups(self) -> list[str]:
        return [flag.group for flag in self.flags if flag.group]


def _maybe(value: str | None) -> tuple[str, ...]:
    return (value,) if value else ()


NAMES: dict[str, Callable[[Subject], tuple[str, ...]]] = {
    "author": lambda s: s.authors,
    "community": lambda s: _maybe(s.post.community),
    "group": lambda s: tuple(s.groups),
    "heuristic": lambda s: tuple(flag.heuristic for flag in s.flags),
    "id": lambda s: (s.post.id,),
    "parent": lambda s: _maybe(s.post.parent),
    "source": lambda s: (s.post.source,),
    "thread": lambda s: (s.post.thread,),
}
"""Fields where ``:`` asks for the whole value."""

TEXTS: dict[str, Callable[[Subject], tuple[str, ...]]] = {
    "link": lambda s: _maybe(s.post.link),
    "reason": lambda s: tuple(flag.reason for flag in s.flags),
    "text": lambda s: (s.post.body,),
    "title": lambda s: _maybe(s.post.title),
    "url": lambda s: _maybe(s.post.url),
}
"""Fields where ``:`` asks for a part of the value."""

VALUES = NAMES | TEXTS

NUMBERS: dict[str, Callable[[Subject], float]] = {
    "coordinated": lambda s: s.scores.coordinated,
    "hazard": lambda s: s.scores.hazard,
    "length": lambda s: len(s.post.text),
    "persona": lambda s: s.scores.persona,
    "score": lambda s: s.scores.highest,
}

RELATIONS: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
}

CHOICES: dict[str, dict[str, Callable[[Subject], bool]]] = {
    "kind": {
        "post": lambda s: s.post.is_root,
        "comment": lambda s: not s.post.is_root,
    },
    "flagged": {
        "persona": lambda s: Kind.PERSONA in s.flagged,
        "coordinated": lambda s: Kind.COORDINATED in s.flagged,
        "hazard": lambda s: Kind.HAZARD in s.flagged,
        "any": lambda s: bool(s.flagged),
    },
    "has": {
        "link": lambda s: bool(s.post.link),
        "title": lambda s: bool(s.post.title),
        "group": lambda s: bool(s.groups),
        "reason": lambda s: bool(s.flags),
    },
}

TIMES = ("after", "before")

FIELDS = tuple(sorted((*VALUES, *NUMBERS, *CHOICES, *TIMES)))


# --- terms ----------------------------------------------------------------------------------------

MOST_SEARCHED = 8_000
"""Characters of a text that a regular expression is tried on. The pattern is the user's own, the
text is a stranger's: the bound keeps a merely quadratic pattern harmless."""


class Term(Protocol):
    """A test of a post; ``str`` gives the filter that parses to it."""

    def __call__(self, subject: Subject) -> bool: ...


@dataclass(frozen=True)
class Everything:
    """The empty filter."""

    def __call__(self, subject: Subject) -> bool:
        return True

    def __str__(self) -> str:
        return ""


@dataclass(frozen=True)
class And:
    parts: tuple[Term, ...]

    def __call__(self, subject: Subject) -> bool:
        return all(part(subject) for part in self.parts)

    def __str__(self) -> str:
        return " ".join(
            f"({part})" if isinstance(part, And | Or) else str(part) for part in self.parts
        )


@dataclass(frozen=True)
class Or:
    parts: tuple[Term, ...]

    def __call__(self, subject: Subject) -> bool:
        return any(part(subject) for part in self.parts)

    def __str__(self) -> str:
        return " or ".join(
            f"({part})" if isinstance(part, Or) else str(part) for part in self.parts
        )


@dataclass(frozen=True)
class Not:
    part: Term

    def __call__(self, subject: Subject) -> bool:
        return not self.part(subject)

    def __str__(self) -> str:
        return f"-({self.part})" if isinstance(self.part, And | Or) else f"-{self.part}"


@dataclass(frozen=True)
class Phrase:
    """The words stand in title or text, as a reader would compare them."""

    phrase: str

    def __call__(self, subject: Subject) -> bool:
        return subject.says(self.folded)

    @cached_property
    def folded(self) -> str:
        return fold(self.phrase)

    def __str__(self) -> str:
        plain = _WORD.fullmatch(self.phrase) and self.phrase.lower() not in ("and", "or", "not")
        return self.phrase if plain else f'"{_escape(self.phrase)}"'


@dataclass(frozen=True)
class Anywhere(Phrase):
    """The words stand in title or text, in the name of the author or in that of the community."""

    def __call__(self, subject: Subject) -> bool:
        if subject.says(self.folded):
            return True
        names = (*subject.authors, subject.post.community or "")
        return any(self.folded in _fold_name(name) for name in names)


@dataclass(frozen=True)
class Kept:
    """A filter that was kept under a name; what stands for it until that is looked up."""

    name: str
    start: int
    end: int

    def __call__(self, subject: Subject) -> bool:
        raise AssertionError("it is looked up before anything is tried")


@dataclass(frozen=True)
class Named:
    """The same, with what was kept."""

    name: str
    term: Term

    def __call__(self, subject: Subject) -> bool:
        return self.term(subject)

    def __str__(self) -> str:
        return f"is:{self.name}"


@dataclass(frozen=True)
class Pattern:
    """A regular expression is found in a field."""

    field: str
    pattern: str
    """As typed between the slashes; a slash in it is escaped, which the expression ignores."""

    def __call__(self, subject: Subject) -> bool:
        search = self.compiled.search
        return any(search(value[:MOST_SEARCHED]) for value in VALUES[self.field](subject))

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.IGNORECASE)

    def __str__(self) -> str:
        return f"{self.field}~/{self.pattern}/"


@dataclass(frozen=True)
class Matches:
    """A field has this value, however it is written; if not ``whole``, somewhere in it."""

    field: str
    value: str
    whole: bool

    def __call__(self, subject: Subject) -> bool:
        folding = _fold_name if self.field in NAMES else fold
        values = map(folding, VALUES[self.field](subject))
        return any(self.folded == value if self.whole else self.folded in value for value in values)

    @cached_property
    def folded(self) -> str:
        return fold(self.value)

    def __str__(self) -> str:
        return f"{self.field}:{'' if self.whole else '~'}{typed(self.value)}"


@dataclass(frozen=True)
class Compares:
    """A number stands in a relation to a limit."""

    field: str
    relation: str
    limit: float

    def __call__(self, subject: Subject) -> bool:
        holds: bool = RELATIONS[self.relation](NUMBERS[self.field](subject), self.limit)
        return holds

    def __str__(self) -> str:
        return f"{self.field}{self.relation}{self.limit!r}"


@dataclass(frozen=True)
class Chosen:
    """One of the few things that a field can be."""

    field: str
    choice: str

    def __call__(self, subject: Subject) -> bool:
        return CHOICES[self.field][self.choice](subject)

    def __str__(self) -> str:
        return f"{self.field}:{self.choice}"


@dataclass(frozen=True)
class When:
    """Seen at a time or later (``after``), or earlier than it (``before``)."""

    field: str
    at: Micros

    def __call__(self, subject: Subject) -> bool:
        return (subject.post.seen_at >= self.at) == (self.field == "after")

    def __str__(self) -> str:
        return f"{self.field}:{format_time(self.at)}"


# --- printing -------------------------------------------------------------------------------------

_WORD = re.compile(r"\w+")
_BARE = re.compile(r"[\w.@#-][\w.@#/:+-]*")


def typed(value: str) -> str:
    """A value as it is typed after its field: in quotation marks where it needs them."""
    return value if _BARE.fullmatch(value) else f'"{_escape(value)}"'


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


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
    pattern = str(token[1:-1])
    try:
        re.compile(pattern, re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as error:
        _refuse(f"not a regular expression: {error}", token)
    return Pattern(field, pattern)


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
