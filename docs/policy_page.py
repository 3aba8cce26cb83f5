"""The reference page of the policy, from the dataclasses and their docstrings."""

import re
from dataclasses import MISSING, Field, fields
from inspect import getdoc

from ringback.retry import Adaptive, Backoff, Breaker, Budget, Policy, Rate, Series, Timeout

CLASSES = (Policy, Timeout, Backoff, Series, Budget, Breaker, Adaptive, Rate)
"""In the order of the page; all are ``ringback.NAME``."""

INTRODUCTION = """# The policy

Everything that limits a call is in one value, a `ringback.Policy`. It is immutable, sessions,
threads and tasks may share it, and every client integration takes one; without it each uses
`Policy()`, whose defaults stand in the tables below. A value that makes no sense is a `ValueError`
at once. All times are in seconds. What the limits are good for:
[Retry safely](../how-to/retry-safely.md).

```python
import ringback

policy = ringback.Policy(
    attempts=4,
    backoff=ringback.Backoff(base=0.1, cap=2),
    timeout=ringback.Timeout(connect=2, read=10),
    deadline=15,
)
session = ringback.Session("https://api.example/v1", policy)
```

To change one thing of a policy that you have: `dataclasses.replace(policy, attempts=1)`. Circuits
and budgets are kept per origin (scheme, host and port) for the whole process, and are shared by all
whose policies have the same breaker and the same budget.
"""

NOTES = {
    Backoff: """With *ceiling* = `min(cap, base · 2^(attempt - 1))`, the wait is

| `jitter` | at random from |
|---|---|
| `"full"` | 0 to the ceiling |
| `"equal"` | half the ceiling to the ceiling |
| `"decorrelated"` | `base` to three times the wait before, `cap` at the most |
| `"none"` | the ceiling, always |
""",
}
"""What a docstring does not say, below the table of the class."""

INTEGRATIONS = """## Which integration keeps what

| | requests | httpx, httpx2 | aiohttp | urllib3 | `ringback.retry` |
|---|---|---|---|---|---|
| `attempts`, `backoff`, `budget`, `breaker` | yes | yes | yes | yes | yes |
| `deadline` | yes | yes | yes, of a body only what is read whole | yes | of coroutines |
| `timeout` | yes | httpx's own | `connect` and `read` together | yes | no |
| `retry_statuses`, `idempotency_key`, `propagate` | yes | yes | yes | yes | no |
| `bulkhead`, `rate` | yes | yes | yes | yes | yes, no headers |
| `hedge` | no | in tasks | yes | no | no |
| `insecure_hosts`, `direct_hosts` | yes | yes | yes | yes | no |

Where `hedge` is not kept, a policy that has it is a `ValueError`.

A timeout that is given with a call, or set on the client, goes before the policy's; a client of
httpx always has some, 5 s unless told otherwise. No timeout is longer than what the deadline
leaves. `ringback.retry` cancels a coroutine at the deadline; a function cannot be cancelled, but
what ringback does inside it ends by then.

A body that the program reads itself (`stream=True`, `client.stream`, `preload_content=False`, and
each body in aiohttp unless `Middleware(read=True)` says otherwise) is read after the call has
returned. Each wait for a part of it has the read timeout, and all of it may take as long as it
takes: a large download does, or a stream of events. An outer deadline ends it
[where it must end](../how-to/retry-safely.md#a-stream-that-must-end).

`insecure_hosts` and `direct_hosts` need a connection that ringback may choose: a transport that is
handed to httpx's integration keeps its own certificates and its own proxy, and so does a program
under `ringback.install()`.
"""


def policy_page() -> str:
    """Return the Markdown page, ending in one newline."""
    parts = [INTRODUCTION, *(section(cls) for cls in CLASSES), INTEGRATIONS]
    return "\n".join(parts)


def section(cls: type) -> str:
    """Return what a class is for, and a table of its fields with their defaults."""
    purpose, _, described = (getdoc(cls) or "").partition("Attributes:\n")
    texts = attributes(described)
    rows = [
        f"| `{field.name}` | {default(field)} | {texts[field.name]} |"
        for field in fields(cls)
        if field.init
    ]
    head = [f"## {cls.__name__}", "", markdown(purpose.strip()), ""]
    note = [NOTES[cls]] if cls in NOTES else []
    return "\n".join([*head, "| field | default | |", "|---|---|---|", *rows, "", *note])


def attributes(described: str) -> dict[str, str]:
    """Return the text of each attribute of a docstring in Google's style."""
    entries = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", described, re.MULTILINE)
    return {name: markdown(" ".join(text.split())) for name, text in entries}


def default(field: Field[object]) -> str:
    """Return the default of a field as one would write it."""
    if field.default_factory is not MISSING:
        value = field.default_factory()
        return f"[`{type(value).__name__}()`](#{type(value).__name__.lower()})"
    if field.default is MISSING:
        return "–"
    if isinstance(field.default, frozenset):
        return f"`{{{', '.join(map(repr, sorted(field.default)))}}}`" if field.default else "none"
    return f"`{field.default!r}`"


def markdown(text: str) -> str:
    """Return a docstring's text with the code marks of Markdown."""
    return text.replace("``", "`")
