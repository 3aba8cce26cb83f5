"""Who is part of which open incident: looked up, never searched for.

In an outage of thousands of endpoints every check asks this; to go through all that is open each
time would take longer the more is wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

Trait = tuple[str, str]
"""What endpoints may have in common, and its value: ``("host", "db.example.com")``."""


class Members:
    """The endpoints that something is wrong with, by incident, by endpoint and by trait."""

    def __init__(self) -> None:
        self._incidents: dict[str, dict[str, None]] = {}  # endpoint → incidents
        self._endpoints: dict[str, dict[str, None]] = {}  # incident → endpoints
        self._traits: dict[str, tuple[Trait, ...]] = {}
        self._sharing: dict[Trait, Counter[str]] = {}

    def join(self, incident: str, endpoint: str) -> None:
        """Note that an endpoint is part of an incident.

        Args:
            incident: Its id.
            endpoint: Its id.
        """
        if endpoint not in self._endpoints.setdefault(incident, {}):
            self._endpoints[incident][endpoint] = None
            self._incidents.setdefault(endpoint, {})[incident] = None
            self._count(incident, self._traits.get(endpoint, ()), 1)

    def leave(self, incident: str, endpoint: str) -> None:
        """Note that an endpoint is no longer part of an incident.

        Args:
            incident: Its id.
            endpoint: Its id.
        """
        if self._endpoints.get(incident, {}).pop(endpoint, self) is self:
            return
        del self._incidents[endpoint][incident]
        if not self._incidents[endpoint]:
            del self._incidents[endpoint]
        self._count(incident, self._traits.get(endpoint, ()), -1)

    def end(self, incident: str) -> None:
        """Forget an incident.

        Args:
            incident: Its id.
        """
        for endpoint in list(self._endpoints.get(incident, ())):
            self.leave(incident, endpoint)
        self._endpoints.pop(incident, None)

    def known_by(self, endpoint: str, traits: Iterable[Trait]) -> None:
        """Note what an endpoint may have in common with others.

        Args:
            endpoint: Its id.
            traits: All of them.
        """
        incidents = list(self._incidents.get(endpoint, ()))
        for incident in incidents:
            self._count(incident, self._traits.get(endpoint, ()), -1)
        self._traits[endpoint] = tuple(traits)
        for incident in incidents:
            self._count(incident, self._traits[endpoint], 1)

    def forget(self, endpoint: str) -> None:
        """Forget what an endpoint may have in common with others.

        Args:
            endpoint: Its id.
        """
        self.known_by(endpoint, ())
        self._traits.pop(endpoint, None)

    def incidents(self, endpoint: str) -> Iterable[str]:
        """Return the ids of the incidents that an endpoint is part of.

        Args:
            endpoint: Its id.
        """
        return self._incidents.get(endpoint, ())

    def of(self, incident: str) -> Iterable[str]:
        """Return the ids of the endpoints that are part of an incident, in the order they joined.

        Args:
            incident: Its id.
        """
        return self._endpoints.get(incident, ())

    def sharing(self, trait: Trait) -> Iterable[str]:
        """Return the ids of the incidents of endpoints that have a trait.

        Args:
            trait: Which.
        """
        return self._sharing.get(trait, ())

    def _count(self, incident: str, traits: Iterable[Trait], step: int) -> None:
        for trait in traits:
            counts = self._sharing.setdefault(trait, Counter())
            counts[incident] += step
            if not counts[incident]:
                del counts[incident]
                if not counts:
                    del self._sharing[trait]
