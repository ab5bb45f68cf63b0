"""Synthetic campaigns laid over a real time line: is a kind of campaign found that no heuristic was
written for, how soon, and at whose cost?

``python -m tests.inject TIMELINE [--kind …] [--seed N] [--slice START..END] [--compress K]
[--hash-names] [--only HEURISTIC]``

Innocent background, threads to answer and the words of ring members who share no text are those of
the recording; only who acts with whom, when and where is made up. Before anything is laid over it
the background runs warm once, and every campaign then starts from that same state in a process of
its own.
"""
