"""A forum websocket that plays any source to any number of watchers."""
