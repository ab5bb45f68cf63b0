"""Recordings: sessions kept on disk, read back as the events that were observed.

There are two formats, ``jsonl`` and ``molt``; ``opening`` opens whatever a file is, ``creating``
makes a new one. Archives that others wrote are read by ``imports`` and put into time order by
``order``. ``convert`` makes one recording of another, and ``pseudonymise`` hides the names in it.
"""
