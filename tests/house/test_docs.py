"""The generated pages are those that the data says."""

import subprocess
import sys
from pathlib import Path

from ringback.failure.kinds import KINDS

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "reference" / "kinds"


def generate(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "docs" / "generate.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_reference_pages_are_up_to_date() -> None:
    done = generate("--check")
    assert (done.returncode, done.stdout) == (0, ""), "run: python docs/generate.py"


def test_every_kind_is_linked_from_the_index() -> None:
    index = (PAGES / "index.md").read_text(encoding="utf-8")
    for name in KINDS:
        assert index.count(f"[{name}]({name}.md)") == 1


def test_a_check_names_stale_pages_and_writes_nothing(tmp_path: Path) -> None:
    assert generate(tmp_path).returncode == 0
    (tmp_path / "unknown.md").write_text("edited", encoding="utf-8")
    (tmp_path / "no.such.kind.md").write_text("left over", encoding="utf-8")
    (tmp_path / "tcp.reset.md").unlink()

    done = generate("--check", tmp_path)
    assert done.returncode == 1
    assert done.stdout.split() == ["no.such.kind.md", "tcp.reset.md", "unknown.md"]
    assert (tmp_path / "unknown.md").read_text(encoding="utf-8") == "edited"
    assert not (tmp_path / "tcp.reset.md").exists()


def test_generating_mends_what_is_stale(tmp_path: Path) -> None:
    (tmp_path / "no.such.kind.md").write_text("left over", encoding="utf-8")
    assert generate(tmp_path).returncode == 0
    assert generate("--check", tmp_path).returncode == 0
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in PAGES.glob("*.md")}
