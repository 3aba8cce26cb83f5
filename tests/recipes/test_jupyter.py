"""The notebook is run by Jupyter's own kernel, and shows what its page says."""

from __future__ import annotations

import re
import runpy

import pytest
from recipes.pages import PAGES

pytestmark = pytest.mark.nightly

NOTEBOOK = runpy.run_path(str(PAGES.parents[1] / "notebook.py"))


def test_it_runs_and_shows_what_the_page_says():
    pictures, (storm, latency) = NOTEBOOK["run"]()

    assert ["<svg" in picture for picture in pictures] == [True, True]
    assert "requests / calls" in pictures[0]
    assert "http.error.unavailable" in pictures[1]
    # In simulated time, and so the same in each run.
    assert f"```text\n{storm}```" in (PAGES / "jupyter.md").read_text("utf-8")
    failed, attempts, through, calls = map(int, re.findall(r"\d+", latency))
    assert 0 < failed < attempts
    assert 60 < through <= calls == 120
