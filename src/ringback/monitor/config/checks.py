"""What must hold between the values of a configuration; each check notes what does not."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from ipaddress import ip_network
from math import log2
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ringback.monitor.config.address import (
    SERVICES,
    AddressError,
    address_to_reach,
    nameserver_of,
    probe_address_of,
)
from ringback.monitor.config.merged import Item, MergedConfig, effective_endpoint
from ringback.monitor.config.models import EndpointShape, ProbeModuleShape, Shape, TokenShape
from ringback.monitor.config.naming import slug
from ringback.monitor.config.schema import closest_word
from ringback.monitor.model import ProbeType
from ringback.monitor.web.settings import is_loopback_host

_FURTHER: tuple[ProbeType, ...] = ("udp", "service", "websocket", "grpc")
_SECURE: tuple[ProbeType, ...] = ("http", "tls", "service", "websocket", "grpc")
_OPEN = frozenset({"postgres", "mysql", "redis", "mqtt"})
"""Services of which it is known whether they serve who has not logged in."""
_PORTED: tuple[ProbeType, ...] = ("http", "tcp", "tls")
_ONLY_FOR: dict[str, tuple[ProbeType, ...]] = {
    "method": ("http",),
    "headers": ("http", "websocket", "grpc"),
    "body": ("http",),
    "redirects": ("http",),
    "fresh_after": ("http",),
    "proxy": ("http",),
    "starttls": ("tls",),
    "send": ("tcp", "udp"),
    "record": ("dns",),
    "query": ("dns",),
    "nameserver": ("dns",),
    "verify": _SECURE,
    "ca": _SECURE,
    "client_certificate": _SECURE,
    "certificate_days": _SECURE,
    "ip": ("http", "tcp", "tls", "icmp", *_FURTHER),
    "mine": _PORTED,
    "ports": _PORTED,
    "slo": ("http", "tcp", "tls", "dns", "icmp", *_FURTHER),
    "grace": ("heartbeat",),
    "expect.status": ("http",),
    "expect.contains": ("http", "tcp", "udp"),
    "expect.matches": ("http",),
    "expect.json": ("http",),
    "expect.headers": ("http",),
    "expect.latency": ("http", "tcp", "tls", "dns", "icmp", *_FURTHER),
    "expect.certificate_days": _SECURE,
    "expect.answers": ("dns",),
    "expect.anonymous": ("service",),
}
"""Key to the probes that have it; a key that is not here is for all."""


def check_endpoints(whole: MergedConfig) -> None:
    unsure = any(
        path[-1] in {"every", "timeout"} for source in whole.sources for path in source.invalid
    )
    for item in whole.endpoints:
        kind = _check_address(item)
        if kind is None:
            continue
        _check_keys(item, kind)
        if not unsure:
            _check_times(item, effective_endpoint(whole, item), kind)
        _check_answer(item, kind)
        check_files(item)
    for table in (whole.defaults, *whole.groups.values()):
        check_files(table)


def _check_address(item: Item[EndpointShape]) -> ProbeType | None:
    """Which probe it is; ``None`` where that cannot be told."""
    shape = item.shape
    if shape.type == "heartbeat":
        if shape.url:
            item.add_problem("a heartbeat has no url: its job reports to the monitor", "url")
        if not shape.name:
            item.add_problem("a heartbeat needs a name")
        return "heartbeat"
    if not shape.url:
        if not item.is_invalid("url"):
            item.add_problem("'url' is missing")
        return None
    try:
        return probe_address_of(shape.url, shape.type).type
    except AddressError as error:
        item.add_problem(f"url {error}", "url", hint=error.hint)
        return None


def check_probe_modules(whole: MergedConfig) -> None:
    """Note what a module says that its probe does not know, and files that are not there."""
    for item in whole.probe_modules.values():
        _check_keys(item, item.shape.type)
        check_files(item)
        if item.shape.type == "tcp" and len(item.shape.expect.contains) > 1:
            item.add_problem(_ONE_TEXT.format("tcp"), "expect", "contains")
        try:
            nameserver_of(item.shape.nameserver)
        except ValueError as error:
            item.add_problem(str(error), "nameserver")


def _check_keys(item: Item[EndpointShape] | Item[ProbeModuleShape], kind: ProbeType) -> None:
    what = "endpoint" if isinstance(item.shape, EndpointShape) else "module"
    expect = {key.rstrip("_"): None for key in item.shape.expect.model_fields_set}
    for key in unsupported_keys(
        kind, {**dict.fromkeys(item.shape.model_fields_set), "expect": expect}
    ):
        kinds = _ONLY_FOR[key]
        only = " and ".join((", ".join(kinds[:-1]), kinds[-1])) if kinds[1:] else kinds[0]
        item.add_problem(f"{key} applies to {only} only; this {what} is {kind}", *key.split("."))


def unsupported_keys(kind: ProbeType, table: Mapping[str, Any]) -> list[str]:
    """Return which keys of an endpoint its probe does not know."""
    keys = {*table, *(f"expect.{key}" for key in table.get("expect", ()))}
    return sorted(key for key in keys & _ONLY_FOR.keys() if kind not in _ONLY_FOR[key])


def _check_times(item: Item[EndpointShape], shape: EndpointShape, kind: ProbeType) -> None:
    if kind == "heartbeat" or "timeout" not in shape.model_fields_set:
        return
    if shape.timeout > shape.every:
        key = "timeout" if "timeout" in item.shape.model_fields_set else "every"
        item.add_problem(
            f"timeout ({shape.timeout:g} s) must not be longer than every ({shape.every:g} s)",
            key,
        )


_ONE_TEXT = "{} supports only one text"
SILENT_UDP = "udp needs what to send: without, nothing answers"


def _check_answer(item: Item[EndpointShape], kind: ProbeType) -> None:
    shape = item.shape
    if kind in {"tcp", "udp"} and len(shape.expect.contains) > 1:
        item.add_problem(_ONE_TEXT.format(kind), "expect", "contains")
    if kind == "udp" and not shape.send:
        item.add_problem(SILENT_UDP, "send")
    scheme = urlsplit(shape.url).scheme
    if kind == "service" and shape.expect.anonymous and SERVICES[scheme].name not in _OPEN:
        item.add_problem(f"{scheme} does not say whether it wants a login", "expect", "anonymous")
    try:
        nameserver_of(shape.nameserver)
    except ValueError as error:
        item.add_problem(str(error), "nameserver")
    if kind == "tls" and (lacking := missing_port(shape)):
        item.add_problem(lacking, "url")


def missing_port(shape: EndpointShape) -> str:
    """Return what to say of a TLS endpoint that names no port and needs one; ``""``: nothing."""
    url = shape.url if "://" in shape.url else f"tls://{shape.url}"
    needed = shape.starttls and urlsplit(url).port is None
    return f"{shape.starttls} needs a port: tls://HOST:PORT" if needed else ""


def check_files(item: Item[Shape]) -> None:
    """Note which files that a table names are not there."""
    for key in ("ca", "client_certificate"):
        named = getattr(item.shape, key)
        if named and not file_named_by(item, named).is_file():
            item.add_problem(f"file {str(file_named_by(item, named))!r} does not exist", key)


def file_named_by(item: Item[Shape], named: str) -> Path:
    """Return a file that a table names, relative to the folder of the configuration."""
    return item.source.file.parent.absolute() / named


def check_names(whole: MergedConfig) -> None:
    """Note names that are there twice, and names of what there is not."""
    _check_unique(whole.endpoints, lambda shape: shape.id, "an endpoint with the id")
    _check_unique(whole.notifiers, lambda shape: shape.name, "a notifier named")
    _check_unique(whole.tokens, lambda shape: shape.name, "a token named")
    notifiers = {name for name, _ in whole.named("notifier")}
    for item in whole.routes:
        for key in ("notifiers", "escalate_to"):
            _check_known(item, key, "notifier", notifiers)
    ids = whole.ids()
    groups = {item.shape.group for item in whole.endpoints} | set(whole.groups)
    groups |= {table.group for table in whole.main.discovery}

    def matches(name: str, ids: set[str]) -> object:
        """What a pattern means may be discovered later."""
        return matching_ids(name, ids) or (whole.main.discovery and is_pattern(name))

    tables: list[Item[Any]] = [*whole.routes, *whole.maintenance]
    for table in tables:
        _check_known(table, "endpoints", "endpoint", ids, slug, matches=matches)
        _check_known(table, "groups", "group", groups)
    _check_pages(whole, groups)


def _check_pages(whole: MergedConfig, groups: set[str]) -> None:
    seen: set[str] = set()
    for number, page in enumerate(whole.main.web.page):
        path = ("web", "page", number)
        if page.name in seen:
            whole.sources[0].add_problem(
                (*path, "name"), f"there is a page named {page.name!r} already"
            )
        seen.add(page.name)
        for name in page.groups:
            if name not in groups:
                whole.sources[0].add_problem((*path, "groups"), f"there is no group named {name!r}")


def matching_ids(pattern: str, ids: Iterable[str]) -> list[str]:
    """Return the ids that a name, an id or a pattern with ``*`` means."""
    wanted = pattern.lower() if is_pattern(pattern) else slug(pattern)
    return [id_ for id_ in ids if fnmatchcase(id_, wanted)]


def is_pattern(text: str) -> bool:
    """Return whether a text stands for several names; brackets may be in a name."""
    return "*" in text or "?" in text


def _check_unique(items: Iterable[Item[Any]], name_of: Callable[[Any], str], what: str) -> None:
    first: dict[str, Item[Any]] = {}
    for item in items:
        name = name_of(item.shape)
        if name not in first:
            first[name] = item
            continue
        other = first[name]
        line = other.source.positions.of_key(other.path).line
        key = "name" if item.shape.name else "url"
        item.add_problem(f"{what} {name!r} already exists: {other.source.file}:{line}", key)


def _check_known(
    item: Item[Any],
    key: str,
    what: str,
    known: set[str],
    form: Callable[[str], str] = str,
    *,
    matches: Callable[[str, set[str]], object] | None = None,
) -> None:
    """Note names under a key of which there is nothing; in the form in which they are known."""
    for index, name in enumerate(getattr(item.shape, key)):
        if not (matches(name, known) if matches else form(name) in known):
            message = f"there is no {what} named {name!r}"
            item.add_problem(message, key, index, hint=closest_word(form(name), known))


def parents_of(whole: MergedConfig, item: Item[EndpointShape]) -> tuple[str, ...]:
    """Return the ids of an endpoint's parents; one of its group or the defaults is not its own."""
    own = "parents" in item.shape.model_fields_set
    ids = dict.fromkeys(slug(name) for name in effective_endpoint(whole, item).parents)
    return tuple(parent for parent in ids if own or parent != item.shape.id)


