"""Start the web page: `python app.py`, then ask."""

from __future__ import annotations

import argparse
import os

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported

from rag.config.settings import load_settings
from rag.library.samples import open_or_sample
from rag.ui.page import launch


def main() -> None:
    """Open the library, with the samples in it when it is new, and serve the page."""
    parser = argparse.ArgumentParser(description="文書に問い、視線を見る / Ask documents, see the gaze")
    parser.add_argument("--library", help="folder of the library (default: indexes/default)")
    parser.add_argument("--embedder", help="embedding model: hub name or folder")
    parser.add_argument("--reader", help="reading model: hub name or folder")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=7860, help="port to listen on (default: %(default)s)")
    parser.add_argument("--no-browser", action="store_true", help="do not open the page in a browser")
    given = parser.parse_args()
    settings = load_settings(arguments={"library": given.library, "embedder": given.embedder, "reader": given.reader})
    with open_or_sample(settings) as library:
        launch(library, host=given.host, port=given.port, open_browser=not given.no_browser)


if __name__ == "__main__":
    main()
