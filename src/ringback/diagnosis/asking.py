"""A target or an exception in, a diagnosis out: the stages in their order, then the verdict."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from ringback.diagnosis.context import DiagnosisContext, Options, record_defect, together
from ringback.diagnosis.facts import ExceptionFacts, RequestFacts
from ringback.diagnosis.layer import host, neighbours, proxy, tcp, url
from ringback.diagnosis.layer.opening import release_connections
from ringback.diagnosis.layer.proxy_tunnel import chosen_proxy
from ringback.diagnosis.layer.url import parse_target
from ringback.diagnosis.layer.url_host import literal
from ringback.diagnosis.model import STAGES, Diagnosis, Reading
from ringback.diagnosis.sorts import readings_of
from ringback.diagnosis.verdict import judge
from ringback.diagnosis.verdict.judge import record_elsewhere
from ringback.values import replace

if TYPE_CHECKING:
    from ringback.client.proxies import Proxies
    from ringback.client.trust import Trust
    from ringback.diagnosis.context import OnReading, OpenRoute
    from ringback.diagnosis.layer.http_exchange import HttpRequest
    from ringback.diagnosis.layer.tls_handshake import TlsConnection
    from ringback.failure import Failure


class AddressNotAllowed(ValueError):  # noqa: N818 - named for what was found out
    """Raised for a target at an address that ``may_reach`` forbids, or at none known here."""


# The stages in their order: what each is asked depends on what the ones before it found.


def walk(context: DiagnosisContext) -> None:
    """Take all readings of a diagnosis."""
    url.read_url(context)
    asked = context.asked
    if asked.kind is not None:
        return
    addresses = read_addresses(context)
    if asked.protocol == "dns":
        return
    routes = _routes(context, addresses)
    elsewhere = _speak(context, routes) if routes else None
    if elsewhere is not None and not _is_held_by_portal(context):
        _visit(context, elsewhere)


def _is_held_by_portal(context: DiagnosisContext) -> bool:
    return any(asked.facts["portal"] for asked in readings_of(context.readings(), RequestFacts))


def _visit(context: DiagnosisContext, request: HttpRequest) -> None:
    """Look at the host that a redirect leads to as at any other, and record that as one reading."""
    since = context.now()
    asked = parse_target(f"{request.scheme}://{request.authority}{request.target}")
    left = context.left(context.options.timeout)
    there = DiagnosisContext(asked, replace(context.options, timeout=left), behind=context)
    try:
        walk(there)
    except AddressNotAllowed:
        return
    finally:
        there.close()
        release_connections(there)
    record_elsewhere(context, request.url, there, since)


def read_addresses(context: DiagnosisContext) -> tuple[str, ...]:
    """Return the addresses of the target, if it may be asked at each of them."""
    found, may_reach = _read_addresses(context), context.options.may_reach
    if may_reach is not None:
        if not found and chosen_proxy(context) is not None:
            raise AddressNotAllowed(f"{context.asked.host} is only looked up by the proxy")
        for address in found:
            if not may_reach(address):
                raise AddressNotAllowed(f"{context.asked.host} is at {address}")
    return found


def _read_addresses(context: DiagnosisContext) -> tuple[str, ...]:
    """Look at this host, unless that was done before a redirect led here, and look the name up."""
    if (address := literal(context.asked.host)) is not None:
        read_name = partial(tuple[str, ...], (address,))
    else:
        from ringback.diagnosis.layer import name  # noqa: PLC0415 - an address needs no dnspython

        read_name = partial(name.read_name, context)
    if context.behind is not None:
        return read_name()
    _, found = together(context, (partial(host.read_host, context), read_name))
    return found or ()


def _routes(context: DiagnosisContext, addresses: tuple[str, ...]) -> tuple[OpenRoute, ...]:
    """Return the ways that are open: through the proxy that applies, or to each address."""
    through = chosen_proxy(context)
    if through is None:
        _, routes = together(
            context,
            (partial(host.route_to, context, addresses), partial(tcp.read_tcp, context, addresses)),
        )
        if not routes:
            neighbours.ask_other_answers(context, addresses)
            proxy.try_candidates(context)
        return routes or ()
    way, _ = together(
        context,
        (
            partial(proxy.read_proxy, context, through),
            partial(proxy.try_direct, context, addresses),
        ),
    )
    return (way,) if way is not None else ()


def _speak(context: DiagnosisContext, routes: tuple[OpenRoute, ...]) -> HttpRequest | None:
    """Read what is spoken over the open routes: TLS, then HTTP or the service's own protocol.

    Returns the request to another host that a redirect leads to.
    """
    connections: Sequence[TlsConnection] = ()
    if context.asked.tls:
        from ringback.diagnosis.layer import tls  # noqa: PLC0415 - what is refused needs none

        connections = tls.read_tls(context, routes)
        if not connections:
            return None
    if context.asked.protocol == "http":
        from ringback.diagnosis.layer import http  # noqa: PLC0415 - as above

        return http.read_http(context, routes, connections)
    if context.asked.protocol != "none":
        from ringback.diagnosis.layer import service  # noqa: PLC0415 - as above

        service.read_service(context, routes, connections)
    return None


# A target or an exception in, a diagnosis out.

_POLL = 0.1
"""Seconds between looks at the end, so that Ctrl-C is noticed on every platform."""


def diagnose(  # noqa: PLR0913 - each is a choice of the caller, by name
    target: str | BaseException,
    *,
    timeout: float = 10.0,
    trust: Trust | None = None,
    proxies: Proxies | None = None,
    nameservers: Sequence[tuple[str, int]] = (),
    controls: Sequence[str] = (),
    neighbours: bool = False,
    may_reach: Callable[[str], bool] | None = None,
    tell: OnReading | None = None,
) -> Diagnosis:
    """Return which layer of a call is broken, why, how sure that is, and what to do.

    Never raises for what the network does. Takes at most 2 s where nothing hangs. Interrupted by
    Ctrl-C it judges by what is known and returns a diagnosis that is not ``complete``.

    Args:
        target: A URL (``https://…``, ``tcp://host:port``, ``tls://…``, ``dns://name``,
            ``postgres://…`` and the like) or ``host:port``. Or the exception of a failed call:
            what it says of its target is diagnosed, and it is the first reading.
        timeout: Seconds for the whole.
        trust: Whom to trust; without it, whom this program trusts by default.
        proxies: The proxies to use; without it, the environment's.
        nameservers: ``(address, port)`` of resolvers to ask beside the configured ones.
        controls: ``host:port`` of targets known to be well, asked where that decides something.
        neighbours: Whether ports beyond the asked one and its scheme's partner may be tried.
        may_reach: Whether a target at an IP address may be asked, for programs that diagnose what
            others name; asked of each address before the first connection, also where a redirect
            leads. Without it, any may.
        tell: Is called with each reading as it comes, by any thread, one at a time.

    Raises:
        ValueError: The target is empty, or the exception names no target; it is at an address that
            ``may_reach`` forbids.
    """
    text, failure = _target(target)
    options = Options(
        timeout=timeout,
        trust=trust,
        proxies=proxies,
        nameservers=tuple(nameservers),
        controls=tuple(controls),
        neighbours=neighbours,
        may_reach=may_reach,
    )
    context = DiagnosisContext(parse_target(text), options, _harmless(tell))
    if failure is not None:
        _record_failure(context, failure)
    ended = _walked(context)
    context.close()
    readings = _ordered(context.readings())
    return Diagnosis(
        target=context.asked.text,
        verdict=judge(readings, interrupted=ended == "interrupted"),
        readings=readings,
        elapsed=round(context.now(), 6),
        at=context.at,
        complete=ended == "whole",
    )


async def adiagnose(target: str | BaseException, **options: Any) -> Diagnosis:
    """Return what ``diagnose`` returns, without blocking the event loop.

    Args:
        target: As for ``diagnose``.
        options: As for ``diagnose``.

    Raises:
        ValueError: As from ``diagnose``.
    """
    import asyncio  # noqa: PLC0415 - slow to import, and the command line does without

    return await asyncio.to_thread(diagnose, target, **options)


def _walked(context: DiagnosisContext) -> Literal["whole", "late", "interrupted"]:
    """Take the readings; return how that ended."""
    done = threading.Event()
    whole, forbidden = False, None

    def run() -> None:
        nonlocal whole, forbidden
        try:
            walk(context)
            whole = True
        except AddressNotAllowed as error:
            forbidden = error
        except Exception as error:  # noqa: BLE001 - what is known is judged all the same
            record_defect(context, error)
        finally:
            done.set()

    walking = threading.Thread(target=run, daemon=True, name="ringback-diagnosis")
    try:
        walking.start()
        while not done.wait(_POLL):
            if context.left(1.0) <= 0:
                return "late"
    except KeyboardInterrupt:
        return "interrupted"
    if forbidden is not None:
        raise forbidden
    return "whole" if whole else "late"


def _ordered(readings: Sequence[Reading]) -> tuple[Reading, ...]:
    place = {stage: index for index, stage in enumerate(STAGES)}
    return tuple(sorted(readings, key=lambda reading: place[reading.layer]))


def _harmless(tell: OnReading | None) -> OnReading | None:
    """Return a listener that cannot end a reading by raising."""
    if tell is None:
        return None

    def listen(reading: Reading) -> None:
        try:
            tell(reading)
        except Exception:  # noqa: BLE001 - a listener must not break the diagnosis
            return

    return listen


def _target(target: str | BaseException) -> tuple[str, Failure | None]:
    if isinstance(target, str):
        if not target.strip():
            raise ValueError("there is nothing to diagnose: the target is empty")
        return target, None
    from ringback.failure import classify  # noqa: PLC0415 - only exceptions need it

    failure = classify(target)
    known = failure.target
    if known.url:
        return known.url, failure
    if known.host:
        host = f"[{known.host}]" if ":" in known.host else known.host
        scheme = known.scheme or "tcp"
        return f"{scheme}://{host}:{known.port}" if known.port else f"https://{host}", failure
    raise ValueError(
        f"this {type(target).__name__} does not say whom the call was for; hand in the URL"
    ) from target


def _record_failure(context: DiagnosisContext, failure: Failure) -> None:
    context.record(
        ExceptionFacts,
        type(failure.cause).__name__ if failure.cause else "",
        state="noted",
        result=f"the call failed with {failure.kind}: {failure.message}"[:300],
        kind=failure.kind,
        facts=ExceptionFacts(phase=failure.phase, delivered=failure.delivered, errno=failure.errno),
    )
