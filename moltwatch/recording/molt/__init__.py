"""Recordings as a SQLite file: one file that grows while it is watched, seeks, and can be queried.

One table holds all events in order of arrival, each as the same JSON that a ``.jsonl`` has; beside
it stands the stream time (running maximum of ``seen_at``), which never falls from row to row, so
that seeking is one look into its index. Views (``posts``, ``agents``, ``gaps``) spread the JSON
into columns for people with a SQL prompt. A table for each type was rejected: order across types
is what a recording is for, and JSON keeps the two formats equal by construction.

While being written the file is in WAL mode, so readers and the writer do not wait for each other;
closing leaves a single plain file, which can be read from a folder that cannot be written.
"""
