"""Any exception in, one ``Failure`` out.

How it works. An exception is a node of a graph: ``__cause__`` and ``__context__`` lead to others,
and so do its arguments, the attributes in which libraries keep what they wrap, and the members of
a group. The deepest node is often noise (an error of clean-up, a second attempt), and the
outermost is often a wrapper that says "cannot connect" of everything; so neither end of the chain
is the answer.

1. ``walk_exceptions`` lists the nodes, outermost first, at most ``MAX_NODES``, none twice. Each
   gives a ``Clue``: what its class says (``classes.CLASSES``, by name, so that no library is
   imported), or what a recogniser reads from its number, reason or message. A clue has a rank, from
   a number that means only one thing (``EXACT``) to a class that is raised for everything
   (``BARE``). Below a ``final`` clue nothing is walked: it is older or less precise.
2. ``_best`` takes the highest rank; of equals the outermost, which knows more of the call. Of the
   members of a group, which failed side by side, the most telling kind wins, as among addresses.
   Where the winner is weak, the messages are read by the rules for texts, which are loaded then
   only.
3. ``_trace`` and ``_phase`` find how far the call had come. The functions on the tracebacks tell
   it: a timeout in ``do_handshake`` is a TLS timeout whatever class wraps it. An ``EXACT`` clue
   that names its phase comes before the functions; a proxy's tunnel comes before both, for a
   tunnel is made of writes and reads of its own.
4. ``settle`` turns clue, phase and proxy into the final kind, and says whether the request may
   have been delivered. Target, addresses and proxy are then filled from the exceptions and from
   the locals of the functions they left.
5. What failed may be the second request of a call: behind a redirect, the first one was delivered.
   The functions on the tracebacks tell that, too (``_of_the_call``), also of an exception that
   knows its own failure, which is that of one exchange.

Why it is safe: it never raises and never blocks. Whatever a foreign object does when it is looked
at (a property that raises, a ``__str__`` that fails, a cycle) is caught, and the class name
remains. It only reads attributes and ``str``. Nothing is kept but what each class says, in a table
of bounded size; so threads need no lock.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from ringback.failure.classes import CLASSES
from ringback.failure.clue import EXACT, NO_CLUE, SPECIFIC, TEXT, TIMEOUT, UMBRELLA, Clue
from ringback.failure.codes import delivered_by_status
from ringback.failure.frames import (
    NO_TRACE,
    Trace,
    phase_of_socket,
    trace,
    was_logging_in,
    was_redirected,
    was_reused,
    was_tried_before,
)
from ringback.failure.model import NO_TARGET, AddressFailure, Failure, Phase, Target
from ringback.failure.recognise import RECOGNISERS, Recogniser
from ringback.failure.recognise.system import most_telling
from ringback.failure.settle import may_be_stale, settle
from ringback.failure.target import (
    fill,
    proxy_of,
    split_port,
    target_of_chain,
    target_of_frames,
    with_address,
    without_secrets,
)
from ringback.values import dataclass, replace

# The graph of exceptions below one exception, walked with a bound and a cycle guard.

MAX_NODES = 40
_MAX_CLASSES = 2048
_LINKS = (
    "reason",
    "os_error",
    "certificate_error",
    "orig",
    "error",
    "original_error",
    "original_exception",
    "inner_exception",
    "socket_err",
    "exc",
    "exception",
)
"""Attributes in which libraries keep the exception they wrap."""


@dataclass(slots=True, eq=False)
class Node:
    """One exception of the graph, what it says, and the index of the one that led to it."""

    exc: BaseException
    clue: Clue
    parent: int


class _Entry(NamedTuple):
    clue: Clue
    recognise: Recogniser | None


_entries: dict[type, _Entry] = {}


def _new_entry(cls: type) -> _Entry:
    if len(_entries) >= _MAX_CLASSES:
        _entries.clear()
    entry = _entries[cls] = _nearest_entry(cls)
    return entry


def _nearest_entry(cls: type) -> _Entry:
    """The nearest class of the MRO that the table or a recogniser knows."""
    for base in cls.__mro__:
        name = base.__name__
        if name in CLASSES or name in RECOGNISERS:
            return _Entry(CLASSES.get(name, NO_CLUE), RECOGNISERS.get(name))
        if name in _FOREIGN and base.__module__ != "builtins":
            break
    return _Entry(NO_CLUE, None)


_FOREIGN = frozenset({"ConnectionError", "RequestException", "TransportError", "HTTPError"})
"""Umbrellas of client libraries that derive from ``OSError`` but carry no number."""


def clue_of(exc: BaseException) -> Clue:
    """What one exception says, without its chain."""
    entry = _entries.get(type(exc)) or _new_entry(type(exc))
    try:
        known = exc.__dict__.get("failure")
        if known is not None and isinstance(known, Failure):  # it says of itself what it is
            return Clue(known.kind, EXACT, final=True)
        if entry.recognise is None:
            return entry.clue
        return entry.recognise(exc, entry.clue)
    except Exception:  # noqa: BLE001 - a foreign attribute may raise anything; its name remains
        return entry.clue


def walk_exceptions(exc: BaseException) -> list[Node]:
    """The exception and what is below it, outermost first, at most ``MOST_NODES``.

    Below a final clue nothing is looked at: there begins the noise.
    """
    nodes = [Node(exc, clue_of(exc), -1)]
    seen = {id(exc)}
    for index, node in enumerate(nodes):  # it grows
        if node.clue.final:
            continue
        for inner in _linked_exceptions(node.exc):
            if id(inner) not in seen and len(seen) < MAX_NODES:
                seen.add(id(inner))
                nodes.append(Node(inner, clue_of(inner), index))
    return nodes


def _linked_exceptions(exc: BaseException) -> list[BaseException]:
    cause, context = exc.__cause__, exc.__context__
    found: list[BaseException] = [] if cause is None else [cause]
    for argument in exc.args[:8]:
        kind = type(argument)
        if kind is str:
            continue
        if kind is tuple or kind is list:
            found.extend(item for item in argument[:8] if isinstance(item, BaseException))
        elif isinstance(argument, BaseException):
            found.append(argument)
    if isinstance(exc, BaseExceptionGroup):
        found.extend(exc.exceptions[:MAX_NODES])
    attributes: dict[str, object] | None = getattr(exc, "__dict__", None)
    if attributes and (named := _HOLDERS.intersection(attributes)):
        found.extend(_held_exceptions(attributes, named))
    if context is not None and context is not cause:
        found.append(context)
    return found


_HOLDERS = frozenset({*_LINKS, "kwargs", "errors"})


def _held_exceptions(
    attributes: dict[str, object], named: frozenset[str]
) -> Iterator[BaseException]:
    for name in sorted(named, key=_ORDER) if len(named) > 1 else named:
        held = attributes[name]
        if name == "kwargs":
            held = held.get("error") if isinstance(held, dict) else None
        elif name == "errors":  # of each host, by its address
            tried = list(held.values())[:MAX_NODES] if isinstance(held, dict) else ()
            yield from (error for error in tried if isinstance(error, BaseException))
            continue
        if isinstance(held, BaseException):
            yield held


_ORDER = {name: place for place, name in enumerate((*_LINKS, "kwargs", "errors"))}.__getitem__


_MAX_TEXT = 2000
_CONFIDENCE = ((SPECIFIC, 0.95), (TEXT, 0.85), (UMBRELLA, 0.7), (1, 0.5), (0, 0.3))
_SETTLED = frozenset({"dns", "connect", "tls"})
_OUTERMOST = frozenset({"requests.exceptions", "httpx", "httpx2"})
"""Modules of exceptions that wrap those of a library below, whose tracebacks go further in."""


def classify(
    exc: BaseException, *, target: Target = NO_TARGET, reused: bool | None = None
) -> Failure:
    """Name what went wrong.

    Total: never raises, and never imports the library that raised ``exc``.

    Args:
        exc: Any exception.
        target: What the caller knows of the target; the exception fills the gaps.
        reused: Whether the connection had already carried another request; ``None``: see what
            the traceback tells.

    Returns:
        The root cause that the evidence supports; kind ``unknown`` where it supports none.
    """
    failure = classify_exchange(exc, target, reused)
    return failure if failure.delivered == "yes" else _of_the_call(failure, exc)


def classify_exchange(
    exc: BaseException, target: Target, reused: bool | None = None, *, direct: bool = False
) -> Failure:
    """The same of one exchange: nothing is asked of those that went before it in the call.

    ``direct``: there is no proxy; where it is not known to be so, the functions tell.
    """
    try:
        known = getattr(exc, "failure", None)
        if isinstance(known, Failure):
            return known
        quick = _not_connected(exc, target) if direct and target.host else None
        return quick or _classify(exc, target, reused, direct)
    except Exception as mine:  # noqa: BLE001 - the promise: whatever a foreign object does
        return Failure("unknown", target=target, evidence=(type(mine).__name__,), cause=exc)


def _of_the_call(failure: Failure, exc: BaseException) -> Failure:
    """What was delivered by the whole call, of which this was the last exchange.

    Behind a redirect, its first request was delivered. Before a further attempt, of the library's
    own or after an exception that was handled, something may have been. While a driver logs in,
    nothing was.
    """
    chain: list[BaseException] = []
    inner: BaseException | None = exc
    while inner is not None and len(chain) < MAX_NODES:
        chain.append(inner)
        inner = inner.__cause__ or inner.__context__
    raised = [each.__traceback__ for each in chain]
    delivered = failure.delivered
    if any(map(was_redirected, raised)):
        delivered = "yes" if delivered == "no" else delivered
    elif any(map(was_tried_before, raised)):
        delivered = "maybe"
    elif delivered == "maybe" and any(map(was_logging_in, raised)):
        delivered = "no"
    if delivered == "no" and any(map(_handled_what_was_sent, chain)):
        delivered = "maybe"
    return failure if delivered == failure.delivered else replace(failure, delivered=delivered)


def _handled_what_was_sent(exc: BaseException) -> bool:
    """Whether it comes of a call made while an exception was handled that a request may be out of.

    Who translates an exception raises the new one right where the old one was caught; who tries
    something else calls it there, and the new one comes from further in.
    """
    handled, raised = exc.__context__, exc.__traceback__
    if handled is None or handled is exc.__cause__ or handled.__traceback__ is None:
        return False
    catching = handled.__traceback__.tb_frame
    while raised is not None and raised.tb_frame is not catching:
        raised = raised.tb_next
    if raised is None or raised.tb_next is None:
        return False
    earlier = classify_exchange(handled, NO_TARGET)
    if earlier.delivered == "maybe" and was_logging_in(handled.__traceback__):
        return False
    return earlier.delivered != "no" and earlier.kind not in _OF_NO_EXCHANGE


_OF_NO_EXCHANGE = frozenset({"unknown", "abandoned", "client.deadline_exceeded"})
"""What is said of exceptions that tell nothing of a connection, a timer's among them."""


