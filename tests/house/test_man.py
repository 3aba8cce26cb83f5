"""The manual pages: complete, and without a complaint of those who format them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from requires import requires

from ringback.cli.run import COMMANDS, ringback

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "man").glob("*.1"))
UNDATED = 'WARNING: missing date, using "": TH'
"""Of each page: a date would change what two builds of one commit make."""


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def commands() -> Iterator[tuple[Path, click.Context]]:
    """Every command, also those below another, and the page that it is told on."""
    root = click.Context(ringback, info_name="ringback", **ringback.context_settings)
    yield page_of("ringback"), root
    for context in below(root):
        page = page_of(f"ringback-{context.info_name}")
        yield page, context
        if isinstance(context.command, click.Group):
            yield from ((page, inner) for inner in below(context))


def below(parent: click.Context) -> Iterator[click.Context]:
    assert isinstance(parent.command, click.Group)
    for name in parent.command.list_commands(parent):
        command = parent.command.get_command(parent, name)
        assert command is not None
        yield click.Context(command, parent=parent, info_name=name)


def plain(text: str) -> str:
    return " ".join(text.split()).replace("`", "")


def page_of(name: str) -> Path:
    return ROOT / "docs" / "man" / f"{name}.1"


def test_each_command_has_a_page() -> None:
    named = {"ringback", *(f"ringback-{name}" for name in COMMANDS)}
    assert {page.stem for page in PAGES} == named


def test_mandoc_finds_no_fault_with_them() -> None:
    requires("mandoc")
    said = run("mandoc", "-Tlint", "-Wstyle", *PAGES).stdout.splitlines()
    assert [line for line in said if UNDATED not in line] == []


def test_groff_finds_no_fault_with_them() -> None:
    requires("groff")
    said = [run("groff", "-man", "-Tutf8", "-ww", "-z", page) for page in PAGES]
    assert [(done.returncode, done.stderr) for done in said] == [(0, "")] * len(PAGES)


@pytest.mark.parametrize(
    ("page", "context"), [pytest.param(*found, id=found[1].command_path) for found in commands()]
)
def test_a_page_says_what_the_help_says(page: Path, context: click.Context) -> None:
    requires("mandoc")
    shown = run("mandoc", "-Tutf8", "-Owidth=200", page).stdout
    lines = [re.sub(".\b", "", line).strip() for line in shown.splitlines()]
    text = " ".join(" ".join(lines).split())
    for parameter in context.command.get_params(context):
        if isinstance(parameter, click.Option):
            record = parameter.get_help_record(context)
            assert record is not None
            assert plain(" ".join(record)) in text
    for part in f"{context.command.help}\n\n{context.command.epilog or ''}".split("\n\n"):
        if not part.startswith("\b"):
            assert plain(part) in text
        elif "Examples:" in part:
            assert [line for line in part.splitlines()[2:] if line.strip() not in lines] == []
        else:
            meanings = re.findall(r"\d+  +([^\d\n]+?)(?:\s{3,}|\n|$)", part)
            assert meanings
            assert [meaning for meaning in meanings if meaning not in text] == []
