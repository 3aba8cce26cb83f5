"""The reference page of a kind of failure, for the documentation and for the terminal."""

from collections.abc import Iterable
from typing import Final

from ringback.failure.kind import Delivered, Kind, Layer, Retry

LAYERS: Final[dict[Layer, str]] = {
    "config": "configuration, before anything is sent",
    "client": "this program and its machine",
    "dns": "name resolution (DNS)",
    "ip": "addresses and routes (IP)",
    "tcp": "connection (TCP or Unix socket)",
    "tls": "encryption and certificates (TLS)",
    "proxy": "proxy",
    "http": "HTTP exchange",
    "status": "HTTP status",
    "application": "the service's own protocol",
    "none": "none",
}
"""Layer → in words, from the program outwards."""

DELIVERED: Final[dict[Delivered, str]] = {
    "no": "no, the service has not processed the request",
    "maybe": "perhaps, the service may have processed the request",
    "yes": "yes, the service answered",
}
"""May the request have been processed → in words."""

RETRY: Final[dict[Retry, str]] = {
    "now": "yes, at once, on a fresh connection, any method",
    "backoff": "yes, after a wait, any method",
    "idempotent": "yes, after a wait, if the request may safely be processed twice",
    "no": "no, not until something changes",
}
"""When another attempt can help → in words."""

SEEN_IN: Final = {
    "linux": "Linux",
    "macos": "macOS",
    "windows": "Windows",
    "musl": "Alpine (musl)",
    "urllib": "urllib.request",
    "python": "Python",
}

KNOWN_AS: Final = {
    "curl": "curl exit code",
    "chromium": "Chromium",
    "ooni": "OONI",
    "envoy": "Envoy response flag",
    "grpc": "gRPC status",
}


def reference_page(kind: Kind) -> str:
    """Return the Markdown reference page of a kind, ending in one newline."""
    blocks = [
        f"# {kind.name}",
        kind.meaning,
        _summary(kind),
        *_section("What it looks like", _labelled(kind.looks_like, SEEN_IN)),
        *_section("Usual causes", _bullets(kind.causes)),
        *_section("What to do", _numbered(kind.do)),
        *_section("What not to do", _bullets(kind.dont)),
        *_section("How to reproduce it", _reproduction(kind)),
        *_section("Often confused with", _links(kind.related)),
        *_section("Also known as", _labelled(kind.also_known_as, KNOWN_AS)),
    ]
    return "\n\n".join(blocks) + "\n"


def _summary(kind: Kind) -> str:
    return (
        "| | |\n|---|---|\n"
        f"| Layer | {LAYERS[kind.layer]} |\n"
        f"| Delivered | {DELIVERED[kind.delivered]} |\n"
        f"| Retry | {RETRY[kind.retry]} |\n"
        f"| Named by | {named_by(kind)} |"
    )


def named_by(kind: Kind) -> str:
    """Return what can give a failure this kind, in words."""
    if kind.diagnosis_only:
        return "a diagnosis only: no exception holds enough to recognise it"
    return "the exception, a log line or a diagnosis"


def _reproduction(kind: Kind) -> str:
    if kind.layer == "none":
        return ""
    return (
        "`ringback lab` lists the failures that this machine can produce.\n"
        f"If this one is among them, `ringback lab {kind.name}` starts it and prints the exception "
        "of each installed client with its explanation."
    )


def _section(title: str, body: str) -> tuple[str, ...]:
    return (f"## {title}", body) if body else ()


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _numbered(lines: Iterable[str]) -> str:
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))


def _labelled(texts: dict[str, str], labels: dict[str, str]) -> str:
    return _bullets(f"**{labels.get(key, key)}**: {text}" for key, text in texts.items())


def _links(names: Iterable[str]) -> str:
    return _bullets(f"[{name}]({name}.md)" for name in names)