_MAX_WRAPPERS = 3


def _not_connected(exc: BaseException, target: Target) -> Failure | None:
    """What ``_classify`` says of one address that could not be connected to, in half the time.

    What such an error is wrapped in says nothing more, and only its names are wanted. Each library
    gives it as the cause. ``None``: it is something else.
    """
    lead, names = exc, [type(exc).__name__]
    while lead.__cause__ is not None and len(names) <= _MAX_WRAPPERS:
        lead = lead.__cause__
        names.append(type(lead).__name__)
    clue = clue_of(lead)
    one = clue.phase == "connect" and clue.rank == EXACT and len(clue.addresses) == 1
    if not one or not clue.final or clue.kind in {None, TIMEOUT}:
        return None
    settled = settle(clue.kind, "connect")
    if target.address is None:
        target = with_address(target, split_port(clue.addresses[0].address)[0])
    return Failure(
        settled.kind,
        "connect",
        settled.delivered,
        _message(lead),
        target,
        clue.addresses,
        settled.via,
        (*((clue.code,) if clue.code else ()), *reversed(names)),
        1.0,
        _errno(lead),
        clue.code,
        exc,
    )


def _classify(
    exc: BaseException, target: Target, reused: bool | None, direct: bool = False
) -> Failure:
    nodes = walk_exceptions(exc)
    best = _best(nodes) if len(nodes) > 1 else 0
    clue = nodes[best].clue
    if _words_may_say_more(clue):
        best, clue = _by_words(nodes, best, clue)
    if clue.kind in {None, "unknown"}:
        return _unknown(exc, nodes, target)
    known = getattr(nodes[best].exc, "failure", None)
    if isinstance(known, Failure):  # one of ringback's own, that another library has wrapped
        return replace(known, cause=exc)
    path = _path(nodes, best)
    raised = len(nodes) > 1 or exc.__traceback__ is not None
    if direct and clue.rank == EXACT and clue.phase in _SETTLED:
        raised = False  # what the functions tell would change nothing
    traced = _trace(nodes[best:], path, clue) if raised else NO_TRACE
    phase = _phase(path, clue, traced)
    addresses = _addresses(nodes)
    kind = most_telling(address.kind for address in addresses) if len(addresses) > 1 else clue.kind
    if kind.startswith("url.") and any(was_redirected(node.exc.__traceback__) for node in nodes):
        kind, phase = "http.response.redirect_invalid", "wait"
    if reused is None and may_be_stale(kind, phase):
        reused = any(was_reused(node.exc.__traceback__) for node in nodes)
    settled = settle(kind, phase, traced.proxied or _of_a_proxy(nodes), bool(reused))
    delivered = settled.delivered
    if settled.kind.startswith("http.error"):
        delivered = delivered_by_status(clue.code, delivered)
    cause = nodes[best].exc
    return Failure(
        settled.kind,
        phase,
        delivered,
        _message(cause),
        _target(nodes, target, addresses, proxied=settled.kind.startswith("proxy.")),
        addresses,
        settled.via,
        _evidence(path, clue),
        _confidence(clue, phase),
        _errno(cause),
        clue.code,
        exc,
    )


