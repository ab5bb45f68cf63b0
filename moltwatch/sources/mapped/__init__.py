"""Forums that need no code: websockets and server-sent events of JSON, read by a mapping file."""
