"""Every Python example in the README and the docs runs as it stands, and prints what it says."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from program import running_program
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
    for page in (page for page in PAGES if page.name not in ELSEWHERE):
        blocks = BLOCK.findall(page.read_text("utf-8"))
        for number, (language, code) in enumerate(blocks):
            if language != "python":
                continue
            following = blocks[number + 1 : number + 2]
            said = following[0][1] if following and following[0][0] == "text" else None
            yield pytest.param(code, said, id=f"{page.name}-{number}")


@pytest.fixture(scope="module")
def run():
    """Runs a program in a process of its own: what they all import is imported once."""
    program = Path(__file__).with_name("forking.py")
    with running_program(
        [sys.executable, "-W", "error", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:

        def status(code, folder):
            process.stdin.write(f"{json.dumps({'code': code, 'folder': str(folder)})}\n")
            process.stdin.flush()
            return int(process.stdout.readline())

        yield status
        process.stdin.close()


@pytest.mark.parametrize(("code", "said"), list(examples()))
def test_an_example_runs_and_prints_what_the_page_says(run, code, said, tmp_path):
    status = run(code, tmp_path)

    assert status == 0, (tmp_path / "err").read_text("utf-8")
    if said is not None:
        assert (tmp_path / "out").read_text("utf-8") == said


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


def test_every_link_leads_somewhere():
    broken = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")]
        for link in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text("utf-8"))
        if not (page.parent / link).exists()
    ]

    assert broken == []


def test_the_index_lists_every_page():
    docs = ROOT / "docs"
    linked = re.findall(r"\]\(([^)#\s]+)\)", (docs / "index.md").read_text("utf-8"))
    pages = {page.relative_to(docs).as_posix() for page in docs.rglob("*.md")}
    kinds = {page for page in pages if page.startswith("reference/kinds/")}

    assert pages - kinds - {"index.md"} <= set(linked)
    assert "reference/kinds/index.md" in linked
