"""Any exception in, one ``Failure`` out."""

from ringback.failure.model import NO_TARGET, Failure, Target


def classify(exc: BaseException, *, target: Target = NO_TARGET) -> Failure:
    """Name what went wrong.

    Total: never raises, and never imports the library that raised ``exc``.

    Args:
        exc: Any exception.
        target: What the caller knows of the target; the exception fills the gaps.

    Returns:
        The root cause that the evidence supports; kind ``unknown`` where it supports none.
    """
    return Failure(kind="unknown", target=target, cause=exc)
