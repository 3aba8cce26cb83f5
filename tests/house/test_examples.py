"""Every Python example in the README and the docs runs as it stands, and prints what it says."""

import contextlib
import gc
import importlib
import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import warnings
from multiprocessing import connection
from pathlib import Path

from recipes.pages import programs as sections

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs" / "how-to").glob("*.md")),
    ROOT / "docs/tutorial/first-session.md",
    ROOT / "docs/reference/policy.md",
]
ELSEWHERE = {"mocks-and-caches.md", "make-connections-fail.md"}
"""The examples of these are tests: tests/mocks/test_page.py and tests/testing/test_plugin.py."""

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples():
    """Page and number of each Python block, its code, and the text that follows it."""
    for page in (page for page in PAGES if page.name not in ELSEWHERE):
        blocks = BLOCK.findall(page.read_text("utf-8"))
        for number, (language, code) in enumerate(blocks):
            if language == "python":
                following = blocks[number + 1 : number + 2]
                said = following[0][1] if following and following[0][0] == "text" else None
                yield f"{page.name}-{number}", code, said


def test_examples_run_and_print_what_the_page_says(tmp_path):
    found = list(examples())
    for name, _, _ in found:
        (tmp_path / name).mkdir()
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "house.test_examples"],
        cwd=ROOT / "tests",
        input=json.dumps([{"code": c, "folder": str(tmp_path / name)} for name, c, _ in found]),
        capture_output=True,
        text=True,
        timeout=280,
        check=True,
    )

    wrong = {}
    for (name, _, said), status in zip(found, json.loads(done.stdout), strict=True):
        printed = (tmp_path / name / "out").read_text("utf-8")
        if status != 0:
            wrong[name] = (status, (tmp_path / name / "err").read_text("utf-8"))
        elif said not in (None, printed):
            wrong[name] = printed
    assert len(found) > 50
    assert wrong == {}


def test_a_test_runs_the_program_of_every_recipe():
    tests = "".join(path.read_text("utf-8") for path in (ROOT / "tests/recipes").glob("test_*.py"))
    pages = sorted((ROOT / "docs/how-to/recipes").glob("*.md"))
    programs = [(page.stem, section) for page in pages for section in sections(page.stem)]

    missing = [
        f"{page}: {section}"
        for page, section in programs
        if f'"{page}"' not in tests or (section and f'"{section}"' not in tests)
    ]
    assert programs
    assert missing == []


# As a program this module runs the examples, each in a fork of one process, which has imported what
# most of them need: what one says is left in the files ``out`` and ``err`` of its folder.

FIRST = (
    "ringback.client.aiohttp",
    "ringback.client.httpx",
    "ringback.client.requests",
    "ringback.diagnosis",
    "ringback.sink",
    "opentelemetry.sdk.trace",
    "prometheus_client",
)


def run(code, folder):
    """Be the example: like ``python -W error -c``, but for what has been imported before."""
    os.chdir(folder)
    for descriptor, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(name, os.O_CREAT | os.O_WRONLY), descriptor)
    signal.alarm(180)
    sys.argv = ["-c"]
    exec(compile(code, "<example>", "exec"), sys.modules["__main__"].__dict__)
    # At the end of a program of its own Python would: a fork of multiprocessing forgets atexit.
    importlib.import_module("ringback.sink").flush(60)


def main():
    for name in FIRST:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    warnings.simplefilter("error")
    gc.freeze()
    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=run, kwargs=example) for example in json.load(sys.stdin)]
    for process in processes:
        process.start()
        running = [process.sentinel for process in multiprocessing.active_children()]
        if len(running) == 8:  # most of them wait, for a second attempt or the end of an outage
            connection.wait(running)
    for process in processes:
        process.join()
    print(json.dumps([process.exitcode for process in processes]))


if __name__ == "__main__":
    main()
