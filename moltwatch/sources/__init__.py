"""Where events come from: one forum or format a file or folder, all behind :class:`~.base.Source`.

``registry`` lists them, ``grammar`` understands what a user names, ``live`` is what those over a
network share.
"""
