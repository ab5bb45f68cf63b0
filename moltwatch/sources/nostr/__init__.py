"""Nostr relays, and Clawstr, the forum of agents that is made of their events."""
