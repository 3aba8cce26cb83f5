"""A configuration in, what the running monitor takes or all its problems out."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from ringback.failure.target import url_to_show, without_secrets
from ringback.incident.model import CONTROL_PREFIX, WatchedEndpoint
from ringback.monitor.config.address import (
    AddressError,
    ProbeAddress,
    address_to_reach,
    nameserver_of,
    probe_address_of,
)
from ringback.monitor.config.checks import (
    check_all,
    file_named_by,
    is_pattern,
    matching_ids,
    parents_of,
    secret_of,
    unsupported_keys,
)
from ringback.monitor.config.merged import Item, MergedConfig, effective_endpoint, merge_files
from ringback.monitor.config.models import (
    AuthShape,
    ChannelShape,
    DeadMansSwitchShape,
    EndpointShape,
    ExpectShape,
    FileShape,
    MaintenanceShape,
    ProbeModuleShape,
    RouteShape,
    TokenShape,
    WebShape,
    WeeklyShape,
)
from ringback.monitor.config.naming import endpoint_name, slug
from ringback.monitor.config.settings import (
    ConfigInvalid,
    ConfigProblem,
    DeadMansSwitch,
    MaintenanceWindow,
    MonitorConfig,
    ProbeModule,
    Retention,
    WeeklyWindow,
)
from ringback.monitor.config.source import SourceFile
from ringback.monitor.model import Endpoint, Expectations, ProbeType
from ringback.monitor.notify.settings import NotifierSettings, RouteSettings, route_to_all
from ringback.monitor.web.settings import (
    SCOPES_OF_ROLE,
    ProxyLogin,
    Scope,
    StatusPage,
    Token,
    WebSettings,
    digest_of,
)

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
_PLAIN = ("ws://", "tcp://", "udp://", "dns://", "icmp://")
"""What URLs of endpoints begin with that show no certificate; an `http` URL may be redirected."""
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
        dead_mans_switch=_switch(main.dead_mans_switch),
        probe_modules=_probe_modules(whole),
        web=_web(main.web, whole),
        store=whole.sources[0].file.parent / main.store.path,
        store_url=main.store.url,
        files=tuple(source.file for source in whole.sources),
        discovered=frozenset(whole.discovered),
        patterns=whole.patterns,
    )


def make_endpoint(address: ProbeAddress, name: str, **more: Any) -> Endpoint:
    id_ = slug(name)
    watched = more.pop("watched", {})
    proxy = more.get("options", {}).get("proxy", "")
    watched["proxy"] = "" if proxy == "environment" else without_secrets(proxy)
    options = more.get("options", {})
    plain = address.url.startswith(_PLAIN) and not options.get("starttls")
    plain = plain or (address.url.startswith("http://") and not options.get("redirects", True))
    watched["certified"] = not plain
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
        "slo": None if shape.slo is None else round(shape.slo / 100, 9),
        "certificate_days": tuple(sorted(set(shape.certificate_days), reverse=True)),
        "every": shape.every,
        "timeout": min(shape.timeout, shape.every),
        "grace": shape.grace if heartbeat else None,
        "resolver": nameserver_of(shape.nameserver),
        "parents": parents_of(whole, item),
        "group": shape.group,
    }


def _expectations(expect: ExpectShape, shape: EndpointShape, address: ProbeAddress) -> Expectations:
    tcp = address.type in {"tcp", "udp"}
    return Expectations(
        status=expect.status,
        body_contains=() if tcp else expect.contains,
        body_matches=expect.matches,
        json=expect.json_,
        headers=expect.headers,
        latency=expect.latency,
        certificate_days=expect.certificate_days,
        answers=expect.answers,
        anonymous=expect.anonymous,
        send=shape.send,
        expect=expect.contains[0] if tcp and expect.contains else "",
    )


def _options(item: Item[Any], shape: EndpointShape, kind: ProbeType) -> dict[str, Any]:
    # Those that were written, as a probe has defaults of its own, and that this one knows.
    written = shape.model_fields_set & _OPTIONS.keys()
    written -= set(unsupported_keys(kind, dict.fromkeys(written)))
    given = {_OPTIONS[key]: getattr(shape, key) for key in written}
    given["client_certificate"] = _file(item, shape.client_certificate)
    return {key: value for key, value in given.items() if value not in ("", None)}


def _file(item: Item[Any], named: str) -> str:
    return str(file_named_by(item, named)) if named else ""


_HTTP_2XX = ExpectShape.model_validate({"status": "2xx"})
_BUILT_IN = {
    **{kind: ProbeModuleShape(type=kind) for kind in ("http", "tcp", "tls", "dns", "icmp")},
    "https": ProbeModuleShape(type="http"),
    "http_2xx": ProbeModuleShape(type="http", expect=_HTTP_2XX),
    "http_post_2xx": ProbeModuleShape(type="http", method="POST", expect=_HTTP_2XX),
    "tcp_connect": ProbeModuleShape(type="tcp"),
    "tls_connect": ProbeModuleShape(type="tls"),
}
"""Modules that are there without a configuration; blackbox_exporter's of the same names do so."""
_DEFAULTS_OF_MODULES = ("timeout", "ip", "proxy", "verify", "ca")
"""Of the defaults what says how a server is reached and trusted. Who asks chooses the target: what
the endpoints are shown, such as headers with a token, is not for it."""


