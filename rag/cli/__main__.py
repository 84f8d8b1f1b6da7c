"""Lets `python -m rag.cli` stand for `rag`."""

import sys

from rag.cli import main

sys.exit(main())
