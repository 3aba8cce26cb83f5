"""A clock that only the program under test moves."""

from dataclasses import dataclass, field

from ringback.client.call import Clock


@dataclass(slots=True)
class FakeClock:
    """Time that passes when somebody sleeps, so that a test of retries takes no time.

    ``Session(clock=fake.clock)`` waits on it.

    Attributes:
        now: Seconds since it was made; a test may move it.
        epoch: Seconds since 1970 UTC when it was made.
        chance: What the random numbers are: the share of each wait's ceiling that is waited.
        slept: How long each sleep was, in seconds.
    """

    now: float = 0.0
    epoch: float = 1_000_000_000.0
    chance: float = 0.5
    slept: list[float] = field(default_factory=list)

    @property
    def clock(self) -> Clock:
        """The clock to hand to a session or an adapter."""
        return Clock(self.monotonic, self.time, self.sleep, lambda: self.chance)

    def monotonic(self) -> float:
        """Return the seconds since it was made."""
        return self.now

    def time(self) -> float:
        """Return the seconds since 1970 UTC."""
        return self.epoch + self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass.

        Args:
            seconds: How much.
        """
        self.slept.append(seconds)
        self.now += seconds
