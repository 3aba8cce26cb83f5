#!/usr/bin/env python3
"""Write the pages that come from ringback's own data, or list those out of date.

These are most of the reference, the manual pages, and the module of the kinds' names as a type.
With ``--check`` it writes nothing, prints the name of each file out of date and exits 1 if any is.
"""

import argparse
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

from error_page import error_page
from incident_page import incident_page
from man_page import man_pages
from policy_page import policy_page
from verdict_page import verdict_page

from ringback.failure.kind import Kind, Layer
from ringback.failure.kinds import KINDS
from ringback.failure.page import DELIVERED, LAYERS, RETRY, reference_page

DIRECTORY = Path(__file__).parent
NAMES = Path(__file__).parents[1] / "src" / "ringback" / "failure" / "names.py"
"""The module of the kinds' names."""

GENERATED = ("reference/**/*.md", "man/*.1")
"""What all is written from data, but for those below."""
BY_HAND = frozenset({"reference/readings.md"})
"""Pages among them that people write."""

INTRODUCTION = """# Kinds of failure

Every failed call gets one of these names. They follow W3C Network Error Logging and may be cut at
any dot: `tcp.address_unreachable.host` is a `tcp.address_unreachable`. They are stable, and suit as
OpenTelemetry `error.type`. The same text is shown by `ringback explain KIND`.

The groups `url`, `request`, `config`, `client`, `proxy`, `unix` and `service` are ringback's own:
Network Error Logging is about browsers and has no name for what they cover.

**Delivered** says whether the service may have processed the request, where the phase of the call
does not say better. **Retry** says when another attempt can help. Kinds marked ◆ cannot be told
from an exception; only a diagnosis names them.
"""


NAMES_MODULE = '''"""The names of the kinds as types: a misspelt one does not pass the type checker.

Written by ``python docs/generate.py`` from the table of kinds; edit that.
"""

from typing import Literal

KindName = Literal[
{kinds}
]
"""The name of a kind."""

KindGroup = Literal[
{groups}
]
"""What several kinds begin with, and none is called."""
'''


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit status after writing the pages or checking them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("directory", nargs="?", type=Path, default=DIRECTORY)
    parser.add_argument("--check", action="store_true", help="write nothing, list stale pages")
    options = parser.parse_args(arguments)
    stale = stale_pages(options.directory)
    names_are_stale = NAMES.read_text(encoding="utf-8") != names_module()
    listed = sorted(stale) + ([NAMES.name] if names_are_stale else [])
    for name in listed:
        print(name)
    if not options.check:
        write(options.directory, stale)
        if names_are_stale:
            NAMES.write_text(names_module(), encoding="utf-8")
    return 1 if options.check and listed else 0


def pages() -> dict[str, str]:
    """Return every generated page by its path."""
    kinds = {f"kinds/{kind.name}.md": reference_page(kind) for kind in KINDS.values()}
    reference = {
        "errors.md": error_page(),
        "incidents.md": incident_page(),
        "policy.md": policy_page(),
        "verdicts.md": verdict_page(),
        "kinds/index.md": index(),
    } | kinds
    manual = {f"man/{name}": text for name, text in man_pages().items()}
    return {f"reference/{name}": text for name, text in reference.items()} | manual


def names_module() -> str:
    """Return the source of the module that has the names of the kinds as types."""
    groups = {group for name in KINDS for group in groups_of(name)} - set(KINDS)
    return NAMES_MODULE.format(kinds=literal(KINDS), groups=literal(sorted(groups)))


def groups_of(name: str) -> list[str]:
    """Return what is left of a name cut at each of its dots."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def literal(names: Iterable[str]) -> str:
    """Return the lines of a ``Literal`` of names."""
    return textwrap.indent("".join(f'"{name}",\n' for name in names), "    ").rstrip("\n")


def index() -> str:
    """Return the table of all kinds, by layer."""
    return "\n".join([INTRODUCTION, *(part for layer in LAYERS for part in layer_table(layer))])


def layer_table(layer: Layer) -> list[str]:
    """Return the lines of one layer's table."""
    head = ["| kind | meaning | delivered | retry |", "|---|---|---|---|"]
    rows = [row(kind) for kind in KINDS.values() if kind.layer == layer]
    title = LAYERS[layer]
    return [f"## {title[0].upper()}{title[1:]}", "", *head, *rows, ""]


def row(kind: Kind) -> str:
    """Return a kind's line in the table."""
    mark = " ◆" if kind.diagnosis_only else ""
    return (
        f"| [{kind.name}]({kind.name}.md){mark} | {kind.meaning} "
        f"| {DELIVERED[kind.delivered].partition(',')[0]} | {RETRY[kind.retry]} |"
    )


def stale_pages(directory: Path) -> dict[str, str | None]:
    """Return what must be written to bring a directory up to date; ``None`` is to be removed."""
    wanted = pages()
    found = {
        path.relative_to(directory).as_posix(): path.read_text(encoding="utf-8")
        for pattern in GENERATED
        for path in directory.glob(pattern)
    }
    missing = {name: text for name, text in wanted.items() if found.get(name) != text}
    return missing | dict.fromkeys(found.keys() - wanted.keys() - BY_HAND)


def write(directory: Path, stale: dict[str, str | None]) -> None:
    """Write the pages, and remove those that nothing stands behind any more."""
    for name, text in stale.items():
        path = directory / name
        if text is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
