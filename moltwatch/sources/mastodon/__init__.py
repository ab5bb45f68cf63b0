"""Mastodon, and what speaks its streaming API."""
