"""What a heuristic is handed: a post, what its text shows, and what is remembered around it."""