def _best(nodes: list[Node]) -> int:
    """The index of the highest rank; of equals the outermost."""
    best, rank = 0, nodes[0].clue.rank
    for index, node in enumerate(nodes):
        if node.clue.rank > rank and node.clue.kind is not None:
            best, rank = index, node.clue.rank
    parent = nodes[best].parent
    if parent >= 0 and isinstance(nodes[parent].exc, BaseExceptionGroup):
        return _most_telling_of_group(nodes, parent, rank)
    return best


def _most_telling_of_group(nodes: list[Node], parent: int, rank: int) -> int:
    kinds = {
        node.clue.kind: index
        for index, node in enumerate(nodes)
        if node.parent == parent and node.clue.rank == rank and node.clue.kind is not None
    }
    return kinds[most_telling(kinds)]


def _words_may_say_more(clue: Clue) -> bool:
    return clue.rank <= UMBRELLA and clue.kind != TIMEOUT


def _by_words(nodes: list[Node], best: int, clue: Clue) -> tuple[int, Clue]:
    """What the messages say, where classes and numbers say little."""
    from ringback.failure.text.explain import read_message  # noqa: PLC0415 - seldom needed

    for index, node in enumerate(nodes):
        found = read_message(type(node.exc).__name__, _text(node.exc)[:_MAX_TEXT])
        if found.kind is not None and found.rank > clue.rank:
            best, clue = index, found
    return best, clue


