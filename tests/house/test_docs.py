"""The generated pages are those that the data says, and links lead somewhere."""

import dataclasses
import re
import runpy
import shutil
from importlib import import_module
from pathlib import Path

import pytest

from ringback import Backoff, Breaker, Budget, Policy, Series, Timeout

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = DOCS / "reference"


@pytest.fixture
def generate(monkeypatch, capsys):
    """Runs docs/generate.py; gives its exit status and what it printed."""
    monkeypatch.syspath_prepend(DOCS)
    main = import_module("generate").main

    def run(*arguments):
        return main([str(argument) for argument in arguments]), capsys.readouterr().out.split()

    return run


def pages_in(directory):
    return {path.relative_to(directory) for path in directory.rglob("*.md")}


def test_the_generated_pages_are_up_to_date(generate):
    assert generate("--check") == (0, []), "run: python docs/generate.py"


def test_a_check_names_stale_pages_and_generating_mends_them(generate, tmp_path):
    assert generate(tmp_path)[0] == 0
    kinds = tmp_path / "reference" / "kinds"
    (kinds / "unknown.md").write_text("edited", encoding="utf-8")
    (kinds / "no.such.kind.md").write_text("left over", encoding="utf-8")
    (kinds / "tcp.reset.md").unlink()
    (tmp_path / "man" / "ringback-gone.1").write_text("left over", encoding="utf-8")
    stale = ["kinds/no.such.kind.md", "kinds/tcp.reset.md", "kinds/unknown.md"]
    told = ["man/ringback-gone.1", *(f"reference/{name}" for name in stale)]

    assert generate("--check", tmp_path) == (1, told)
    assert (kinds / "unknown.md").read_text(encoding="utf-8") == "edited"

    assert generate(tmp_path) == (0, told)
    assert generate("--check", tmp_path) == (0, [])
    assert pages_in(tmp_path / "reference") == pages_in(PAGES) - {Path("readings.md")}


@pytest.mark.parametrize("cls", [Policy, Timeout, Backoff, Series, Budget, Breaker])
def test_the_policy_page_names_every_field_with_its_default(cls):
    text = (PAGES / "policy.md").read_text(encoding="utf-8")
    section = text.partition(f"\n## {cls.__name__}\n")[2].partition("\n## ")[0]
    found = re.findall(r"^\| `(\w+)` \| (.*?) \|", section, re.MULTILINE)
    rows = dict(reversed(found))  # below that of the fields there may be others
    fields = {field.name: field.default for field in dataclasses.fields(cls) if field.init}

    assert rows.keys() == fields.keys()
    for name, default in fields.items():
        if isinstance(default, int | float | str | None):
            assert rows[name] == f"`{default!r}`"


def test_an_error_leads_to_its_kind():
    text = (PAGES / "errors.md").read_text(encoding="utf-8")
    seen = {
        "`ConnectionRefusedError: [Errno 111] Connection refused`": "tcp.refused",
        "`TooManyRedirects: Exceeded 30 redirects.`": "http.response.redirect_loop",
        "`MissingSchema`": "url.scheme_invalid",
        "`ConnectTimeout`": "tcp.timed_out",
    }
    for error, kind in seen.items():
        assert f"| {error} | [{kind}](kinds/{kind}.md) |" in text


def test_every_link_leads_somewhere():
    broken = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")]
        for link in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text("utf-8"))
        if not (page.parent / link).exists()
    ]

    assert broken == []


def test_the_site_lists_every_page_once_and_names_those_that_no_index_links_to(tmp_path):
    site = runpy.run_path(str(DOCS / "build_site.py"))
    docs = tmp_path / "docs"
    shutil.copytree(DOCS, docs)
    pages = [path.as_posix() for path in pages_in(docs)]
    assert sorted(site["pages_in"](site["navigation"](docs))) == sorted(pages)
    lines = [line for line in site["llms"](docs).splitlines() if line.startswith("- ")]
    assert len(lines) == len(pages) - 1  # the start page is the head of the list

    (docs / "how-to" / "lost.md").write_text("# Lost\n\nNobody links here.\n", encoding="utf-8")
    assert site["unlisted"](docs) == ["how-to/lost.md"]
