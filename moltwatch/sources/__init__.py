"""Where events come from: one forum or format a file, all behind :class:`~.base.Source`."""
