"""A configuration in, what the running monitor takes or all its problems out."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from ringback.failure.target import without_secrets
from ringback.incident.model import CONTROL_PREFIX, WatchedEndpoint
from ringback.monitor.config.address import (
    AddressError,
    ProbeAddress,
    nameserver_of,
    probe_address_of,
)
from ringback.monitor.config.checks import (
    check_all,
    file_named_by,
    is_pattern,
    matching_ids,
    parents_of,
    unsupported_keys,
)
from ringback.monitor.config.merged import Item, MergedConfig, effective_endpoint, merge_files
from ringback.monitor.config.models import (
    ChannelShape,
    EndpointShape,
    ExpectShape,
    MaintenanceShape,
    RouteShape,
    TokenShape,
    WebShape,
    WeeklyShape,
)
from ringback.monitor.config.naming import endpoint_name, slug
from ringback.monitor.config.settings import (
    ConfigInvalid,
    ConfigProblem,
    MaintenanceWindow,
    MonitorConfig,
    Retention,
    WeeklyWindow,
)
from ringback.monitor.model import Endpoint, Expectations, ProbeType
from ringback.monitor.notify.settings import NotifierSettings, RouteSettings, route_to_all
from ringback.monitor.web.settings import Token, WebSettings, digest_of

_OPTIONS = {
    "body": "body",
    "redirects": "redirects",
    "ip": "family",
    "record": "record",
    "proxy": "proxy",
    "starttls": "starttls",
    "fresh_after": "fresh_after",
}
"""Key to what the probe calls it."""
_CONTROL_TIMEOUT = 4.0  # Seconds for one check: the next comes after five


def build_config(whole: MergedConfig) -> MonitorConfig:
    """Return a configuration in which nothing is wrong, as the monitor takes it."""
    main = whole.main
    return MonitorConfig(
        endpoints=tuple(_endpoint(whole, item) for item in whole.endpoints),
        notifiers=tuple(_notifier(item.shape) for item in whole.notifiers),
        routes=_routes(whole),
        maintenance=tuple(_window(whole, item.shape) for item in whole.maintenance),
        retention=Retention(**main.retention.model_dump()),
        vantage=main.vantage,
        agents_only=main.agents_only,
        controls=tuple(_control(url) for url in dict.fromkeys(main.controls)),
        web=_web(main.web, whole),
        store=whole.sources[0].file.parent / main.store.path,
        store_url=main.store.url,
        files=tuple(source.file for source in whole.sources),
        patterns=whole.patterns,
    )


def make_endpoint(address: ProbeAddress, name: str, **more: Any) -> Endpoint:
    id_ = slug(name)
    watched = more.pop("watched", {})
    proxy = more.get("options", {}).get("proxy", "")
    watched["proxy"] = "" if proxy == "environment" else without_secrets(proxy)
    return Endpoint(
        id=id_,
        name=name,
        url=address.url,
        type=address.type,
        watched=WatchedEndpoint(id=id_, name=name, host=address.host, **watched),
        **more,
    )


def _control(url: str) -> Endpoint:
    """A target whose every reply will do: the lightest request, and no redirect is followed."""
    address = probe_address_of(url)
    name = endpoint_name("", address.url)
    id_ = f"{CONTROL_PREFIX}target:{slug(name)}"
    return Endpoint(
        id=id_,
        name=name,
        url=address.url,
        type=address.type,
        timeout=_CONTROL_TIMEOUT,
        method="HEAD",
        verify=False,
        watched=WatchedEndpoint(id=id_, name=name, host=address.host),
        options={"redirects": False},
    )


def _endpoint(whole: MergedConfig, item: Item[EndpointShape]) -> Endpoint:
    shape = effective_endpoint(whole, item)
    heartbeat = shape.type == "heartbeat"
    address = (
        ProbeAddress("heartbeat", "", "") if heartbeat else probe_address_of(shape.url, shape.type)
    )
    return make_endpoint(
        address,
        endpoint_name(shape.name, shape.url),
        every=shape.every,
        timeout=min(shape.timeout, shape.every),
        retry_every=min(shape.retry_every, shape.every),
        expectations=_expectations(shape.expect, shape, address),
        headers=shape.headers,
        method=shape.method,
        nameserver=nameserver_of(shape.nameserver),
        verify=shape.verify,
        ca=_file(item, shape.ca),
        labels=shape.labels,
        mine=shape.mine,
        ports=shape.ports,
        public=shape.public,
        options=_options(item, shape, address.type),
        watched=_watched(whole, item, shape),
    )


def _watched(
    whole: MergedConfig, item: Item[EndpointShape], shape: EndpointShape
) -> dict[str, Any]:
    heartbeat = shape.type == "heartbeat"
    return {
        "threshold": shape.threshold,
        "recovery": shape.recovery,
        "latency": shape.watch_latency and not heartbeat,
        "certificate_days": tuple(sorted(set(shape.certificate_days), reverse=True)),
        "every": shape.every,
        "timeout": min(shape.timeout, shape.every),
        "grace": shape.grace if heartbeat else None,
        "resolver": nameserver_of(shape.nameserver),
        "parents": parents_of(whole, item),
        "group": shape.group,
    }


def _expectations(expect: ExpectShape, shape: EndpointShape, address: ProbeAddress) -> Expectations:
    tcp = address.type == "tcp"
    return Expectations(
        status=expect.status,
        body_contains=() if tcp else expect.contains,
        body_matches=expect.matches,
        json=expect.json_,
        headers=expect.headers,
        latency=expect.latency,
        certificate_days=expect.certificate_days,
        answers=expect.answers,
        send=shape.send,
        expect=expect.contains[0] if tcp and expect.contains else "",
    )


def _options(item: Item[EndpointShape], shape: EndpointShape, kind: ProbeType) -> dict[str, Any]:
    # Those that were written, as a probe has defaults of its own, and that this one knows.
    written = shape.model_fields_set & _OPTIONS.keys()
    written -= set(unsupported_keys(kind, dict.fromkeys(written)))
    given = {_OPTIONS[key]: getattr(shape, key) for key in written}
    given["client_certificate"] = _file(item, shape.client_certificate)
    return {key: value for key, value in given.items() if value not in ("", None)}


def _file(item: Item[EndpointShape], named: str) -> str:
    return str(file_named_by(item, named)) if named else ""


def _notifier(shape: ChannelShape) -> NotifierSettings:
    given = shape.model_dump()
    known = {field.name for field in fields(NotifierSettings)}
    own = {key: value for key, value in given.items() if key not in known and value}
    return NotifierSettings(**{k: v for k, v in given.items() if k in known}, options=own)


def _routes(whole: MergedConfig) -> tuple[RouteSettings, ...]:
    """The routes; without any, all notifiers are notified of everything."""
    if not whole.routes and whole.notifiers:
        return (route_to_all(item.shape.name for item in whole.notifiers),)
    return tuple(_route(whole, item.shape) for item in whole.routes)


def _route(whole: MergedConfig, shape: RouteShape) -> RouteSettings:
    ids = _ids(whole)
    patterns = [p.lower() if is_pattern(p) else matching_ids(p, ids)[0] for p in shape.endpoints]
    return RouteSettings(**{**shape.model_dump(), "endpoints": tuple(patterns)})


def _window(whole: MergedConfig, shape: MaintenanceShape) -> MaintenanceWindow:
    named = {id_ for pattern in shape.endpoints for id_ in matching_ids(pattern, _ids(whole))}
    named |= {
        item.shape.id
        for item in whole.endpoints
        if item.shape.group in shape.groups and item.shape.group
    }
    every = not shape.endpoints and not shape.groups
    return MaintenanceWindow(
        name=shape.name,
        endpoints=("*",) if every else tuple(sorted(named)),
        begins=shape.begins,
        ends=shape.ends,
        weekly=_weekly(shape.weekly) if shape.weekly else None,
    )


def _weekly(shape: WeeklyShape) -> WeeklyWindow:
    days = frozenset(shape.days)
    return WeeklyWindow(days=days, start=shape.from_, stop=shape.to, zone=shape.zone)


def _ids(whole: MergedConfig) -> list[str]:
    return [item.shape.id for item in whole.endpoints]


def _web(shape: WebShape, whole: MergedConfig) -> WebSettings:
    folder = whole.sources[0].file.parent.absolute()
    return WebSettings(
        host=shape.host,
        port=shape.port,
        tokens=tuple(_token(item.shape) for item in whole.tokens),
        status_page=shape.status_page,
        title=shape.title,
        probe_targets=whole.main.probe_allow.targets,
        base_url=shape.base_url or "",
        certificate=folder / shape.certificate if shape.certificate else None,
        key=folder / shape.key if shape.key else None,
    )


def _token(shape: TokenShape) -> Token:
    hashed = shape.sha256.lower() if shape.sha256 else digest_of(shape.token)
    return Token(name=shape.name, hash=hashed, scopes=frozenset(shape.scopes))


COMMAND_LINE = Path("command line")
"""What stands for the file where the URLs stand on the command line."""


def load(path: Path, environ: Mapping[str, str]) -> MonitorConfig:
    """Return what a configuration says; ``ConfigInvalid`` holds all problems of all files."""
    whole = merge_files(path, environ)
    check_all(whole)
    problems = [problem for source in whole.sources for problem in source.problems]
    if problems:
        raise ConfigInvalid(problems)
    return build_config(whole)


def config_of_urls(urls: Iterable[str]) -> MonitorConfig:
    """Return a configuration that watches some URLs (each once), everything else by default."""
    endpoints: dict[str, Endpoint] = {}
    problems = []
    for url in dict.fromkeys(urls):
        try:
            address = probe_address_of(url)
        except AddressError as error:
            shown = endpoint_name("", url)
            problems.append(
                ConfigProblem(file=COMMAND_LINE, message=f"{shown!r} {error}", hint=error.hint)
            )
            continue
        endpoint = make_endpoint(address, _name(address.url, endpoints))
        endpoints[endpoint.id] = endpoint
    if problems:
        raise ConfigInvalid(problems)
    return MonitorConfig(endpoints=tuple(endpoints.values()))


def _name(url: str, taken: Mapping[str, Endpoint]) -> str:
    """Its URL without secrets; where that is taken by another, with a number."""
    name, same = (
        endpoint_name("", url),
        [endpoint for endpoint in taken.values() if endpoint.url == url],
    )
    if same:
        return same[0].name
    names = {endpoint.name for endpoint in taken.values()}
    numbered = (f"{name} ({number})" for number in range(2, len(names) + 3))
    return (
        name
        if name not in names
        else next(candidate for candidate in numbered if candidate not in names)
    )
