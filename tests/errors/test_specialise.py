import copy
import errno
import pickle
import socket
import ssl
import subprocess
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from ringback import errors
from ringback.errors import specialise
from ringback.errors.specialise import builtin_class, combined_class
from ringback.failure import KINDS, Failure

THREE = [
    ("tcp.refused", requests.ConnectionError, ConnectionRefusedError, errors.ConnectionRefused),
    ("tcp.reset", requests.ConnectionError, ConnectionResetError, errors.ConnectionReset),
    ("dns.name_not_resolved", requests.ConnectionError, socket.gaierror, errors.NameNotResolved),
    (
        "tls.cert.date_invalid.expired",
        requests.exceptions.SSLError,
        ssl.SSLCertVerificationError,
        errors.CertificateExpired,
    ),
    ("tls.protocol.error.not_tls", requests.exceptions.SSLError, ssl.SSLError, errors.NotTLS),
    ("tls.timed_out", requests.ReadTimeout, TimeoutError, errors.HandshakeTimeout),
    ("tcp.timed_out", requests.ConnectTimeout, TimeoutError, errors.ConnectTimeout),
    ("http.response.timed_out", requests.ReadTimeout, TimeoutError, errors.ReadTimeout),
    ("http.response.body_timed_out", requests.ConnectionError, TimeoutError, errors.ReadTimeout),
    ("url.invalid", requests.exceptions.InvalidURL, ValueError, errors.URLInvalid),
]


@pytest.mark.parametrize(("kind", "library", "builtin", "named"), THREE)
def test_is_all_three_at_once(kind, library, builtin, named):
    original = library("text", request=requests.Request("GET", "http://h/"))
    new = specialise(original, Failure(kind))
    assert isinstance(new, library)
    assert isinstance(new, builtin)
    assert isinstance(new, named)
    assert type(new).__name__ == type(new).__qualname__ == named.__name__
    assert type(new).__module__ == "ringback.errors"
    assert (str(new), new.args, new.request) == ("text", ("text",), original.request)
    assert new.failure.kind == kind


def test_the_class_is_made_once_even_by_many_threads():
    three = (requests.ConnectionError, ConnectionAbortedError, errors.ConnectionAborted)
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: combined_class(*three), range(64)))
    assert len(made) == 1


def test_one_that_is_specialised_stays_itself():
    new = specialise(OSError(111, "x"), Failure("tcp.refused"))
    assert specialise(new, Failure("tcp.reset")) is new


@pytest.mark.parametrize("exc", [KeyboardInterrupt(), SystemExit(3), GeneratorExit()])
def test_what_is_no_exception_stays_itself(exc):
    assert specialise(exc, Failure("abandoned")) is exc


def test_links_and_traceback_stay():
    try:
        try:
            raise OSError("inner")
        except OSError as inner:
            raise requests.ConnectionError("outer") from inner
    except requests.ConnectionError as error:
        original = error
    new = specialise(original, Failure("tcp.refused"))
    assert new.__cause__ is original.__cause__ is not None
    assert new.__context__ is original.__context__
    assert new.__suppress_context__
    assert new.__traceback__ is original.__traceback__


def test_the_traceback_shows_kind_meaning_and_the_first_advice():
    original = requests.ConnectionError("x")
    original.add_note("mine")
    new = specialise(original, Failure("tcp.refused"))
    refused = KINDS["tcp.refused"]
    shown = "".join(traceback.format_exception(new))
    assert "mine\n" in shown
    assert f"ringback: tcp.refused: {refused.meaning.rstrip('.')}. Try: {refused.do[0]}" in shown
    assert original.__notes__ == ["mine"]


def test_what_the_built_in_promises_is_there():
    inner = ssl.SSLCertVerificationError(1, "certificate verify failed")
    inner.verify_code, inner.verify_message = 10, "certificate has expired"
    original = requests.exceptions.SSLError(inner)
    new = specialise(original, Failure("tls.cert.date_invalid.expired"))
    assert (new.verify_code, new.verify_message, new.errno) == (10, "certificate has expired", 1)
    assert str(new) == str(original)


def test_errno_comes_from_the_failure_where_no_exception_has_it():
    new = specialise(requests.ConnectionError("x"), Failure("tcp.refused", errno=111))
    assert (new.errno, str(new)) == (111, "x")


def test_a_broken_pipe_is_distinguished_from_a_close_by_its_number():
    new = specialise(requests.ConnectionError("x"), Failure("tcp.closed", errno=errno.EPIPE))
    assert isinstance(new, BrokenPipeError)
    assert isinstance(new, errors.ConnectionClosed)


