"""A forum over a websocket: the protocol that ``moltwatch serve`` speaks, and who follows it."""
