"""A connection that is ready for the protocol above TLS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

    from ringback.diagnosis.layer.tls.channel import Channel
    from ringback.diagnosis.scene import Route


@dataclass(frozen=True, slots=True)
class Connection:
    """A verified connection, kept for the stages after TLS.

    Attributes:
        route: The way it took.
        channel: The connection.
        context: Whom it was verified with.
    """

    route: Route
    channel: Channel
    context: ssl.SSLContext

    def close(self) -> None:
        """Close it; harmless when it is closed."""
        self.channel.close()
