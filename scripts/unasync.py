"""The form for threads of what is written once, for tasks, as httpcore has it.

    python scripts/unasync.py            write each ``*_sync.py`` anew from its ``*_async.py``
    python scripts/unasync.py --check    say which of them are out of date, and exit with 1

The two forms differ in words only. Where threads and tasks do different things (a socket that
blocks or does not), each has a module of its own with the same names, such as
``client/httpcore/network_sync.py`` and ``network_async.py``.
"""

import ast
import re
import subprocess
import sys
from pathlib import Path

CLIENT = Path(__file__).parents[1] / "src" / "ringback" / "client"
SOURCES = [CLIENT / "drive_async.py", CLIENT / "httpcore" / "transport_async.py"]

WORDS = [
    (r"\[(\w+) async for \1 in ([\w.]+)\]", r"\2"),
    (r"\basync (def|with|for)\b", r"\1"),
    (r"\bawait ", ""),
    (r"\bAwaitable\[(\w+(?: \| \w+\[\w+\])?)\]", r"\1"),
    (r"\bAsync([A-Z]\w*)", r"\1"),
    (r"\basync_(\w+)", r"\1"),
    (r"\b(\w+)_async\b", r"\1_sync"),
    (r"\bhandle_async_request\b", "handle_request"),
    (r"\badiagnosed\b", "diagnosed"),
    (r"\baclose\b", "close"),
    (r"__a(enter|exit|iter|next)__", r"__\1__"),
    (r"\bthe event loop\b", "the process"),
    (r"\b([Tt])ask(s?)\b", r"\1hread\2"),
]
"""What stands for tasks, as a pattern, and what stands for threads in its place."""


def main() -> int:
    """Write or check every form for threads."""
    stale = []
    for source in SOURCES:
        target, text = target_of(source), for_threads(source.read_text("utf-8"), source.name)
        if "--check" not in sys.argv:
            target.write_text(text, "utf-8")
            laid_out(target)
        elif not (target.exists() and is_same(text, target.read_text("utf-8"))):
            stale.append(target)
    for target in stale:
        print(f"out of date: {target.name}; run: python scripts/unasync.py")
    return 1 if stale else 0


def target_of(source: Path) -> Path:
    """Return where the form for threads of a module stands."""
    return source.with_name(source.name.replace("_async", "_sync"))


def for_threads(text: str, name: str) -> str:
    """Return the form for threads of a module's text, not laid out yet."""
    for pattern, replacement in WORDS:
        text = re.sub(pattern, replacement, text)
    return f"# Written by scripts/unasync.py from {name}: change that one and run it.\n{text}"


def is_same(first: str, second: str) -> bool:
    """Return whether two texts are the same program; how it is laid out does not matter."""
    return _shape(first) == _shape(second)


def _shape(text: str) -> tuple[set[str], str, set[str]]:
    imports, rest = set(), []
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom):
            imports.update(f"{node.module}.{alias.name} {alias.asname}" for alias in node.names)
        else:
            rest.append(ast.unparse(node))
    comments = {line.partition("#")[2].strip() for line in text.splitlines() if "#" in line}
    return imports, "\n".join(rest), comments


def laid_out(path: Path) -> None:
    """Sort the imports of a module and lay it out, as ruff does."""
    ruff = [sys.executable, "-m", "ruff"]
    subprocess.run([*ruff, "check", "-q", "--select", "I", "--fix", path], check=True)
    subprocess.run([*ruff, "format", "-q", path], check=True)


if __name__ == "__main__":
    sys.exit(main())
