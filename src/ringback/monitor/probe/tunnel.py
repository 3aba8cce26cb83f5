"""The way through a proxy: only where the endpoint names one, and its failures are its own."""

import re
import socket
from base64 import b64encode
from collections.abc import Awaitable, Callable
from typing import cast

from ringback.client.proxies import Proxies
from ringback.diagnosis.layer.proxy_tunnel import (
    Outcome,
    ProxyServer,
    TunnelReply,
    authority,
    proxy_server,
    socks_dialogue,
)
from ringback.failure.names import KindName
from ringback.monitor.closing import closed_on_error
from ringback.monitor.model import Endpoint
from ringback.monitor.probe.connect import ProbeResolver, connect_tcp
from ringback.monitor.probe.outcome import PhaseTimer, ProbeError, ProbeFailure, probe_failure_of
from ringback.monitor.probe.stream import LineStream

SCHEMES = ("http", "socks5", "socks5h")  # Those of proxies that probes go through
ENVIRONMENT = "environment"  # Stands for the proxy that the environment names
_STATUS = re.compile(r"HTTP/1\.\d ([1-5]\d\d)(?: (.*))?")
_MAX_LINES = 200


def endpoint_proxy(endpoint: Endpoint, url: str) -> ProxyServer | None:
    """Return the proxy that the option ``proxy`` names; ``None``: the URL is asked directly."""
    named = str(endpoint.options.get("proxy") or "")
    if named == ENVIRONMENT:
        named = next(iter(Proxies().candidates(url)), "")
    if not named:
        return None
    server = proxy_server(named)
    if server.scheme not in SCHEMES:
        raise ValueError(f"probes do not go through {server.scheme} proxies")
    return server


async def connect_proxy(
    server: ProxyServer, resolver: ProbeResolver, phases: PhaseTimer, *, until: float
) -> socket.socket:
    """Return a connection to a proxy; ``phases`` is left in phase ``proxy``."""
    phases.enter("proxy")
    phases.on_timeout = ProbeFailure(
        "proxy.unreachable", f"timed out waiting for proxy {server.name}"
    )
    inner = PhaseTimer()
    try:
        connected = await connect_tcp(server.host, server.port, resolver, inner, until=until)
    except OSError as error:
        failure = probe_failure_of(error, inner.phase)
        record = f"proxy {server.name}: {failure.detail}"[:200]
        raise ProbeError(failure._replace(kind=_proxy_kind(failure), detail=record)) from error
    finally:
        phases.address = inner.address
    phases.on_timeout = None
    return connected


def _proxy_kind(failure: ProbeFailure) -> KindName:
    if not failure.of_target:
        return failure.kind
    return "proxy.no_response" if failure.kind == "tcp.reset" else "proxy.unreachable"


async def open_tunnel(
    server: ProxyServer,
    host: str,
    port: int,
    resolver: ProbeResolver,
    phases: PhaseTimer,
    *,
    until: float,
) -> socket.socket:
    """Return a connection to a target, through a proxy."""
    if not server.resolves:
        host = str((await resolver.addresses(host, port, until))[0][4][0])
    connected = await connect_proxy(server, resolver, phases, until=until)
    phases.on_timeout = ProbeFailure("proxy.no_response", f"proxy {server.name} does not answer")
    with closed_on_error(connected.close):
        ask = _connect if server.speaks_http else _socks5
        answer = await _tunnel_answer(ask, LineStream(connected), server, (host, port))
        if answer.kind is not None:
            raise ProbeError(ProbeFailure(answer.kind, f"proxy {server.name}: {answer.text}"[:200]))
    phases.on_timeout = None
    return connected


def proxy_authorization(server: ProxyServer) -> dict[str, str]:
    """Return the header that names the user of an HTTP proxy; empty without one."""
    if not server.user and not server.password:
        return {}
    pair = b64encode(f"{server.user}:{server.password}".encode()).decode()
    return {"Proxy-Authorization": f"Basic {pair}"}


_Ask = Callable[[LineStream, ProxyServer, str, int], Awaitable[TunnelReply]]


async def _tunnel_answer(
    ask: _Ask, stream: LineStream, server: ProxyServer, target: tuple[str, int]
) -> TunnelReply:
    try:
        return await ask(stream, server, *target)
    except (ProbeError, OSError) as error:
        return TunnelReply(method=server.scheme, outcome="closed", reason=str(error)[:100])


async def _connect(stream: LineStream, server: ProxyServer, host: str, port: int) -> TunnelReply:
    """CONNECT (RFC 9110, section 9.3.6)."""
    target = authority(host if ":" in host else host.encode("idna").decode(), port)
    fields = {"Host": target, "User-Agent": "ringback", **proxy_authorization(server)}
    lines = [f"CONNECT {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    await stream.send("\r\n".join([*lines, "", ""]).encode("latin-1", "replace"))
    begins = (await stream.take(1)).decode("latin-1")
    status_line = _STATUS.fullmatch(begins + await stream.line()) if begins == "H" else None
    if status_line is None:
        return TunnelReply(method="CONNECT", outcome="nonsense")
    status = int(status_line[1])
    for _ in range(_MAX_LINES):
        if not await stream.line():
            break
    outcome: Outcome = "open" if 200 <= status < 300 else "refused_by_proxy"
    return TunnelReply(
        method="CONNECT", outcome=outcome, status=status, reason=(status_line[2] or "")[:100]
    )


async def _socks5(stream: LineStream, server: ProxyServer, host: str, port: int) -> TunnelReply:
    """RFC 1928, and RFC 1929 for the user."""
    dialogue = socks_dialogue(server, host, port)
    try:
        step = next(dialogue)
        while True:
            if isinstance(step, bytes):
                await stream.send(step)
                step = next(dialogue)
            else:
                step = dialogue.send(await stream.take(step))
    except StopIteration as ended:
        return cast("TunnelReply", ended.value)
