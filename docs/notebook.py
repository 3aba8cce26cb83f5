#!/usr/bin/env python3
"""Run the notebook, and write the pictures and the words that its page shows.

    python docs/notebook.py

It takes an environment with the group `recipes`. The notebook is kept without what it has shown:
each run is another one.
"""

import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent / "how-to" / "recipes"
NOTEBOOK = FOLDER / "retries.ipynb"
PAGE = FOLDER / "jupyter.md"
_SAID = re.compile(r"^```text\n.*?^```$", re.MULTILINE | re.DOTALL)
PICTURES = ("retry-storm.svg", "latency.svg")


def run() -> tuple[list[str], list[str]]:
    """Return the pictures and the words of one run, in order."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    resources = {"metadata": {"path": str(FOLDER)}}
    NotebookClient(notebook, timeout=600, startup_timeout=300, resources=resources).execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    pictures = [output.data["image/svg+xml"] for output in shown if "data" in output]
    return pictures, [output.text for output in shown if output.get("name") == "stdout"]


def page_with(words: list[str]) -> str:
    """Return the page with what a run has said."""
    said = iter(words)
    page = PAGE.read_text(encoding="utf-8")
    return _SAID.sub(lambda _: f"```text\n{next(said)}```", page)


def main() -> None:
    """Write what the page shows."""
    pictures, words = run()
    for name, picture in zip(PICTURES, pictures, strict=True):
        (FOLDER / name).write_text(picture, encoding="utf-8")
    PAGE.write_text(page_with(words), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
