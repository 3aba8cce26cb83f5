"""The generated pages are those that the data says."""

import dataclasses
import runpy
import shutil
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
    kinds = tmp_path / "reference" / "kinds"
    (kinds / "unknown.md").write_text("edited", encoding="utf-8")
    (kinds / "no.such.kind.md").write_text("left over", encoding="utf-8")
    (kinds / "tcp.reset.md").unlink()
    (tmp_path / "reference" / "policy.md").unlink()
    (tmp_path / "man" / "ringback-gone.1").write_text("left over", encoding="utf-8")

    done = generate("--check", tmp_path)
    assert done.returncode == 1
    stale = ["kinds/no.such.kind.md", "kinds/tcp.reset.md", "kinds/unknown.md", "policy.md"]
    assert done.stdout.split() == ["man/ringback-gone.1", *(f"reference/{name}" for name in stale)]
    assert (kinds / "unknown.md").read_text(encoding="utf-8") == "edited"
    assert not (kinds / "tcp.reset.md").exists()


def test_generating_mends_what_is_stale(tmp_path: Path) -> None:
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference" / "no.such.page.md").write_text("left over", encoding="utf-8")
    assert generate(tmp_path).returncode == 0
    assert generate("--check", tmp_path).returncode == 0
    by_hand = {Path("readings.md")}
    assert pages_in(tmp_path / "reference") == pages_in(PAGES) - by_hand


def pages_in(directory: Path) -> set[Path]:
    return {path.relative_to(directory) for path in directory.rglob("*.md")}


def test_an_error_leads_to_its_kind() -> None:
    text = (PAGES / "errors.md").read_text(encoding="utf-8")
    seen = {
        "`ConnectionRefusedError: [Errno 111] Connection refused`": "tcp.refused",
        "`TooManyRedirects: Exceeded 30 redirects.`": "http.response.redirect_loop",
        "`MissingSchema`": "url.scheme_invalid",
        "`ConnectTimeout`": "tcp.timed_out",
    }
    for error, kind in seen.items():
        assert f"| {error} | [{kind}](kinds/{kind}.md) |" in text


def test_the_site_lists_every_page_once_and_names_those_that_no_index_links_to(
    tmp_path: Path,
) -> None:
    site = runpy.run_path(str(ROOT / "docs" / "build_site.py"))
    docs = tmp_path / "docs"
    shutil.copytree(ROOT / "docs", docs)
    pages = [path.as_posix() for path in pages_in(docs)]
    assert sorted(site["pages_in"](site["navigation"](docs))) == sorted(pages)
    lines = [line for line in site["llms"](docs).splitlines() if line.startswith("- ")]
    assert len(lines) == len(pages) - 1  # the start page is the head of the list

    (docs / "how-to" / "lost.md").write_text("# Lost\n\nNobody links here.\n", encoding="utf-8")
    assert site["unlisted"](docs) == ["how-to/lost.md"]
