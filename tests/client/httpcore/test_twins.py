"""Threads and tasks have one text, and so have the two libraries."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import ringback.client

CLIENT = Path(ringback.client.__file__).parent
ROOT = CLIENT.parents[2]


def written_for_threads(*arguments):
    command = [sys.executable, ROOT / "scripts" / "unasync.py", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_what_is_for_threads_is_written_from_what_is_for_tasks():
    checked = written_for_threads("--check")
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("module", "changed"),
    [
        ("drive_async.py", "# most calls need none"),
        ("httpcore/transport_async.py", "entry.leave()"),
    ],
)
def test_a_difference_would_be_seen(module, changed, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "scripts")
    unasync = importlib.import_module("unasync")
    source = CLIENT / module
    there = unasync.target_of(source).read_text("utf-8")
    text = source.read_text("utf-8")
    assert unasync.is_same(unasync.for_threads(text, source.name), there)
    assert changed in text
    text = text.replace(changed, "pass" if changed.endswith(")") else "", 1)
    assert not unasync.is_same(unasync.for_threads(text, source.name), there)


def test_the_two_libraries():
    text = (CLIENT / "httpx" / "__init__.py").read_text("utf-8")
    for pattern, replacement in [
        (r"\bhttpx\b", "httpx2"),
        (r"(?<!client\.)\bhttpcore\b", "httpcore2"),
        (r"certifi=True", "system=True"),
    ]:
        text, count = re.subn(pattern, replacement, text)
        assert count, f"nothing to substitute for {pattern}"
    assert text == (CLIENT / "httpx2" / "__init__.py").read_text("utf-8")
