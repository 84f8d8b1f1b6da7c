"""Start the web page: `python app.py`, then ask. Takes the options of `rag serve`."""

from __future__ import annotations

import sys

from rag.cli import main

if __name__ == "__main__":
    sys.exit(main(["serve", *sys.argv[1:]]))
