"""What is said where the caller gave up, and where no more is said than that it failed."""

from ringback.failure.reading import UMBRELLA
from ringback.failure.text.rule import FAINT, HINT, PHRASE, Rule, says

_CANCELLED = 8
"""A cancelled task often is the echo of another failure."""
_NO_CAUSE = 28
"""Outweighs a class that covers many kinds, for the library itself could not tell."""

ABANDONED: list[Rule] = [
    *says("abandoned", "cancellederror", "keyboardinterrupt", rank=_CANCELLED),
    *says("abandoned", "statuscode.cancelled", rank=PHRASE),
    *says("abandoned", "context canceled", rank=UMBRELLA),
    *says(
        "abandoned",
        "the operation was aborted",
        "request aborted",
        "err_canceled",
        "und_err_aborted",
        rank=HINT,
    ),
    *says("abandoned", "request was aborted", rank=HINT, then=r"(?!: could not)"),
    *says("unknown", "max retries exceeded", "connection error", "connection aborted", rank=FAINT),
    *says("unknown", "network error", rank=FAINT),
    *says("unknown", "connection failed", "connection failure", rank=FAINT),
    *says("unknown", "fetch failed", "failed to fetch", rank=FAINT),
    *says("unknown", "statuscode.unavailable", "status = unavailable", rank=FAINT),
    # sentences of libraries that name no cause
    *says(
        "unknown",
        "all attempts to connect to",
        "error while fetching server api version",
        "http request failed",
        "unavailable: io exception",
        "no connection established",
        "connection to node -1",
        "failed to retrieve http",
        "invalid server address",
        "sql server does not exist or access denied",
        "connection to server on socket",
        "maximum allowed connection attempts",
        "servers are not available",
        "no suitable servers found",
        "could not connect to the endpoint url",
        "serverselectiontimeouterror",
        rank=_NO_CAUSE,
    ),
    *says(
        "unknown",
        "no servers match selector",
        "no replica set members",
        "server selection timed out",
        rank=HINT,
    ),
]
