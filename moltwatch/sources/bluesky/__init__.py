"""Bluesky: Jetstream tells what is written, the AppView what is missing from that."""
