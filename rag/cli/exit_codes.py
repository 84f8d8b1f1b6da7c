"""Exit codes of the `rag` command."""

DONE = 0
NOTHING_FOUND = 1
WORSE = 1
INPUT_ERROR = 2
INTERRUPTED = 130
