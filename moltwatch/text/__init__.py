"""Text from strangers: a display form that is harmless, a match form for comparing, and words.

The original is never changed; both forms derive from it, once.
"""

from moltwatch.text.address import masked_address
from moltwatch.text.display import display, display_line
from moltwatch.text.hidden import beyond_ascii, count_hidden, strip_hidden
from moltwatch.text.match import excerpt, fold, fold_into_words, repeated_words, same_words
from moltwatch.text.original import as_written, find_as_written, place_as_written
from moltwatch.text.shared import differing
from moltwatch.text.tricks import hidden_runs, look_alikes
from moltwatch.text.words import links, mentions, words

__all__ = [
    "as_written",
    "beyond_ascii",
    "count_hidden",
    "differing",
    "display",
    "display_line",
    "excerpt",
    "find_as_written",
    "fold",
    "fold_into_words",
    "hidden_runs",
    "links",
    "look_alikes",
    "masked_address",
    "mentions",
    "place_as_written",
    "repeated_words",
    "same_words",
    "strip_hidden",
    "words",
]
