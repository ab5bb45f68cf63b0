"""What happened in a recording, as Markdown or as one page with charts.

``collector`` gathers while a recording goes by, in bounded memory; ``summary`` is what it can tell
then; ``markdown`` and ``page`` set that, in the ``words`` they share.
"""
