"""``[[maintenance]]``."""

from typing import Self

from pydantic import Field, model_validator

from ringback.monitor.config.shape.base import Shape
from ringback.monitor.config.shape.kind import Clock, Day, Moment, Texts, Zone


class WeeklyShape(Shape):
    """A span of time on certain days of each week."""

    days: tuple[Day, ...] = tuple(range(7))
    """Days on which it begins: ["mon", "sun"]; left out: every day."""
    from_: Clock = Field(alias="from")
    """When it begins: "22:00"."""
    to: Clock
    """When it ends; before ``from``: on the next day."""
    zone: Zone = "UTC"
    """Time zone: "Europe/Berlin"."""


class MaintenanceShape(Shape):
    """A time in which nobody is told of what begins; either once or weekly."""

    name: str = "maintenance"
    """What people call it."""
    endpoints: Texts = ()
    """Names or ids of endpoints, or patterns with *; left out with ``groups``: all."""
    groups: Texts = ()
    """Names of groups."""
    begins: Moment | None = None
    """When it begins, of one that comes once: 2026-12-01T22:00:00Z."""
    ends: Moment | None = None
    """When it ends, of one that comes once."""
    weekly: WeeklyShape | None = None
    """When it comes back every week."""

    @model_validator(mode="after")
    def _when(self) -> Self:
        if (self.begins is None) != (self.ends is None):
            raise ValueError("begins and ends belong together")
        if (self.weekly is None) == (self.begins is None):
            raise ValueError("either begins and ends, or weekly, says when")
        if self.begins is not None and self.ends is not None and self.ends <= self.begins:
            raise ValueError("ends must be later than begins")
        return self
