"""What leaves moltwatch other than the screen: lines on standard output or into a pipe, one format
a file (``jsonl``, ``csv``, ``text``); reports; a forum websocket."""
