"""What belongs together of one call of a session: its redirects, and aiohttp's own re-send.

aiohttp passes each hop through the middleware, and a request that failed once more; all of them
share the timer that the session made for the call.
"""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientRequest

from ringback.event.listen import OF_THE_CALL


@dataclass(slots=True)
class Journey:
    """One call of a session.

    Attributes:
        timer: aiohttp's timer of the call: whose it is.
        deadline: When it must have ended, on ``time.monotonic()``.
        given_up: What it was given up with: to be raised, not sent, should aiohttp try again.
    """

    timer: Any
    deadline: float
    given_up: BaseException | None = None

    def is_of(self, request: ClientRequest) -> bool:
        """Return whether a request is of this call.

        Args:
            request: The request.
        """
        return self.timer is not None and self.timer is getattr(request, "_timer", None)


_LAST: ContextVar[Journey | None] = ContextVar("ringback_aiohttp_journey", default=None)
OF_THE_CALL.append(_LAST)


latest = _LAST.get
"""Returns the journey that was last remembered in this context, of whatever call; or ``None``."""


def remember(
    request: ClientRequest, deadline: float, given_up: BaseException | None = None
) -> None:
    """Let what aiohttp does next for the same call know of it.

    Args:
        request: The request that has ended.
        deadline: When the call must have ended, on ``time.monotonic()``.
        given_up: What it was given up with, if it was.
    """
    _LAST.set(Journey(getattr(request, "_timer", None), deadline, given_up))
