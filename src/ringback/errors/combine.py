"""One exception out of three: the client library's, the built-in and ringback's."""

from dataclasses import replace
from functools import lru_cache
from threading import Lock
from typing import Any

from ringback.errors.builtin import builtin_class
from ringback.errors.state import State, new_exception, state_of
from ringback.errors.table import error_class
from ringback.errors.tree import RingbackError
from ringback.failure import Failure

_MAKING = Lock()


def combined_class(
    library: type[Exception], builtin: type[Exception] | None, named: type[RingbackError]
) -> type[RingbackError] | None:
    """Return the class that is all three at once; the same class for the same three.

    Args:
        library: What the client raised.
        builtin: The built-in that says the same, if any.
        named: ringback's class.

    Returns:
        The class, without the built-in where Python refuses the layout, or ``None`` where
        ``library`` cannot be subclassed at all.
    """
    with _MAKING:  # two threads must not make two classes of the same three
        return _made((library, builtin, named))


def combined_exception(
    library: type[Exception], failure: Failure, state: State
) -> RingbackError | None:
    """Return a new exception of the combined class, or ``None`` where there is no such class.

    Args:
        library: What the client raised.
        failure: What went wrong.
        state: What the client's exception held.
    """
    cls = combined_class(library, builtin_class(failure), error_class(failure.kind))
    if cls is None:
        return None
    exc = new_exception(cls, state)
    exc.failure = failure
    return exc


def rebuild(library: type[Exception], failure: Failure, state: State) -> BaseException:
    """Return the exception that was pickled or copied.

    Args:
        library: The client's class.
        failure: What went wrong; its ``cause`` was left behind.
        state: What the exception held.
    """
    return combined_exception(library, failure, state) or new_exception(library, state)


@lru_cache(maxsize=512)
def _made(
    three: tuple[type[Exception], type[Exception] | None, type[RingbackError]],
) -> type[RingbackError] | None:
    library, builtin, named = three
    for bases in _candidates(library, builtin, named):
        try:
            return type(named.__name__, bases, _namespace(library, named))
        except TypeError:  # Python refuses this layout, order of bases or metaclass
            continue
    return None


def _candidates(
    library: type[Exception], builtin: type[Exception] | None, named: type[RingbackError]
) -> list[tuple[type[Any], ...]]:
    if builtin is None or issubclass(library, builtin):
        return [(library, named)]
    if issubclass(builtin, library):
        return [(builtin, named), (library, named)]
    return [(library, builtin, named), (library, named)]


def _namespace(library: type[Exception], named: type[RingbackError]) -> dict[str, object]:
    def reduce(self: RingbackError) -> tuple[object, ...]:
        # A chain of foreign exceptions, sockets among them, seldom pickles.
        failure, state = replace(self.failure, cause=None), state_of(self)
        state.attributes.pop("failure")
        if "pool" in state.attributes:  # of urllib3, whose own exceptions leave it behind as well
            state.attributes["pool"] = None
        return rebuild, (library, failure, state)

    return {
        "__module__": "ringback.errors",
        "__qualname__": named.__name__,
        "__doc__": named.__doc__,
        "__reduce__": reduce,
        # ssl.SSLError prints itself in its own way; the text stays what the library made it.
        "__str__": library.__str__,
    }
