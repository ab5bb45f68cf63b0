"""Objects as bytes and back: the state of a run, between the process that went ahead and the one
with the screen.

By pickle, which is told the few classes that may come of it: bytes call nothing else. Against
somebody who may write to the user's own folder that is no protection. What is long and looked at
rarely lies apart in pieces, and comes back as parts of the memory that it is read from.
"""

from __future__ import annotations

import gc
import pickle
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from io import BytesIO
from typing import Any, TypeAlias

Piece: TypeAlias = bytes | memoryview
"""Something packed that stays so until it is asked for."""

Pieces: TypeAlias = tuple[Piece, ...]
"""One thing packed in several."""

_OURS = (
    "moltwatch.bounded",
    "moltwatch.heuristics.fusing.",
    "moltwatch.model",
    "moltwatch.session.",
)
"""Modules whose classes hold data and nothing else."""

_OTHERS = {
    ("array", "_array_reconstructor"),
    ("array", "array"),
    ("collections", "Counter"),
    ("collections", "OrderedDict"),
    ("collections", "deque"),
    ("msgspec._utils", "rebuild"),
}


def piece(data: Piece) -> pickle.PickleBuffer:
    """For the state of an object: this lies apart."""
    return pickle.PickleBuffer(data)


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        return _class(module, name)


@cache
def _class(module: str, name: str) -> Any:
    """What may be called to make an object. Raises ValueError for anything else."""
    ours = any(module.startswith(one) if one.endswith(".") else module == one for one in _OURS)
    if (module, name) in _OTHERS or (ours and name.isidentifier()):
        found = getattr(import_module(module), name)
        if (module, name) in _OTHERS or (isinstance(found, type) and found.__module__ == module):
            return found
    raise ValueError(f"{module}.{name} is no data of ours")


def dumps(
    value: object,
    pieces: list[Piece],
    elsewhere: Callable[[object], object] | None = None,
) -> bytes:
    """An object as bytes. Its pieces are appended to ``pieces``; where ``elsewhere`` gives
    something for an object, that is written in its place."""
    file = BytesIO()
    pickler = pickle.Pickler(
        file, protocol=5, buffer_callback=lambda buffer: pieces.append(_whole(buffer))
    )
    if elsewhere is not None:
        pickler.persistent_id = elsewhere  # type: ignore[method-assign]
    pickler.dump(value)
    return file.getvalue()


def _whole(buffer: pickle.PickleBuffer) -> Piece:
    """What it was made of, so that the same is known again."""
    raw = buffer.raw()
    return raw.obj if isinstance(raw.obj, bytes) else raw


def loads(
    data: Piece, pieces: Iterable[Piece], elsewhere: Callable[[Any], object] | None = None
) -> Any:
    """The object again. Raises ValueError if the bytes are damaged."""
    unpickler = _Unpickler(BytesIO(data), buffers=pieces)
    if elsewhere is not None:
        unpickler.persistent_load = elsewhere  # type: ignore[method-assign]
    try:
        return unpickler.load()
    except Exception as error:  # pickle raises whatever it meets
        raise ValueError(f"{type(error).__name__}: {error}") from None


@contextmanager
def no_garbage() -> Iterator[None]:
    """Nothing is looked through for garbage meanwhile, and what is made not even afterwards: it is
    much, and all of it stays."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.unfreeze()  # what was young is old now
        if collects:
            gc.enable()
