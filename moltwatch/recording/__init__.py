"""Recordings: sessions kept on disk, read back as the events that were observed.

There are two formats, ``jsonl`` and ``molt``; ``opening`` opens whatever a file is and
makes new ones. Archives that others wrote are read by ``imports``, in order of time. ``convert``
makes one recording of another, and ``pseudonymise`` hides the names in it.
"""
