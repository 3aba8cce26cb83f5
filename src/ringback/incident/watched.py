"""What the detectors and the correlation must know of an endpoint."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One endpoint, as far as incidents go.

    Attributes:
        id: Its id.
        name: What people call it.
        host: The host it is on, as it was written; ``""``: none.
        threshold: How many failures in a row mean that it is down.
        recovery: How many successes in a row mean that it is well again.
        of_last: ``(k, n)``: also down when ``k`` of the last ``n`` checks failed; ``None``: not.
        latency: Whether a lasting rise of its latency is an incident.
        certificate_days: Days before its certificate's end at which to tell.
        every: Seconds between two checks; of a heartbeat, between two reports.
        grace: Seconds that a heartbeat may be late; ``None``: it is no heartbeat.
        resolver: The nameserver that it is asked of; ``""``: the system's.
        parents: Ids of endpoints without which this one cannot be reached.
        group: Name of its group.
    """

    id: str
    name: str = ""
    host: str = ""
    threshold: int = 3
    recovery: int = 2
    of_last: tuple[int, int] | None = (6, 10)
    latency: bool = True
    certificate_days: tuple[int, ...] = (30, 14, 7, 1)
    every: float = 30.0
    grace: float | None = None
    resolver: str = ""
    parents: tuple[str, ...] = field(default=())
    group: str = ""
