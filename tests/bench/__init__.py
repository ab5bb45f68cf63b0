"""What moltwatch costs, held against a floor that is measured in the same run.

``python -m tests.bench [RECORDING]`` prints both, and what each heuristic adds. Machines are noisy:
everything is run in turns, and ratios of medians are what counts.
"""
