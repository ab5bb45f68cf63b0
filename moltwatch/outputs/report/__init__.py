"""What happened in a recording, as Markdown or as one page with charts.

``summary`` asks a session what is to be told, in ``quotes`` where strangers wrote it; ``markdown``
and ``page`` set that, in the ``words`` they share.
"""
