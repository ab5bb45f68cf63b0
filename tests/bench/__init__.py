"""Speed, as a ratio against a floor measured in the same run.

``python -m tests.bench [RECORDING]`` prints both and the ratio.

The floor is the least any such program must do: decode every line, find the words, and make one
64-permutation MinHash of each post. Machines are noisy; the ratio of medians is what counts.
"""
