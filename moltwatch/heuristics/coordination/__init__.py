"""Is it one hand behind many accounts? One heuristic a file, and what they count with."""