def _probe_modules(whole: MergedConfig) -> dict[str, ProbeModule]:
    source = whole.sources[0]
    built_in = {name: Item(shape, source, ()) for name, shape in _BUILT_IN.items()}
    items = {**built_in, **whole.probe_modules}
    return {name: _probe_module(whole, item, name) for name, item in items.items()}


def _probe_module(whole: MergedConfig, item: Item[ProbeModuleShape], name: str) -> ProbeModule:
    outer = whole.main.defaults.given()
    given = {key: outer[key] for key in _DEFAULTS_OF_MODULES if key in outer} | item.shape.given()
    kind, query = item.shape.type, given.pop("query", "")
    shape = EndpointShape.model_construct(_fields_set=set(given), **given)
    address = ProbeAddress(kind, "", "")
    endpoint = make_endpoint(
        address,
        f"probe {name}",
        timeout=shape.timeout,
        expectations=_expectations(shape.expect, shape, address),
        headers=shape.headers,
        method=shape.method,
        nameserver=nameserver_of(shape.nameserver),
        verify=shape.verify,
        ca=_file(item, shape.ca),
        options=_options(item, shape, kind),
    )
    return ProbeModule(endpoint=endpoint, scheme="https" if name == "https" else kind, query=query)


def probed_endpoint(module: ProbeModule, target: str) -> Endpoint:
    """Return what ``/probe`` checks; raises ``ValueError`` for a target that cannot be one."""
    kind = module.endpoint.type
    if module.query:
        address = probe_address_of(f"dns://{module.query}")
        return replace(module.endpoint, url=address.url, nameserver=nameserver_of(target))
    url = target if "://" in target else f"{module.scheme}://{target}"
    return replace(module.endpoint, url=probe_address_of(url, kind).url)


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


def _switch(shape: DeadMansSwitchShape | None) -> DeadMansSwitch | None:
    return None if shape is None else DeadMansSwitch(url=shape.url, every=shape.every)


def _web(shape: WebShape, whole: MergedConfig) -> WebSettings:
    folder = whole.sources[0].file.parent.absolute()
    return WebSettings(
        host=shape.host,
        port=shape.port,
        tokens=tuple(_token(item) for item in whole.tokens),
        proxy=_proxy(whole.main.auth),
        status_page=shape.status_page,
        title=shape.title,
        status_pages=tuple(
            StatusPage(name=page.name, title=page.title, groups=tuple(dict.fromkeys(page.groups)))
            for page in shape.page
        ),
        probe_targets=whole.main.probe_allow.targets,
        base_url=shape.base_url or "",
        certificate=folder / shape.certificate if shape.certificate else None,
        key=folder / shape.key if shape.key else None,
    )


def _token(item: Item[TokenShape]) -> Token:
    shape = item.shape
    hashed = shape.sha256.lower() if shape.sha256 else digest_of(secret_of(item))
    if shape.role:
        return Token(name=shape.name, hash=hashed, scopes=SCOPES_OF_ROLE[shape.role])
    scopes: set[Scope] = {*shape.scopes}
    if "write" in scopes:  # before there were roles it was for everything
        scopes.add("admin")
    return Token(name=shape.name, hash=hashed, scopes=frozenset(scopes))


def _proxy(shape: AuthShape) -> ProxyLogin | None:
    if not shape.proxy_header:
        return None
    trusted = tuple(ip_network(text, strict=False) for text in shape.trusted_proxies)
    return ProxyLogin(header=shape.proxy_header, trusted=trusted, roles=shape.roles)


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
            address = address_to_reach(url)
        except AddressError as error:
            shown = endpoint_name("", url_to_show(url))
            problems.append(
                ConfigProblem(file=COMMAND_LINE, message=f"{shown!r} {error}", hint=error.hint)
            )
            continue
        endpoint = make_endpoint(address, _name(address.url, endpoints))
        endpoints[endpoint.id] = endpoint
    if problems:
        raise ConfigInvalid(problems)
    nothing = MergedConfig(FileShape(), [SourceFile(COMMAND_LINE)])
    return MonitorConfig(endpoints=tuple(endpoints.values()), probe_modules=_probe_modules(nothing))


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
