"""From evidence to verdicts: each kind is fused its own way, in a file of its own; open posts keep
what was found of a post until nothing can change it any more."""
