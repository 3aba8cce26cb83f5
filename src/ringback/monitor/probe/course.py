"""How far a look has come, and what it found on the way."""

from time import monotonic
from typing import TYPE_CHECKING

from ringback.failure.model import Phase

if TYPE_CHECKING:
    from ringback.incident.model import CertificateSeen
    from ringback.monitor.probe.failing import Failed


class Course:
    """The course of one look.

    Attributes:
        began: When it began, on ``time.monotonic()``.
        at: When the phase it is in began; once it is over, when that was.
        phase: How far it is.
        timings: Seconds of the phases that are over, by the names that ``Check`` has.
        address: The address used.
        certificate: The one that was seen.
        status: The HTTP status.
        late: What it means that time runs out now; ``None``: the phase says that.
    """

    __slots__ = ("address", "at", "began", "certificate", "late", "phase", "status", "timings")

    def __init__(self) -> None:
        self.began = self.at = monotonic()
        self.phase: Phase = "dns"
        self.timings: dict[str, float] = {}
        self.address: str | None = None
        self.certificate: CertificateSeen | None = None
        self.status: int | None = None
        self.late: Failed | None = None

    def enter(self, phase: Phase, told: str = "") -> None:
        """Begin a phase.

        Args:
            phase: The one that begins.
            told: What to call the one that ends; ``""``: it is not told.
        """
        now = monotonic()
        if told:
            self.timings[told] = now - self.at
        self.at, self.phase = now, phase

    def leave(self, told: str = "") -> None:
        """End the last phase.

        Args:
            told: What to call it; ``""``: it is not told.
        """
        self.enter(self.phase, told)