def test_behind_a_proxy_the_inner_kind_gives_the_built_in():
    failure = Failure("proxy.unreachable", via="tcp.refused")
    new = specialise(requests.exceptions.ProxyError("x"), failure)
    assert isinstance(new, ConnectionRefusedError)
    assert isinstance(new, errors.ProxyUnreachable)


class OddError(Exception):
    def __init__(self, one, *, two):
        super().__init__(f"{one}-{two}")
        self.one = one


class SlottedError(OSError):
    __slots__ = ("extra",)

    def __init__(self, number, *, extra):
        super().__init__(number, "text", "file")
        self.extra = extra


class FinalError(Exception):
    def __init_subclass__(cls) -> None:
        raise TypeError("final")


def test_no_constructor_of_the_library_is_called():
    new = specialise(OddError(1, two=2), Failure("tcp.refused"))
    assert (str(new), new.one) == ("1-2", 1)


def test_fields_outside_the_dictionary_are_kept():
    original = SlottedError(113, extra="e")
    new = specialise(original, Failure("tcp.address_unreachable.host"))
    assert (new.errno, new.strerror, new.filename, new.extra) == (113, "text", "file", "e")
    assert str(new) == str(original)


def test_a_class_that_cannot_be_subclassed_stays_itself():
    original = FinalError("x")
    assert specialise(original, Failure("tcp.refused")) is original


def test_a_group_keeps_its_exceptions():
    group = ExceptionGroup("several", [OSError(111, "refused"), OSError(101, "no route")])
    new = specialise(group, Failure("tcp.refused"))
    assert new.exceptions == group.exceptions
    assert isinstance(new, errors.ConnectionRefused)


DROPPING = {AttributeError, ImportError, UnicodeEncodeError, ExceptionGroup}
"""Classes with a layout of their own: they take no built-in that is an ``OSError``."""

RAISED = {
    *(cls for cls in vars(requests.exceptions).values() if isinstance(cls, type)),
    *DROPPING,
    *(OSError, ValueError, RuntimeError, KeyError, ssl.SSLError, socket.gaierror),
    *(ConnectionResetError, TimeoutError, PermissionError, FileNotFoundError),
}


@pytest.mark.parametrize(
    "library",
    sorted(
        (cls for cls in RAISED if issubclass(cls, Exception) and not issubclass(cls, Warning)),
        key=lambda cls: cls.__qualname__,
    ),
)
def test_the_built_in_is_dropped_only_where_python_refuses_the_layout(library):
    pairs = {(builtin_class(Failure(kind)), errors.error_class(kind)) for kind in KINDS}
    for builtin, named in pairs:
        made = combined_class(library, builtin, named)
        assert made is not None
        kept = builtin is None or issubclass(made, builtin)
        assert kept == (not (library in DROPPING and issubclass(builtin or object, OSError)))


def refused() -> BaseException:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        try:
            requests.get(f"http://127.0.0.1:{unused.getsockname()[1]}/", timeout=5)
        except requests.ConnectionError as error:
            failure = Failure("tcp.refused", errno=111, delivered="no", cause=error)
            return specialise(error, failure)
    raise AssertionError("a port that does not listen answered")


READ = """
import pickle, sys
exc = pickle.load(sys.stdin.buffer)
import requests
from ringback import errors
assert isinstance(exc, requests.ConnectionError), type(exc)
assert isinstance(exc, ConnectionRefusedError), type(exc)
assert isinstance(exc, errors.ConnectionRefused), type(exc)
assert exc.failure.kind == "tcp.refused" and exc.failure.cause is None
assert exc.errno == 111 and exc.request.method == "GET"
sys.stdout.buffer.write(pickle.dumps(exc))
"""


def test_pickles_into_another_process_and_back():
    original = refused()
    done = subprocess.run(
        [sys.executable, "-c", READ], input=pickle.dumps(original), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    back = pickle.loads(done.stdout)
    assert type(back) is type(original)
    assert back.__notes__ == original.__notes__


def test_copies():
    original = refused()
    for made in (copy.copy(original), copy.deepcopy(original)):
        assert type(made) is type(original)
        assert made.failure.kind == "tcp.refused"
    assert str(copy.copy(original)) == str(original)


@given(st.sampled_from(sorted(KINDS)), st.text(), st.none() | st.integers(1, 200))
def test_never_fails_and_never_changes_the_text(kind, text, errno):
    original = requests.ConnectionError(text)
    new = specialise(original, Failure(kind, errno=errno))
    assert str(new) == text
    assert isinstance(new, errors.error_class(kind))
    assert pickle.loads(pickle.dumps(new)).failure.kind == kind
