"""Bytes cut into things to read one by one: lines, and the items of a JSON document that is too
large to be read at once.

Whatever is too long for a live forum to have sent is not kept: its end is waited for, and it costs
no more memory than the bound.
"""

from __future__ import annotations

import re

from moltwatch.bounded import LARGEST_LINE


class LineSplitter:
    """Cuts bytes, in whatever pieces they come, into lines. None stands for a line that was too
    long.

    A line that is too long may hold many items: whole dumps are written as one list on one line.
    Those come instead of it, each as if it had a line of its own.
    """

    def __init__(self, longest: int = LARGEST_LINE) -> None:
        self._longest = longest
        self._parts: list[bytes] = []
        self._length = 0
        self._items: ItemSplitter | None = None
        """The line at hand is too long, and is looked through."""

    def feed(self, data: bytes) -> list[bytes | None]:
        """The lines that ``data`` completes, without their line feeds."""
        lines: list[bytes | None] = []
        head, feed, rest = data.partition(b"\n")
        if self._length or self._items or len(head) > self._longest:
            self._add(head, lines)
            if not feed:
                return lines
            lines += self.end()
        elif feed:
            lines.append(head)
        else:
            self._add(head, lines)
            return lines
        *whole, tail = rest.split(b"\n")
        if len(rest) <= self._longest:
            lines += whole
        else:
            for line in whole:
                self._add(line, lines)
                lines += self.end()
        self._add(tail, lines)
        return lines

    def end(self) -> list[bytes | None]:
        """What has no line feed yet, as a line; of one that is too long what is left of it."""
        if self._items is not None:
            items, self._items = self._items, None
            return items.end()
        line = b"".join(self._parts)
        self._parts.clear()
        self._length = 0
        return [line]

    def _add(self, part: bytes, lines: list[bytes | None]) -> None:
        if self._items is not None:
            lines += self._items.feed(part)
            return
        self._length += len(part)
        self._parts.append(part)
        if self._length > self._longest:
            self._items = ItemSplitter(self._longest)
            for early in self._parts:
                lines += self._items.feed(early)
            self._parts.clear()
            self._length = 0


_LISTS = frozenset({b"posts", b"agents", b"items", b"results", b"rows", b"data", b"events"})
"""Under these keys stand lists whose items need nothing of what stands around them. Of comments it
may be there that the thread is told."""

_LONGEST_KEY = 64
_MOST_DEEP = 3
"""Objects around such a list."""

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|["{}\[\]]', re.DOTALL)
_SCALARS = re.compile(rb"[^\s,]+")
_END_OF_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)


class ItemSplitter:
    """Cuts one JSON document into the items of its list, and what stands around that.

    An item is an object in the outermost list, which is the document itself or stands under one of
    a few keys, in no more than a few objects. None stands for an item that was too long. What is
    around the list comes last, as a document without items.
    """

    def __init__(self, longest: int = LARGEST_LINE) -> None:
        self._longest = longest
        self._open: list[int] = []
        """The brackets that are open."""
        self._list = 0
        """How many are open within the list, where an item begins; 0 outside."""
        self._key = b""
        """The string met last outside the list."""
        self._item = _Piece(longest)
        self._around = _Piece(longest)
        self._carry = b""
        """Bytes whose meaning depends on what follows."""
        self._in_string = False

    def feed(self, data: bytes) -> list[bytes | None]:
        """The items that ``data`` completes."""
        data, self._carry = self._carry + data, b""
        items: list[bytes | None] = []
        at = begin = 0
        if self._in_string:
            end = _END_OF_STRING.match(data)
            if end is None:
                return items + self._wait(data, 0)
            self._in_string, at = False, end.end()
        for token in _TOKEN.finditer(data, at):
            sign = data[token.start()]
            if sign == _QUOTE:
                if token.end() - token.start() == 1:  # it does not end here
                    if not self._list and len(data) - token.start() < _LONGEST_KEY:
                        self._keep(data[begin : token.start()])
                        self._carry = data[token.start() :]
                        return items
                    self._in_string, self._key = True, b""
                    return items + self._wait(data, begin)
                if not self._list:
                    self._key = token[0][1:-1]
            elif sign in b"{[":
                if self._is_item():
                    items += self._strays(data[begin : token.start()])
                    begin = token.start()
                self._open.append(sign)
                if not self._list and sign == _LIST and self._is_wanted():
                    self._around.add(data[begin : token.end()])
                    self._list, begin = len(self._open), token.end()
            elif self._open:
                at_end = len(self._open) == self._list
                self._open.pop()
                if at_end:
                    items += self._strays(data[begin : token.start()])
                    self._list, begin = 0, token.start()
                elif self._is_item():
                    self._item.add(data[begin : token.end()])
                    items.append(self._item.take())
                    begin = token.end()
        self._keep(data[begin:])
        return items

    def end(self) -> list[bytes | None]:
        """The document is over: an item that is not whole, or what stands around the items."""
        self._keep(self._carry)
        if self._open and self._item.length:
            return [self._item.take()]
        return [self._around.take()]

    def _wait(self, data: bytes, begin: int) -> list[bytes | None]:
        """Keep what is read, within a string that does not end in it."""
        # A backslash says nothing without what follows it.
        escape = len(data) - len(data.rstrip(b"\\"))
        if escape % 2:
            data, self._carry = data[:-1], data[-1:]
        self._keep(data[begin:])
        return []

    def _is_item(self) -> bool:
        """What begins or ended here is an item of the list."""
        return bool(self._list) and len(self._open) == self._list

    def _is_wanted(self) -> bool:
        """The list that was opened just now is the one."""
        around = self._open[:-1]
        if not around:
            return True
        return len(around) <= _MOST_DEEP and _LIST not in around and self._key in _LISTS

    def _keep(self, data: bytes) -> None:
        (self._item if self._list and len(self._open) >= self._list else self._around).add(data)

    def _strays(self, data: bytes) -> list[bytes | None]:
        """What stands between items and is none."""
        self._item.add(data)
        found = self._item.take()
        return [found] if found is None or _SCALARS.search(found) else []


_QUOTE, _LIST = b'"['


class _Piece:
    """Bytes that are gathered, up to a bound."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._parts: list[bytes] = []
        self.length = 0

    def add(self, part: bytes) -> None:
        self.length += len(part)
        if self.length <= self._longest:
            self._parts.append(part)
        else:
            self._parts.clear()

    def take(self) -> bytes | None:
        """What was gathered, and begin anew; None if it is too long."""
        found = b"".join(self._parts) if self.length <= self._longest else None
        self._parts.clear()
        self.length = 0
        return found