def _path(nodes: list[Node], index: int) -> list[Node]:
    """From a node outward to the exception that was classified."""
    path = []
    while index >= 0:
        path.append(nodes[index])
        index = nodes[index].parent
    return path


def _trace(below: list[Node], path: list[Node], clue: Clue) -> Trace:
    """What the tracebacks tell: of the deciding exception, of those below it, of its wrappers."""
    if clue.rank == EXACT and clue.phase in _SETTLED:
        pool = _pool_of_urllib3(path)
        if pool is not None:
            proxied = clue.phase != "tls" and getattr(pool, "proxy", None) is not None
            return Trace(clue.phase, proxied)
    if clue.kind == TIMEOUT:  # what timed out is in the innermost exception
        below.reverse()
    wrappers = [node for node in path[1:] if type(node.exc).__module__ not in _OUTERMOST]
    traces = [trace(node.exc.__traceback__) for node in (*below, *wrappers)]
    if len(traces) == 1:
        return traces[0]
    phases = [found.phase for found in traces if found.phase != "unknown"]
    phase = "proxy" if "proxy" in phases else phases[0] if phases else "unknown"
    return Trace(phase, any(found.proxied for found in traces))


def _pool_of_urllib3(path: list[Node]) -> object:
    """The pool that a ``MaxRetryError`` keeps; it knows whether there is a proxy."""
    for node in path:
        if type(node.exc).__name__ == "MaxRetryError":
            return node.exc.__dict__.get("pool")
    return None


