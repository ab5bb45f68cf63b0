"""What the user looks for and what they hide: the prompts, and what comes of them.

A search goes from match to match; a filter hides what does not pass. Both may be on, and each is
on the screen as long as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from textual.screen import Screen

from moltwatch.errors import UsageError
from moltwatch.session import Session
from moltwatch.session.filter import FilterError, compile_filter
from moltwatch.session.filter_terms import Matches, Or
from moltwatch.session.thread import Node
from moltwatch.times import Micros
from moltwatch.tui.completion import Candidate, Completion, complete
from moltwatch.tui.hits import LATEST, Key, key_of
from moltwatch.tui.keys import KEYS
from moltwatch.tui.live_filter import LiveFilter
from moltwatch.tui.places import Place, places, similar
from moltwatch.tui.remembered import Remembered, naming
from moltwatch.tui.search import NEAREST, Edge, Search
from moltwatch.tui.secrets import masked
from moltwatch.tui.state_file import Unusable
from moltwatch.tui.widgets.find_line import FindLine, finding
from moltwatch.tui.widgets.prompt import (
    Choice,
    ChooserScreen,
    Deed,
    PromptScreen,
    Wrong,
)
from moltwatch.wording import count

QUICK = (("a", "author"), ("t", "thread"), ("c", "community"), ("g", "group"))
"""The keys of a quick filter, each with its field."""


class Shown(Protocol):
    """What the prompts do to the screen."""

    def say(self, text: str) -> None: ...

    def go_to(self, thread_id: str, post: str = "") -> None: ...

    def focus_thread(self) -> None: ...

    def go_to_time(self, at: Micros) -> None: ...

    @property
    def span(self) -> tuple[Micros, Micros] | None: ...

    def open_agent(self, name: str) -> None: ...

    def open_group(self, id: str) -> None: ...

    def apply_filter(self, filter: LiveFilter | None) -> None: ...

    def apply_search(self, search: Search | None) -> None: ...

    def do(self, action: str) -> None: ...


class Finder:
    """Search and filter over the session that is on the screen. What was typed, and filters with
    names, are kept in ``folder``."""

    def __init__(self, shown: Shown, folder: Path | None = None) -> None:
        self.shown = shown
        self.remembered = Remembered(folder)
        self.search: Search | None = None
        self.filter: LiveFilter | None = None
        self.line = FindLine()
        self.session: Session | None = None
        self.here: Node | None = None
        """The post where the user is; None for the end."""
        self._from: Key | None = None
        """Where a search began that has not found anything yet."""

    # --- once a frame -----------------------------------------------------------------------------

    def update(self, session: Session, here: Node | None) -> None:
        """Go on looking; ``here`` is the post where the user is."""
        self.session, self.here = session, here
        if self.filter is not None:
            self.filter.work(session)
        search = self.search
        if search is not None:
            search.work(session)
            answer = search.answer(session)
            if isinstance(answer, Edge):
                self._say_edge(search, answer)
            elif answer is not None:
                if self._from is not None and key_of(answer) < self._from:
                    self.shown.say("nothing later matches: this is the last, N goes back in time")
                self._from = None
                self.here = answer
                self.shown.go_to(answer.thread.id, answer.id)
                self.shown.focus_thread()
        self._draw_line()

    def _draw_line(self) -> None:
        at = self.search.place(key_of(self.here)) if self.search and self.here else None
        self.line.set(finding(self.search, self.filter, at))

    def reset(self) -> None:
        """Another session is on the screen."""
        for hits in (self.filter, self.search):
            if hits is not None:
                hits.reset()

    def _say_edge(self, search: Search, edge: Edge) -> None:
        if search.nothing:
            if self.filter is not None:
                among = f"{count(self.filter.n, 'post')} that the filter leaves"
            else:
                among = f"{count(search.others, 'post')} kept"
            self.shown.say(f"nothing matches {search.expression} in the {among}")
        elif edge.by > 0:
            self.shown.say("no later match; N goes back, n again begins with the first")
        else:
            self.shown.say("no earlier match; n goes forward, N again begins with the last")

    # --- search -----------------------------------------------------------------------------------

    @property
    def _here(self) -> Key:
        return key_of(self.here) if self.here is not None else (LATEST, "", "")

    def look_for(self, expression: str) -> None:
        """Search, and go to the nearest match; empty ends it. Raises UsageError."""
        self.search = None
        if expression:
            kept = self.remembered.filters
            self.search = Search(expression, kept, self._here, self.filter)
            self.search.ask(NEAREST, self._here)
            self._from = self._here
        self.shown.apply_search(self.search)
        self._draw_line()

    def step(self, by: int) -> None:
        """To the next or previous match."""
        self._from = None
        if self.search is None:
            self.shown.say("nothing is searched for: / searches")
        else:
            self.search.ask(by, self._here)

    # --- filter -----------------------------------------------------------------------------------

    def hide(self, expression: str) -> None:
        """Hide what does not pass; empty hides nothing. Raises UsageError."""
        self.filter = LiveFilter(expression, self._known) if expression else None
        if self.filter is not None and self.session is not None:
            self.filter.begin(self.session)
        self.shown.apply_filter(self.filter)
        if self.search is not None:  # what is hidden is no match
            was = self.search
            self.search = Search(was.expression, was.kept, self._here, self.filter)
            self.shown.apply_search(self.search)
        self._draw_line()

    @property
    def _known(self) -> Mapping[str, str]:
        """Filters by name, with those that the one in use was made with."""
        return {**(self.filter.kept if self.filter else {}), **self.remembered.filters}

    def clear(self) -> bool:
        """Take away the search, or else the filter; False where there is neither."""
        if self.search is not None:
            self.look_for("")
        elif self.filter is not None:
            self.hide("")
        else:
            return False
        return True

    def choices(self, node: Node | None) -> list[Choice]:
        """What a quick filter can be about, at a post."""
        community = group = ""
        if node is not None:
            community = node.thread.community or ""
            groups = (charge.case.group or charge.group for charge in node.charges)
            group = next((name for name in groups if name), "")
        values = {
            "author": node.author if node else "",
            "thread": node.thread.id if node else "",
            "community": community,
            "group": group,
        }
        said = dict(values)
        if node is not None and self.session is not None:
            said["author"] = self.session.names(node.author)
            said["thread"] = masked(node.thread.title, node.thread.root) or node.thread.id
        return [Choice(key, field, values[field], said[field]) for key, field in QUICK]

    def add_term(self, choice: Choice, negative: bool) -> None:
        """Add what was chosen to the filter; chosen again, take it away."""
        term = str(Matches(choice.name, choice.value, whole=True))
        other = term if negative else f"-{term}"
        term = f"-{term}" if negative else term
        was = self.filter.expression if self.filter else ""
        if was and isinstance(compile_filter(was, everywhere=True, kept=self._known).term, Or):
            was = f"({was})"
        parts = [part for part in _parts(was) if part != other]
        parts = [part for part in parts if part != term] if term in parts else [*parts, term]
        try:
            self.hide(" ".join(parts))
        except UsageError as error:
            self.shown.say(str(error).splitlines()[0])

    # --- prompts ----------------------------------------------------------------------------------

    def search_prompt(self) -> PromptScreen:
        return PromptScreen(SearchAsking(self))

    def filter_prompt(self) -> PromptScreen:
        return PromptScreen(FilterAsking(self))

    def go_prompt(self) -> PromptScreen:
        return PromptScreen(GoAsking(self))

    def chooser(self, node: Node | None) -> Screen[None]:
        return ChooserScreen(self.choices(node), self.add_term)

    def remember(self, prompt: str, line: str) -> None:
        """It was typed there."""
        self._keep(lambda: self.remembered.add(prompt, line))

    def name(self, name: str, expression: str) -> None:
        """Keep a filter under a name, or forget it."""
        self._keep(lambda: self.remembered.name(name, expression))

    def _keep(self, keep: Callable[[], None]) -> None:
        try:
            keep()
        except Unusable as error:
            self.shown.say(str(error))


def _parts(expression: str) -> list[str]:
    """The terms of a filter that stand side by side, split where no quotation or parenthesis is
    open."""
    parts, depth, quoted, start, escaped = [], 0, False, 0, False
    for i, character in enumerate(expression):
        if escaped:
            escaped = False
        elif character == "\\" and quoted:
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif not quoted and character in "()":
            depth += 1 if character == "(" else -1
        elif not quoted and depth == 0 and character.isspace():
            parts.append(expression[start:i])
            start = i + 1
    parts.append(expression[start:])
    return [part for part in parts if part]


class _FilterLanguage:
    """What a search and a filter have in common: the language, with its completion and errors."""

    prompt = ""
    takes_first = False

    def __init__(self, finder: Finder) -> None:
        self._finder = finder

    @property
    def lines(self) -> Sequence[str]:
        return self._finder.remembered.lines(self.prompt)

    def complete(self, text: str, cursor: int) -> Completion:
        finder = self._finder
        return complete(text, cursor, finder.session, finder.remembered.filters)

    def wrong(self, text: str) -> Wrong | None:
        return self._wrong(text, 0)

    def _wrong(self, text: str, shift: int) -> Wrong | None:
        """What is wrong with a filter that is typed from the place ``shift`` on."""
        try:
            compile_filter(text, everywhere=True, kept=self._finder.remembered.filters)
        except FilterError as error:
            hint = f" ({error.hint})" if error.hint else ""
            return Wrong(f"{error.what}{hint}", shift + error.start, shift + error.end)
        return None


class SearchAsking(_FilterLanguage):
    """What to look for."""

    prompt = "search"
    sign = "/"
    hint = 'karma  "exact words"  author:~claw  persona>0.7  -hello'
    enter = "searches, n and N go on"

    @property
    def text(self) -> str:
        return ""

    def enter_with(self, text: str, picked: Candidate | None) -> Deed | Wrong:
        text = text.strip()
        if wrong := self.wrong(text):
            return wrong

        def search() -> None:
            self._finder.remember(self.prompt, text)
            self._finder.look_for(text)

        return search


class FilterAsking(_FilterLanguage):
    """What to leave on the screen."""

    prompt = "filter"
    sign = "&"
    hint = "-author:OpenClawAgent  persona>0.8  is:name  ·  name = filter keeps one"
    enter = "hides what does not pass, nothing typed shows all"

    @property
    def text(self) -> str:
        return self._finder.filter.expression if self._finder.filter else ""

    def wrong(self, text: str) -> Wrong | None:
        named = naming(text)
        if named is None:
            return self._wrong(text, 0)
        name, expression = named
        return self._wrong(expression, text.rfind(expression) if expression else 0) or (
            Wrong(
                f"the filter {name!r} would be made of itself", text.find(f"is:{name}"), len(text)
            )
            if f"is:{name}" in expression.split()
            else None
        )

    def complete(self, text: str, cursor: int) -> Completion:
        named = naming(text)
        if named is None:
            return super().complete(text, cursor)
        shift = len(text) - len(named[1]) if named[1] else len(text)
        if cursor < shift:
            return Completion(cursor, cursor, ())
        inner = super().complete(text[shift:], cursor - shift)
        return Completion(inner.start + shift, inner.end + shift, inner.candidates)

    def enter_with(self, text: str, picked: Candidate | None) -> Deed | Wrong:
        text = text.strip()
        if wrong := self.wrong(text):
            return wrong
        finder, named = self._finder, naming(text)

        def hide() -> None:
            finder.remember(self.prompt, text)
            if named is None:
                finder.hide(text)
                return
            name, expression = named
            if not expression and name not in finder.remembered.filters:
                finder.shown.say(f"no filter is kept as {name}")
                return
            finder.name(name, expression)
            if expression:
                finder.hide(f"is:{name}")
                finder.shown.say(f"kept as {name}: is:{name} stands for it from now on")
            else:
                finder.shown.say(f"{name} is forgotten")

        return hide


class GoAsking:
    """Where to go, or what to do."""

    prompt = "go"
    sign = ":"
    hint = "an id, an address, the name of an account, a community or a thread, a time, what to do"
    enter = "goes there, or does it"
    text = ""
    takes_first = True

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._deeds = deeds()

    @property
    def lines(self) -> Sequence[str]:
        return self._finder.remembered.lines(self.prompt)

    def complete(self, text: str, cursor: int) -> Completion:
        finder = self._finder
        found = places(text, finder.session, self._deeds, finder.shown.span)
        return Completion(0, len(text), tuple(found))

    def wrong(self, text: str) -> Wrong | None:
        return None

    def enter_with(self, text: str, picked: Candidate | None) -> Deed | Wrong:
        finder = self._finder
        if not text.strip():
            return lambda: None
        if not isinstance(picked, Place):
            like = similar(text, finder.session, self._deeds)
            hint = f"; similar are {', '.join(like)}" if like else ""
            start = len(text) - len(text.lstrip())
            return Wrong(
                f"nothing that is kept is called so, and no command{hint}", start, len(text)
            )

        def go() -> None:
            finder.remember(self.prompt, picked.text if picked.kind == "do" else text.strip())
            _go(finder, picked)

        return go


def _go(finder: Finder, place: Place) -> None:
    shown = finder.shown
    if place.kind == "do":
        shown.do(place.id)
    elif place.kind == "agent":
        shown.open_agent(place.id)
    elif place.kind == "group":
        shown.open_group(place.id)
    elif place.kind == "time":
        shown.go_to_time(int(place.id))
    elif place.kind == "community":
        finder.hide(str(Matches("community", place.id, whole=True)))
    else:
        shown.go_to(place.thread, place.id if place.kind == "post" else "")
        shown.focus_thread()


def deeds() -> list[Place]:
    """What the keys do, by name."""
    return [
        Place(key.help, f"{heading}, key {key.shown}", "do", key.action)
        for heading, keys in KEYS.items()
        for key in keys
        if not key.action.startswith("app.")
    ]
