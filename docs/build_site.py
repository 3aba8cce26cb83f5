#!/usr/bin/env python3
"""Build the documentation's site: its pages with a search, each as Markdown beside it, llms.txt.

The pages are those of the repository as they stand. A link or an anchor that leads nowhere ends
the build, and so does a page that neither ``index.md`` nor the index of the kinds lists: these two
are the navigation.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

DOCS = Path(__file__).parent
ROOT = DOCS.parent
SITE = ROOT / "site"
START = "index.md"
KINDS = "reference/kinds/index.md"
SECTIONS = {"tutorial": "Tutorials", "how-to": "How-to guides", "decisions": "Decisions"}
"""Folder → its section; what lies in another is reference."""
REFERENCE = "Reference"

Entry: TypeAlias = "str | dict[str, list[Entry]]"
"""A page, or a part of the navigation with a title."""

_LINK = re.compile(r"\]\(([^()#\s]+\.md)\)")
_LINKED = re.compile(r"\[([^\]]+)\]\([^()\s]+\)")
_WANTED = re.compile(r"^\| ([^|]+) \| \[[^\]]+\]\(([^()\s]+)\) \|$", re.MULTILINE)
"""A row of the start page: what somebody wants, and the page."""
_SENTENCE = re.compile(r".+?\.(?=\s|$)|.+")


def main() -> int:
    """Build; return the exit status."""
    if missing := unlisted(DOCS):
        print("In no index:", *missing, sep="\n  ", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as scratch:
        built = build(Path(scratch))
        if built is not None:
            shutil.rmtree(SITE, ignore_errors=True)
            shutil.copytree(built, SITE)
    return 0 if built else 1


def build(scratch: Path) -> Path | None:
    """Return the folder of the site, built within another; ``None`` where it failed."""
    docs = scratch / "docs"
    shutil.copytree(DOCS, docs, ignore=shutil.ignore_patterns("*.py", "__pycache__", "man"))
    settings = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    head, table, rest = settings.partition("[project]\n")
    listed = f"nav = {toml(navigation(docs))}\n"
    (scratch / "zensical.toml").write_text(head + table + listed + rest, encoding="utf-8")
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    if subprocess.run(command, cwd=scratch, check=False).returncode:
        return None
    site = scratch / "site"
    shutil.copytree(docs, site, dirs_exist_ok=True)
    (site / "llms.txt").write_text(llms(docs), encoding="utf-8")
    return site


def navigation(docs: Path) -> list[Entry]:
    """Return the sections and their pages, in the order in which the start page links to them."""
    sections: dict[str, list[Entry]] = {name: [] for name in ("Tutorials", "How-to guides")}
    sections |= {REFERENCE: [], SECTIONS["decisions"]: []}
    for heading, pages in groups(docs, START).items():
        guides = [page for page in pages if page.startswith("how-to/")]
        if guides:
            sections["How-to guides"].append({heading: [*guides]})
        for page in pages:
            if page == KINDS:
                kinds = [{title: [*named]} for title, named in groups(docs, KINDS).items()]
                sections[REFERENCE].append({"Kinds of failure": [KINDS, *kinds]})
            elif page not in guides:
                sections[SECTIONS.get(page.partition("/")[0], REFERENCE)].append(page)
    return [START, *({title: pages} for title, pages in sections.items())]


def groups(docs: Path, index: str) -> dict[str, list[str]]:
    """Return the pages that an index links to, by the heading above the link."""
    found: dict[str, list[str]] = {}
    folder = index.rpartition("/")[0]
    heading = ""
    for line in (docs / index).read_text(encoding="utf-8").splitlines():
        heading = line.removeprefix("## ") if line.startswith("## ") else heading
        for link in _LINK.findall(line) if heading else ():
            found.setdefault(heading, []).append(f"{folder}/{link}".lstrip("/"))
    return found


def pages_in(entries: list[Entry]) -> Iterator[str]:
    """Yield the pages of a part of the navigation."""
    for entry in entries:
        if isinstance(entry, str):
            yield entry
        else:
            for inner in entry.values():
                yield from pages_in(inner)


def unlisted(docs: Path) -> list[str]:
    """Return the pages that no index lists."""
    found = {path.relative_to(docs).as_posix() for path in docs.rglob("*.md")}
    return sorted(found - set(pages_in(navigation(docs))))


def llms(docs: Path) -> str:
    """Return what llms.txt says: each page with a line on it, by section; see llmstxt.org."""
    _, *sections = navigation(docs)
    wanted = {page: want for want, page in _WANTED.findall((docs / START).read_text("utf-8"))}
    title, summary = told(docs / START)
    lines = [f"# {title}", "", f"> {summary}"]
    for section in sections:
        for heading, entries in section.items():
            lines += ["", f"## {heading}", ""]
            for page in pages_in(entries):
                title, summary = told(docs / page)
                lines.append(f"- [{title}]({page}): {wanted.get(page, summary)}")
    return "\n".join(lines) + "\n"


def told(path: Path) -> tuple[str, str]:
    """Return a page's title, and its first sentence."""
    title, paragraph = path.read_text(encoding="utf-8").removeprefix("# ").split("\n\n")[:2]
    sentence = _SENTENCE.match(_LINKED.sub(r"\1", " ".join(paragraph.split())))
    return title, sentence[0] if sentence else title


def toml(value: object) -> str:
    """Return lists, tables and texts as TOML writes them."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


if __name__ == "__main__":
    sys.exit(main())
