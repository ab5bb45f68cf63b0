"""Is it dangerous to the agents that read it? One heuristic a file, and what they look for."""
