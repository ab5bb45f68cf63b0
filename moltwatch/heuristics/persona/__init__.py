"""Is it a human-written character who speaks? One heuristic a file, and the marks they find."""
