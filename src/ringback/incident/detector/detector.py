"""What a detector is."""

from abc import ABC, abstractmethod
from math import inf
from typing import Any, ClassVar

from ringback.incident.model import Check, EndpointState, Signal, WatchedEndpoint


class SignalDetector(ABC):
    """Looks at the checks of one endpoint, in order, and says when something begins and ends."""

    # Of each there is one for each endpoint: a dictionary of attributes for each is memory.
    __slots__ = ("watched",)

    name: ClassVar[str]

    def __init__(self, watched: WatchedEndpoint) -> None:
        self.watched = watched

    @classmethod
    def applies(cls, watched: WatchedEndpoint) -> bool:  # noqa: ARG003 - those that always look say so
        """Return whether it has something to look at."""
        return True

    @abstractmethod
    def see(self, check: Check, state: EndpointState) -> Signal | None:
        """Return what begins or ends with a check."""

    @property
    def due(self) -> float:
        """When time alone may begin or end something: before that, ``tick`` says nothing."""
        return inf

    def tick(self, now: float) -> Signal | None:  # noqa: ARG002 - most see checks only
        """Return what begins or ends by the passing of time."""
        return None

    def signal(
        self, at: float, *, active: bool, since: float | None = None, **found: Any
    ) -> Signal:
        """Return a signal of this detector, with what was found by its fields."""
        return Signal(
            at=at,
            endpoint=self.watched.id,
            detector=self.name,
            active=active,
            since=at if since is None else since,
            **found,
        )

    @abstractmethod
    def dump(self) -> Any:
        """Return what it remembers, as JSON has it."""

    @abstractmethod
    def load(self, kept: Any) -> None:
        """Remember what ``dump`` gave."""
