"""Turn the exception that a client raised into one that says what happened.

The new one is three classes at once: the client library's, the built-in that says the same, and
ringback's.
"""

import socket
import ssl
from errno import EPIPE, ESHUTDOWN
from functools import lru_cache
from threading import Lock
from types import GetSetDescriptorType, MemberDescriptorType
from typing import Any, NamedTuple, TypeVar

from ringback.errors.tree import RingbackError, error_class
from ringback.failure import KINDS, Failure, Target
from ringback.failure.names import KindName
from ringback.values import replace

# Which built-in exception says the same as a kind of failure.

BUILTIN_OF_KIND: dict[str, type[Exception]] = {
    "url": ValueError,
    "client.resources_exhausted": OSError,
    "client.local_address": OSError,
    "client.deadline_exceeded": TimeoutError,
    "client.pool_exhausted": TimeoutError,
    "dns": socket.gaierror,
    "tcp": OSError,
    "tcp.refused": ConnectionRefusedError,
    "tcp.timed_out": TimeoutError,
    "tcp.address_unreachable.prohibited": PermissionError,
    "tcp.reset": ConnectionResetError,
    "tcp.closed": ConnectionResetError,
    "tcp.aborted": ConnectionAbortedError,
    "unix.not_found": FileNotFoundError,
    "unix.forbidden": PermissionError,
    "tls": ssl.SSLError,
    "tls.cert": ssl.SSLCertVerificationError,
    "tls.cert.pinned_key_not_in_cert_chain": ssl.SSLError,
    "tls.closed": ssl.SSLEOFError,
    "tls.timed_out": TimeoutError,
    "http.request.timed_out": TimeoutError,
    "http.response.timed_out": TimeoutError,
    "http.response.body_timed_out": TimeoutError,
    "http.response.invalid.empty": ConnectionResetError,
}
"""Kind, or a dotted prefix of kinds → built-in; the longest prefix wins.

An end without a response is a ``ConnectionResetError`` because the standard library says so
(``http.client.RemoteDisconnected``).
"""


def builtin_class(failure: Failure) -> type[Exception] | None:
    """Return the built-in that says the same; behind a proxy the inner kind (``via``) decides."""
    if failure.errno in {EPIPE, ESHUTDOWN} and failure.kind.startswith("tcp.closed"):
        return BrokenPipeError
    return _of_kind(failure.kind) or _of_kind(failure.via or "")


def find_builtin(exc: BaseException, wanted: type[Exception]) -> BaseException | None:
    """Return the nearest exception of a class along cause, context, ``reason`` and arguments."""
    queue: list[object] = [exc]
    seen: set[int] = set()
    for node in queue:  # it grows
        if not isinstance(node, BaseException) or id(node) in seen:
            continue
        if isinstance(node, wanted):
            return node
        if len(seen) == 64:
            break
        seen.add(id(node))
        queue += (node.__cause__, node.__context__, getattr(node, "reason", None), *node.args)
    return None


@lru_cache(maxsize=512)
def _of_kind(kind: str) -> type[Exception] | None:
    while kind:
        if found := BUILTIN_OF_KIND.get(kind):
            return found
        kind = kind.rpartition(".")[0]
    return None


# What an exception holds, and a new exception of another class that holds the same.

_E = TypeVar("_E", bound=BaseException)

_HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE: a class whose layout another class gives


class ExceptionState(NamedTuple):
    """What an exception holds beside its links to others."""

    args: tuple[Any, ...]  # As given to the constructor
    members: dict[str, Any]  # Fields kept outside `__dict__` (`errno`, `filename`, slots), if set
    attributes: dict[str, Any]  # Its `__dict__`


def exception_state(exc: BaseException) -> ExceptionState:
    """Return what an exception holds."""
    cls: Any = type(exc)
    # An OSError whose file name was set to None prints another text than one never given it.
    members = {
        name: value
        for name in _member_names(cls)
        if (value := getattr(exc, name, None)) is not None
    }
    attributes = dict(vars(exc))
    if "__notes__" in attributes:
        attributes["__notes__"] = list(attributes["__notes__"])
    return ExceptionState(exc.args, members, attributes)


