"""What was opened is closed again where the rest of the way to its use fails."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def closed_on_error(close: Callable[[], object]) -> Iterator[None]:
    """Call ``close`` and raise again whatever ends the block early, a cancellation included."""
    try:
        yield
    except BaseException:
        close()
        raise
