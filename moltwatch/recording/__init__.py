"""Recordings: sessions kept on disk, read back as the events that were observed."""
