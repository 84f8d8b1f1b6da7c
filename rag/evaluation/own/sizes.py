"""How much is made, kept and read unless somebody says otherwise."""

from __future__ import annotations

LIMIT = 100
"""Questions with an answer."""
KEEP = 0.3
"""Share of its sentence's content words that a question keeps, as near as it can be had."""
READ = 30
"""Questions of either origin that are read and answered in a comparison, evenly spread: reading is what takes time."""
