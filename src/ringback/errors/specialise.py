"""Turn the exception that a client raised into one that says what happened."""

from functools import cache

from ringback.errors.builtin import builtin_class, find_builtin
from ringback.errors.combine import combined_exception
from ringback.errors.state import state_of
from ringback.errors.tree import RingbackError
from ringback.failure import KINDS, Failure


def specialise(exc: BaseException, failure: Failure) -> BaseException:
    """Return the exception to raise: what the client raised, and what it is.

    The result is an instance of the client's own class, of the built-in that says the same
    and of ringback's class; it has ``failure`` and a note with the meaning and the first
    thing to try, and keeps text, arguments, attributes, cause, context and traceback. No
    constructor of the library is called.

    Args:
        exc: What the client raised.
        failure: What ``classify`` said of it.

    Returns:
        A new exception; ``exc`` itself where it is one already, is no ``Exception``
        (``KeyboardInterrupt``), or where its class cannot be subclassed.
    """
    if isinstance(exc, RingbackError) or not isinstance(exc, Exception):
        return exc
    new = combined_exception(type(exc), failure, state_of(exc))
    if new is None:
        return exc
    _complete(new, exc, failure)
    new.add_note(note(failure))
    new.__cause__, new.__context__ = exc.__cause__, exc.__context__
    new.__suppress_context__ = exc.__suppress_context__
    return new.with_traceback(exc.__traceback__)


def note(failure: Failure) -> str:
    """Return the line that a traceback shows below the message.

    Args:
        failure: What went wrong.
    """
    return _note_of(failure.kind)


@cache
def _note_of(kind: str) -> str:
    known = KINDS[kind]
    line = f"ringback: {kind}: {known.meaning.rstrip('.')}."
    return f"{line} Try: {known.do[0]}" if known.do else line


def _complete(new: RingbackError, exc: BaseException, failure: Failure) -> None:
    """Add what a reader of the built-in expects: ``errno``, ``verify_code``, ``reason``."""
    builtin = builtin_class(failure)
    if builtin is None or not isinstance(new, builtin) or isinstance(exc, builtin):
        return
    found = find_builtin(exc, builtin)
    for name, value in vars(found).items() if found else ():
        if not name.startswith("_") and not hasattr(new, name):
            setattr(new, name, value)
    errno = getattr(found, "errno", None) or failure.errno
    if isinstance(new, OSError) and new.errno is None and errno is not None:
        new.errno = errno
