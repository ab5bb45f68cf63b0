"""How good the heuristics are, measured against labels."""
