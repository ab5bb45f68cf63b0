"""Recordings: sessions kept on disk, read back as the events that were observed.

There are two formats, ``jsonl`` and ``molt``; ``recognise`` tells what a file is, ``opening`` opens
it, ``creating`` makes a new one. What others wrote is read by ``lines`` (line by line), ``plain``
(an object) and ``dialect`` (a field of it), archives by ``imports``, ``tables`` and ``order``.
``convert`` makes one recording of another, and ``blind`` hides the names in it.
"""
