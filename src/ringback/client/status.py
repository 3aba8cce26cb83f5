"""A response whose status says that the call failed."""

from ringback.failure import KINDS, Failure, Target
from ringback.failure.codes import kind_of_status


def failure_of_status(status: int, reason: str | None, target: Target) -> Failure:
    """Return the failure that a status of 400 or more means.

    Args:
        status: HTTP status.
        reason: What the server wrote beside it.
        target: Whom the call was for.
    """
    kind, message = kind_of_status(status), f"HTTP {status} {reason or ''}".strip()
    return Failure(
        kind=kind,
        phase="body",
        delivered=KINDS[kind].delivered,
        message=message,
        target=target,
        evidence=(message,),
        code=str(status),
    )