def check_parents(whole: MergedConfig) -> None:
    """Note parents that there are not, and endpoints that are their own parents."""
    ids = whole.ids()
    tables: list[Item[Any]] = [whole.defaults, *whole.groups.values(), *whole.endpoints]
    for table in tables:
        _check_known(table, "parents", "endpoint", ids, slug)
    _check_cycles(whole)


def _check_cycles(whole: MergedConfig) -> None:
    items = {item.shape.id: item for item in whole.endpoints}
    parents = {id_: parents_of(whole, item) for id_, item in items.items()}
    reported: set[str] = set()
    for id_, item in items.items():
        cycle = find_cycle(id_, parents)
        if cycle and reported.isdisjoint(cycle):
            reported.update(cycle)
            item.add_problem(f"parents form a cycle: {' → '.join(cycle)}", "parents")


def find_cycle(start: str, parents: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return a path from an endpoint over its parents back to itself; ``[]``: there is none."""
    came_from: dict[str, str] = {}
    waiting = [start]
    while waiting:
        child = waiting.pop()
        for parent in parents.get(child, ()):
            if parent == start:
                return _cycle_from_parents(start, child, came_from)
            if parent not in came_from:
                came_from[parent] = child
                waiting.append(parent)
    return []


def _cycle_from_parents(start: str, last: str, came_from: Mapping[str, str]) -> list[str]:
    path = [start]
    while last != start:
        path.append(last)
        last = came_from[last]
    return [start, *reversed(path)]


MIN_TOKEN_BITS = 128  # A token that can hold less can be guessed: its hash is kept without salt
_ALPHABETS = ((r"[0-9]+", 10), (r"[0-9a-f]+|[0-9A-F]+", 16), (r"[a-z0-9]+|[A-Z0-9]+", 36))
_MAKE_ONE = "make one with: python -c 'import secrets; print(secrets.token_urlsafe(24))'"


def token_bits(token: str) -> float:
    """Return how many bits a token of its length, characters and variety may hold at most."""
    drawn = next((size for form, size in _ALPHABETS if re.fullmatch(form, token)), 64)
    counts = Counter(token).values()
    variety = -sum(count * log2(count / len(token)) for count in counts)
    # Of few random characters some are there twice: they seem to hold less than they do.
    return min(len(token) * log2(drawn), variety * 2)


def check_access(whole: MergedConfig) -> None:
    """Note tokens that are no secret, a page that is everybody's, and files that are not there."""
    for item in whole.tokens:
        _check_token(item)
    _check_proxy(whole)
    host = whole.main.web.host
    known = bool(whole.main.auth.proxy_header) or any(True for _ in whole.named("token"))
    if not is_loopback_host(host) and not known:
        whole.sources[0].add_problem(
            ("web", "host"),
            f"anyone who can reach {host} could change what is monitored: add a [[token]], "
            "or listen on 127.0.0.1",
        )

    web = whole.main.web
    if web.key and not web.certificate:
        whole.sources[0].add_problem(("web", "key"), "a key needs its certificate as well")
    for key in ("certificate", "key"):
        named = getattr(web, key)
        file = whole.sources[0].file.parent.absolute() / named
        if named and not file.is_file():
            whole.sources[0].add_problem(("web", key), f"file {str(file)!r} does not exist")


def _check_token(item: Item[TokenShape]) -> None:
    shape = item.shape
    if item.is_invalid("token") or item.is_invalid("sha256"):
        return
    if shape.role and "scopes" in shape.model_fields_set:
        item.add_problem("has either a role or scopes", "scopes")
    if sum(map(bool, (shape.token, shape.token_file, shape.sha256))) != 1:
        item.add_problem("needs one of token, token_file and sha256")
    elif shape.token_file and not file_named_by(item, shape.token_file).is_file():
        file = file_named_by(item, shape.token_file)
        item.add_problem(f"file {str(file)!r} does not exist", "token_file")
    elif shape.token and (*item.path, "token") not in item.source.secret:
        item.add_problem(
            'a token must not be written in the file: use token = "${NAME}", or sha256', "token"
        )
    elif not shape.sha256 and token_bits(secret_of(item)) < MIN_TOKEN_BITS:
        message = f"the token holds less than {MIN_TOKEN_BITS} bits: it could be guessed"
        item.add_problem(message, "token" if shape.token else "token_file", hint=_MAKE_ONE)


MAX_TOKEN_LENGTH = 1000  # Characters of a file that are read


def secret_of(item: Item[TokenShape]) -> str:
    """Return the secret of a token, from where it stands; ``""``: it cannot be read."""
    if not item.shape.token_file:
        return item.shape.token
    try:
        with file_named_by(item, item.shape.token_file).open() as file:
            return file.read(MAX_TOKEN_LENGTH).strip()
    except (OSError, UnicodeError):
        return ""


def _check_proxy(whole: MergedConfig) -> None:
    """Note a proxy of which nobody is believed, and one that might be anybody."""
    auth, source = whole.main.auth, whole.sources[0]
    if not auth.proxy_header:
        for key in ("trusted_proxies", "roles"):
            if getattr(auth, key):
                source.add_problem(("auth", key), "needs proxy_header as well")
        return
    for key, lack in (
        ("trusted_proxies", "needs the addresses of the proxy: trusted_proxies"),
        ("roles", 'needs roles, as { ada = "administer", "*" = "view" }'),
    ):
        if not getattr(auth, key):
            source.add_problem(("auth", "proxy_header"), lack)
    for text in auth.trusted_proxies:
        if problem := _network_problem(text):
            source.add_problem(("auth", "trusted_proxies"), problem)


def _network_problem(text: str) -> str:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return f"{text!r} is no address or network"
    return "" if network.prefixlen else f"{text!r}: everybody could log in under any name"


def check_controls(whole: MergedConfig) -> None:
    """Note controls that cannot be checked, and those that say nothing of the network."""
    for index, url in enumerate(whole.main.controls):
        try:
            host = address_to_reach(url).host
        except AddressError as error:
            whole.sources[0].add_problem(("controls", index), f"control {error}", error.hint)
            continue
        if is_loopback_host(host):
            message = f"{host} is this machine: it says nothing of its network"
            whole.sources[0].add_problem(("controls", index), message)


def check_store(whole: MergedConfig) -> None:
    """Note a store in two places."""
    store = whole.main.store
    if store.url and "path" in store.model_fields_set:
        message = "path and url are both given: data is kept in one place, remove one of them"
        whole.sources[0].add_problem(("store", "url"), message)


def check_page_port(whole: MergedConfig) -> None:
    """A number between quotes; only a variable of the environment can be nothing but a string."""
    source, path = whole.sources[0], ("web", "port")
    web = source.data.get("web")
    written = web.get("port") if isinstance(web, dict) else None
    if isinstance(written, str) and path not in {*source.secret, *source.invalid}:
        source.add_problem(path, f'web.port must be a whole number, not "{written}"')


CHECKS = (
    check_endpoints, check_probe_modules, check_names, check_parents, check_access, check_controls,
    check_store, check_page_port,
)  # fmt: skip


def check_all(whole: MergedConfig) -> None:
    for check in CHECKS:
        check(whole)
