"""How long one attempt may wait."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Timeout:
    """The limits of one attempt, in seconds; ``None`` is no limit of its own.

    Attributes:
        connect: Until the connection stands, the look-up of the name included.
        read: Between two pieces of the response.
        tls: For the TLS handshake; ``None``: as ``connect``.
        write: Between two pieces of the request.
        pool: For a free connection or a place in the queue; ``None``: until the deadline.
    """

    connect: float | None = 5.0
    read: float | None = 30.0
    tls: float | None = field(default=None, kw_only=True)
    write: float | None = field(default=30.0, kw_only=True)
    pool: float | None = field(default=None, kw_only=True)
    _longest: float = field(init=False, repr=False, compare=False, default=0.0)

    def __post_init__(self) -> None:
        limits = (self.connect, self.read, self.tls, self.write, self.pool)
        for limit in limits:
            if limit is not None and not limit > 0:
                raise ValueError(f"a timeout must be above 0 seconds, got {limit}")
        endless = None in (self.connect, self.read, self.write)
        longest = float("inf") if endless else max(limit or 0.0 for limit in limits)
        object.__setattr__(self, "_longest", longest)

    def within(self, seconds: float) -> Timeout:
        """Return the same limits, none of them longer than what is left.

        Args:
            seconds: What is left, above 0.
        """
        if seconds >= self._longest:
            return self
        return Timeout(
            _shorter(self.connect, seconds),
            _shorter(self.read, seconds),
            tls=self.tls and min(self.tls, seconds),
            write=_shorter(self.write, seconds),
            pool=self.pool and min(self.pool, seconds),
        )


def _shorter(limit: float | None, seconds: float) -> float:
    return seconds if limit is None else min(limit, seconds)
