"""What all probes of a monitor share."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from ringback.incident.model import Check
from ringback.monitor.probe.matching import Matcher
from ringback.monitor.probe.names import Names

Done = Callable[[Check], None]
"""Takes the check once, in the event loop."""


@dataclass(slots=True, kw_only=True)
class Surroundings:
    """Where probes run.

    Attributes:
        loop: The event loop, in which everything happens.
        vantage: What this place is called in checks.
        names: The resolver.
        matcher: Decides regular expressions in bounded time.
        most_kept: Connections that may be kept open between two probes.
        kept: How many are.
        lost: Told the id of an endpoint whose server ended a kept connection unexpectedly.
    """

    loop: asyncio.AbstractEventLoop
    vantage: str = ""
    names: Names = field(default_factory=Names)
    matcher: Matcher = field(default_factory=Matcher)
    most_kept: int = 10_000
    kept: int = 0
    lost: Callable[[str], None] = lambda _: None
