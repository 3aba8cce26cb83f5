"""What a kind of failure is."""

from functools import partial
from typing import Literal, Protocol, cast

from ringback.failure.names import KindName
from ringback.values import dataclass, field

Delivered = Literal["no", "maybe", "yes"]
"""May the peer have processed the request? ``no``: never sent; ``yes``: it answered."""

Retry = Literal["now", "backoff", "idempotent", "no"]
"""When another attempt can help.

``now``: at once on a fresh connection, any method. ``backoff``: after a wait, any method.
``idempotent``: after a wait, only a request that may be processed twice. ``no``: not until
something changes.
"""

Layer = Literal[
    "config",
    "client",
    "dns",
    "ip",
    "tcp",
    "tls",
    "proxy",
    "http",
    "status",
    "application",
    "none",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of failure: its name and everything the reference page says about it.

    Attributes:
        name: Stable dotted name after W3C Network Error Logging; usable as OpenTelemetry
            ``error.type``. A consumer may cut it at any dot.
        layer: The layer that is broken.
        delivered: May the request have been processed, where the phase does not say better.
        retry: When another attempt can help.
        meaning: One sentence.
        looks_like: What one sees, keyed by ``linux``, ``macos``, ``windows``, ``musl`` or a
            library's name. Like every text below it is inline Markdown: literals in backticks.
        causes: Usual causes, most frequent first.
        do: What to do, in order.
        dont: What not to do.
        related: Names of kinds often confused with this one.
        also_known_as: What others call it, keyed by ``curl`` (exit code), ``chromium``,
            ``ooni``, ``envoy`` (response flag) or ``grpc`` (status).
        diagnosis_only: No exception can tell it; only a diagnosis may assign it.
    """

    name: KindName
    layer: Layer
    delivered: Delivered
    retry: Retry
    meaning: str
    looks_like: dict[str, str] = field(default_factory=dict)
    causes: tuple[str, ...] = ()
    do: tuple[str, ...] = ()
    dont: tuple[str, ...] = ()
    related: tuple[KindName, ...] = ()
    also_known_as: dict[str, str] = field(default_factory=dict)
    diagnosis_only: bool = False


class NewKind(Protocol):
    """Makes a kind of what its page says."""

    def __call__(  # noqa: PLR0913 - a page has that many sections
        self,
        *,
        meaning: str,
        looks_like: dict[str, str] = ...,
        causes: tuple[str, ...] = ...,
        do: tuple[str, ...] = ...,
        dont: tuple[str, ...] = ...,
        related: tuple[KindName, ...] = ...,
        also_known_as: dict[str, str] = ...,
        diagnosis_only: bool = ...,
    ) -> Kind:
        """Make it."""


def new_kind(name: KindName, *, layer: Layer, delivered: Delivered, retry: Retry) -> NewKind:
    """Begin a kind with what programs go by; what people read of it follows."""
    return partial(Kind, name=name, layer=layer, delivered=delivered, retry=retry)


def kind_from(text: str) -> KindName:
    """Take a text for the name of a kind, as it stands: a newer ringback may have written it."""
    return cast("KindName", text)
