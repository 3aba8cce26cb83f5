"""The generated pages are those that the data says."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from ringback import Backoff, Breaker, Budget, Policy, Series, Timeout
from ringback.failure.kinds import KINDS

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "reference"


def generate(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "docs" / "generate.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)


def test_the_reference_pages_are_up_to_date() -> None:
    done = generate("--check")
    assert (done.returncode, done.stdout) == (0, ""), "run: python docs/generate.py"


def test_every_kind_is_linked_from_the_index() -> None:
    index = (PAGES / "kinds" / "index.md").read_text(encoding="utf-8")
    for name in KINDS:
        assert index.count(f"[{name}]({name}.md)") == 1


@pytest.mark.parametrize("cls", [Policy, Timeout, Backoff, Series, Budget, Breaker])
def test_the_policy_page_names_every_field_with_its_default(cls: type) -> None:
    text = (PAGES / "policy.md").read_text(encoding="utf-8")
    section = text.partition(f"\n## {cls.__name__}\n")[2].partition("\n## ")[0]
    for field in dataclasses.fields(cls):
        row = next((r for r in section.splitlines() if r.startswith(f"| `{field.name}` |")), None)
        if not field.init:
            assert row is None
            continue
        assert row is not None, field.name
        shown, described = row.split(" | ", 2)[1:]
        assert described.strip(" |")
        if isinstance(field.default, int | float | str | None):
            assert shown == f"`{field.default!r}`"
    for status in Policy().retry_statuses:
        assert cls is not Policy or str(status) in section


def test_a_check_names_stale_pages_and_writes_nothing(tmp_path: Path) -> None:
    assert generate(tmp_path).returncode == 0
    kinds = tmp_path / "kinds"
    (kinds / "unknown.md").write_text("edited", encoding="utf-8")
    (kinds / "no.such.kind.md").write_text("left over", encoding="utf-8")
    (kinds / "tcp.reset.md").unlink()
    (tmp_path / "policy.md").unlink()

    done = generate("--check", tmp_path)
    assert done.returncode == 1
    stale = ["no.such.kind.md", "tcp.reset.md", "unknown.md"]
    assert done.stdout.split() == [*(f"kinds/{name}" for name in stale), "policy.md"]
    assert (kinds / "unknown.md").read_text(encoding="utf-8") == "edited"
    assert not (kinds / "tcp.reset.md").exists()


def test_generating_mends_what_is_stale(tmp_path: Path) -> None:
    (tmp_path / "no.such.page.md").write_text("left over", encoding="utf-8")
    assert generate(tmp_path).returncode == 0
    assert generate("--check", tmp_path).returncode == 0
    assert pages_in(tmp_path) == pages_in(PAGES) - {Path("readings.md")}  # written by hand


def pages_in(directory: Path) -> set[Path]:
    return {path.relative_to(directory) for path in directory.rglob("*.md")}