def new_exception(cls: type[_E], state: ExceptionState) -> _E:
    """Return a new exception of a class, holding a state; no ``__init__`` is called."""
    layout: Any = cls
    is_group = issubclass(cls, BaseExceptionGroup)
    exc: _E = _layout(layout).__new__(cls, *(state.args if is_group else ()))
    exc.args = state.args
    for name, value in state.members.items():
        _set(exc, name, value)
    vars(exc).update(state.attributes)
    return exc


@lru_cache(maxsize=512)
def _layout(cls: Any) -> Any:
    """The built-in class whose memory layout a class has."""
    while cls.__flags__ & _HEAP_TYPE:
        cls = cls.__base__
    return cls


@lru_cache(maxsize=512)
def _member_names(cls: type) -> frozenset[str]:
    kinds = (MemberDescriptorType, GetSetDescriptorType)
    return frozenset(
        name
        for base in cls.__mro__
        for name, value in vars(base).items()
        if isinstance(value, kinds) and not name.startswith("__") and name != "args"
    )


def _set(exc: BaseException, name: str, value: object) -> None:
    try:
        setattr(exc, name, value)
    except (AttributeError, TypeError):  # read-only, and filled by __new__
        return


# One exception out of three: the client library's, the built-in and ringback's.

_MAKING = Lock()


def combined_class(
    library: type[Exception], builtin: type[Exception] | None, named: type[RingbackError]
) -> type[RingbackError] | None:
    """Return the class that is all three at once; the same class for the same three.

    Without the built-in where Python refuses the layout; ``None`` where ``library`` cannot be
    subclassed at all.
    """
    with _MAKING:  # two threads must not make two classes of the same three
        return _made((library, builtin, named))


def combined_exception(
    library: type[Exception], failure: Failure, state: ExceptionState
) -> RingbackError | None:
    """Return a new exception of the combined class, or ``None`` where there is no such class."""
    cls = combined_class(library, builtin_class(failure), error_class(failure.kind))
    if cls is None:
        return None
    exc = new_exception(cls, state)
    exc.failure = failure
    return exc


def rebuild(library: type[Exception], failure: Failure, state: ExceptionState) -> BaseException:
    """Return the exception that was pickled or copied."""
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


_NO_BUDGET = "not tried again: the retry budget of this origin is spent"


def _namespace(library: type[Exception], named: type[RingbackError]) -> dict[str, object]:
    def reduce(self: RingbackError) -> tuple[object, ...]:
        # A chain of foreign exceptions, sockets among them, seldom pickles.
        failure, state = replace(self.failure, cause=None), exception_state(self)
        state.attributes.pop("failure")
        for name in {"pool", "conn"} & state.attributes.keys():
            state.attributes[name] = (
                None  # of urllib3, whose own exceptions leave it behind as well
            )
        return rebuild, (library, failure, state)

    def text(self: RingbackError) -> str:
        # ssl.SSLError prints itself in its own way; the text stays what the library made it. But
        # that nobody was asked again for want of a budget, the failure itself does not show.
        said = library.__str__(self)
        return f"{said} ({_NO_BUDGET})" if self.given_up == "budget" else said

    return {
        "__module__": "ringback.errors",
        "__qualname__": named.__name__,
        "__doc__": named.__doc__,
        "__reduce__": reduce,
        "__str__": text,
    }


# Turn the exception that a client raised into one that says what happened.


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
    new = combined_exception(type(exc), failure, exception_state(exc))
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
    line = _note_of(failure.kind, failure.target)
    named = [found for found in failure.evidence if found.startswith(CA_VARIABLES)]
    return f"{line} Set here: {', '.join(named)}." if named else line


CA_VARIABLES = tuple(
    f"{name}=" for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
)
"""How evidence begins that is a variable of the environment which says whom to trust."""


@lru_cache(maxsize=256)  # a service that is down fails in the same way again and again
def _note_of(kind: KindName, target: Target) -> str:
    from ringback.failure.advice import filled, known_of  # noqa: PLC0415 - no failure yet

    known = KINDS[kind]
    line = f"ringback: {kind}: {known.meaning.rstrip('.')}."
    return f"{line} Try: {filled(known.do[0], known_of(target))}" if known.do else line


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
