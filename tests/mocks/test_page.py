"""Every example of the page about mocks and caches is a test, and passes."""

import os
import re
import subprocess
import sys

import pytest
from house.test_examples import BLOCK, ROOT

pytestmark = pytest.mark.nightly

PAGE = ROOT / "docs" / "how-to" / "mocks-and-caches.md"


def test_every_example_passes(tmp_path):
    examples = [code for _, code in BLOCK.findall(PAGE.read_text("utf-8"))]
    for number, code in enumerate(examples):
        (tmp_path / f"test_{number}.py").write_text(code, "utf-8")
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, tmp_path],
        cwd=tmp_path,
        # Others tidy up theirs meanwhile.
        env=os.environ | {"PYTEST_DEBUG_TEMPROOT": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(rf"\b{len(examples)} passed", done.stdout), done.stdout
