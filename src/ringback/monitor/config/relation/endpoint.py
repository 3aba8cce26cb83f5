"""What must hold inside one endpoint."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ringback.monitor.config.address import AddressError, address_of, nameserver_of
from ringback.monitor.config.effective import effective
from ringback.monitor.config.merged import Item, Merged
from ringback.monitor.config.shape.base import Shape
from ringback.monitor.config.shape.endpoint import EndpointShape
from ringback.monitor.model import ProbeType

_SECURE: tuple[ProbeType, ...] = ("http", "tls")
_PORTED: tuple[ProbeType, ...] = ("http", "tcp", "tls")
_ONLY_FOR: dict[str, tuple[ProbeType, ...]] = {
    "method": ("http",),
    "headers": ("http",),
    "body": ("http",),
    "redirects": ("http",),
    "fresh_after": ("http",),
    "proxy": ("http",),
    "starttls": ("tls",),
    "send": ("tcp",),
    "record": ("dns",),
    "nameserver": ("dns",),
    "verify": _SECURE,
    "ca": _SECURE,
    "client_certificate": _SECURE,
    "certificate_days": _SECURE,
    "ip": ("http", "tcp", "tls", "icmp"),
    "mine": _PORTED,
    "ports": _PORTED,
    "grace": ("heartbeat",),
    "expect.status": ("http",),
    "expect.contains": ("http", "tcp"),
    "expect.matches": ("http",),
    "expect.json": ("http",),
    "expect.headers": ("http",),
    "expect.latency": ("http", "tcp", "tls", "dns", "icmp"),
    "expect.certificate_days": _SECURE,
    "expect.answers": ("dns",),
}
"""Key to the probes that have it; a key that is not here is for all."""


def check_endpoints(whole: Merged) -> None:
    """Note what does not hold inside the endpoints.

    Args:
        whole: The configuration.
    """
    unsure = any(path[-1] in {"every", "timeout"} for one in whole.sources for path in one.wrong)
    for item in whole.endpoints:
        kind = _check_address(item)
        if kind is None:
            continue
        _check_keys(item, kind)
        if not unsure:
            _check_times(item, effective(whole, item), kind)
        _check_answer(item, kind)
        check_files(item)
    check_files(Item(whole.main.defaults, whole.sources[0], ("defaults",)))
    for group in whole.groups.values():
        check_files(group)


def _check_address(item: Item[EndpointShape]) -> ProbeType | None:
    """Which probe it is; ``None`` where that cannot be told."""
    shape = item.shape
    if shape.type == "heartbeat":
        if shape.url:
            item.complain("a heartbeat has no url: it reports in", "url")
        if not shape.name:
            item.complain("a heartbeat needs a name")
        return "heartbeat"
    if not shape.url:
        if not item.is_wrong("url"):
            item.complain("'url' is missing")
        return None
    try:
        return address_of(shape.url, shape.type).type
    except AddressError as error:
        item.complain(f"url {error}", "url", hint=error.hint)
        return None


def _check_keys(item: Item[EndpointShape], kind: ProbeType) -> None:
    expect = {key.rstrip("_"): None for key in item.shape.expect.model_fields_set}
    for key in not_for(kind, {**dict.fromkeys(item.shape.model_fields_set), "expect": expect}):
        kinds = _ONLY_FOR[key]
        only = " and ".join((", ".join(kinds[:-1]), kinds[-1])) if kinds[1:] else kinds[0]
        item.complain(f"{key} is for {only} only; this is {kind}", *key.split("."))


def not_for(kind: ProbeType, table: Mapping[str, Any]) -> list[str]:
    """Return which keys of an endpoint its probe does not know.

    Args:
        kind: The probe.
        table: The endpoint, with ``expect`` as a table.
    """
    keys = {*table, *(f"expect.{key}" for key in table.get("expect", ()))}
    return sorted(key for key in keys & _ONLY_FOR.keys() if kind not in _ONLY_FOR[key])


def _check_times(item: Item[EndpointShape], shape: EndpointShape, kind: ProbeType) -> None:
    if kind == "heartbeat" or "timeout" not in shape.model_fields_set:
        return
    if shape.timeout > shape.every:
        key = "timeout" if "timeout" in item.shape.model_fields_set else "every"
        item.complain(
            f"a check may take {shape.timeout:g} s (timeout), but comes every {shape.every:g} s",
            key,
        )


def _check_answer(item: Item[EndpointShape], kind: ProbeType) -> None:
    shape = item.shape
    if kind == "tcp" and len(shape.expect.contains) > 1:
        item.complain("tcp looks for one text only", "expect", "contains")
    try:
        nameserver_of(shape.nameserver)
    except ValueError as error:
        item.complain(str(error), "nameserver")
    if kind == "tls" and (lacking := lacking_port(shape)):
        item.complain(lacking, "url")


def lacking_port(shape: EndpointShape) -> str:
    """Return what to say of a TLS endpoint that names no port and needs one; ``""``: nothing.

    Args:
        shape: The endpoint.
    """
    url = shape.url if "://" in shape.url else f"tls://{shape.url}"
    needed = shape.starttls and urlsplit(url).port is None
    return f"{shape.starttls} needs a port: tls://HOST:PORT" if needed else ""


def check_files(item: Item[Shape]) -> None:
    """Note which files that a table names are not there.

    Args:
        item: The table.
    """
    for key in ("ca", "client_certificate"):
        named = getattr(item.shape, key)
        if named and not beside(item, named).is_file():
            item.complain(f"there is no file {str(beside(item, named))!r}", key)


def beside(item: Item[Shape], named: str) -> Path:
    """Return a file that a table names, relative to the folder of the configuration.

    Args:
        item: The table.
        named: What it says.
    """
    return item.source.file.parent.absolute() / named
