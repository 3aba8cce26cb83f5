"""The page that leads from what one sees to its kind, from the kinds and the table of classes."""

from ringback.failure.classes import CLASSES
from ringback.failure.clue import TIMEOUT
from ringback.failure.kinds import KINDS
from ringback.failure.settle import TIMEOUT_IN

INTRODUCTION = """# I have this error

Paste it, a whole traceback or a log as well; nothing leaves your machine:

```console
$ ringback explain "[Errno 111] Connection refused"
```

It knows far more texts than this page ([Explain a text](../how-to/explain-a-text.md)). Without it,
look for the words of your message below, without names, addresses and numbers of your own. Of
several exceptions in a traceback the first, at the top, is most often the root. What each kind
means, and what to do, is on its page.
"""

CLASS_ALONE = """## The class alone

The message says more than the class; where there is none, this is what its name says.
"""

SEEN_IN = {
    "Python on Linux: socket and ssl": ("linux", "musl", "python", "openssl", "asyncio"),
    "macOS": ("macos",),
    "Windows": ("windows",),
    "requests and urllib3": ("requests", "urllib3"),
    "httpx": ("httpx",),
    "aiohttp": ("aiohttp",),
    "urllib.request": ("urllib",),
    "curl": ("curl",),
}
"""Title → the keys of ``Kind.looks_like`` under it."""

HEAD = ["| you see | it is |", "|---|---|"]


def error_page() -> str:
    """Return the page."""
    parts = [INTRODUCTION]
    for title, keys in SEEN_IN.items():
        seen = [(text, name) for key in keys for text, name in texts(key)]
        parts += [f"## {title}", "", *table(seen), ""]
    return "\n".join([*parts, CLASS_ALONE, *table(classes())]) + "\n"


def texts(key: str) -> list[tuple[str, str]]:
    """Return what is seen of each kind on a system or in a library, and the kind."""
    return [(k.looks_like[key], k.name) for k in KINDS.values() if key in k.looks_like]


def classes() -> list[tuple[str, str]]:
    """Return the names of the classes that name a kind, and the kind."""
    named = {
        name: TIMEOUT_IN.get(clue.phase, "client.deadline_exceeded")
        if clue.kind == TIMEOUT
        else clue.kind
        for name, clue in sorted(CLASSES.items(), key=lambda item: item[0].casefold())
    }
    return [(f"`{name}`", kind) for name, kind in named.items() if kind is not None]


def table(rows: list[tuple[str, str]]) -> list[str]:
    """Return the lines of a table."""
    return [*HEAD, *(f"| {seen} | [{kind}](kinds/{kind}.md) |" for seen, kind in rows)]