def _phase(path: list[Node], clue: Clue, traced: Trace) -> Phase:
    """The tunnel first, then the exception's own word, its functions, its wrappers."""
    if traced.phase == "proxy" and clue.phase in {"unknown", "send", "wait"}:
        return "proxy"
    if clue.rank == EXACT and clue.phase != "unknown":
        return clue.phase
    if traced.phase != "unknown":
        return traced.phase
    if clue.phase != "unknown":
        return clue.phase
    for node in path:
        if node.clue.phase != "unknown":
            return node.clue.phase
    # Of a socket that was read from or written to only its owner knows how far the call was.
    asked = phase_of_socket(path[0].exc.__traceback__)
    return "connect" if asked == "connect" or clue.kind == "tcp.refused" else "unknown"


def _target(
    nodes: list[Node],
    known: Target,
    addresses: tuple[AddressFailure, ...] = (),
    *,
    proxied: bool = False,
) -> Target:
    """What the caller knows, what the exceptions name, what the functions held.

    On the way to a proxy some clients give the proxy's name as the host; their functions know
    better.
    """
    target = known
    if not proxied and not known.host:
        target = target_of_chain([node.exc for node in nodes], known)
    if target.host is None:
        for node in nodes:
            target = fill(target, target_of_frames(node.exc.__traceback__))
            if target.host is not None:
                break
    if proxied:
        target = target_of_chain((node.exc for node in nodes), target)
        if target.proxy is None:
            target = replace(target, proxy=proxy_of(node.exc for node in nodes))
    if addresses and target.address is None:
        target = with_address(target, split_port(addresses[-1].address)[0])
    return target


def _of_a_proxy(nodes: list[Node]) -> bool:
    for node in nodes:  # noqa: SIM110 - any() takes twice as long
        if node.clue.proxy:
            return True
    return False


def _addresses(nodes: list[Node]) -> tuple[AddressFailure, ...]:
    named: tuple[AddressFailure, ...] = ()
    for node in nodes:
        if node.clue.addresses:
            named += node.clue.addresses
    if len(named) < 2:
        return named
    found: dict[str, AddressFailure] = {}
    for address in named:
        found.setdefault(address.address, address)
    return tuple(found.values())


def _message(exc: BaseException) -> str:
    first, _, rest = _text(exc)[:_MAX_TEXT].partition("\n")
    if first.endswith(":"):  # a heading, as that of gRPC's errors
        first = " ".join([first, *map(str.strip, rest.split("\n")[:2])])
    first = first[:300]
    return without_secrets(f"{type(exc).__name__}: {first}" if first else type(exc).__name__)


def _text(exc: BaseException) -> str:
    try:
        return str(exc)
    except Exception:  # noqa: BLE001 - a foreign __str__ may raise anything
        return ""


def _evidence(path: list[Node], clue: Clue) -> tuple[str, ...]:
    names = [clue.code] if clue.code else []
    for node in path:
        names.append(type(node.exc).__name__)  # noqa: PERF401 - a comprehension takes longer
    return tuple(names)


_EITHER_END = 0.6
"""How sure a number is of which it is not known that it comes of connecting.

``ETIMEDOUT`` may as well be of an open connection, ``EADDRNOTAVAIL`` of a host without IPv6.
"""
_OF_CONNECTING = frozenset(
    {("tcp.timed_out", "ETIMEDOUT"), ("client.local_address", "EADDRNOTAVAIL")}
)


def _confidence(clue: Clue, phase: Phase) -> float:
    if clue.rank == EXACT:
        either = phase == "unknown" and (clue.kind, clue.code) in _OF_CONNECTING
        return _EITHER_END if either else 1.0
    return next(value for rank, value in _CONFIDENCE if clue.rank >= rank)


def _errno(exc: Any) -> int | None:
    number = getattr(exc, "errno", None)
    return number if isinstance(number, int) else None


def _unknown(exc: BaseException, nodes: list[Node], target: Target) -> Failure:
    return Failure(
        "unknown",
        message=_message(exc),
        target=_target(nodes, target),
        evidence=(type(exc).__name__,),
        confidence=0.0,
        cause=exc,
    )
