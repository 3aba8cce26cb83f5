"""A cut TLS stream, over real connections; the clients' own tests show what they make of it."""

import contextlib
import socket
import ssl

import pytest

from ringback.client.trust.shared import is_cut, reporting_cuts


@pytest.fixture
def endpoint(lab):
    return lab.start("tls.closed:without_close_notify")


@pytest.fixture
def theirs(endpoint, lenient):
    """A program's own context, with which a cut looks like an end."""
    context = ssl.create_default_context(cafile=endpoint.verify)
    context.options |= lenient
    return context


@pytest.fixture
def connect(endpoint):
    """Makes connections that are closed in the end."""
    with contextlib.ExitStack() as stack:

        def connected(context):
            plain = socket.create_connection((endpoint.host, endpoint.port), 5)
            secure = context.wrap_socket(
                plain, server_hostname=endpoint.host, suppress_ragged_eofs=False
            )
            return stack.enter_context(secure)

        yield connected


def read(secure):
    """Ask for a body that is cut and read it; return what the cut raised."""
    secure.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    try:
        while secure.recv(65536):
            pass
    except ssl.SSLError as error:
        return error
    return None


def test_one_of_the_programs_does_while_a_connection_is_made(connect, theirs):
    before = theirs.options
    with reporting_cuts(theirs):
        ours = connect(theirs)
    assert theirs.options == before
    assert is_cut(read(ours))
    assert read(connect(theirs)) is None


def test_it_is_as_it_was_only_when_the_last_connection_is_made(theirs, lenient):
    with contextlib.ExitStack() as first, contextlib.ExitStack() as second:
        first.enter_context(reporting_cuts(theirs))
        second.enter_context(reporting_cuts(theirs))
        first.close()
        assert not theirs.options & lenient
        second.close()
        assert theirs.options & lenient


def test_what_the_program_sets_meanwhile_stays(theirs, lenient):
    with reporting_cuts(theirs):
        theirs.options |= ssl.OP_NO_TICKET
    assert theirs.options & lenient
    assert theirs.options & ssl.OP_NO_TICKET


def reasoned(reason):
    error = ssl.SSLError(ssl.SSL_ERROR_SSL, f"[SSL: {reason}] (_ssl.c:992)")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ssl.SSLEOFError(ssl.SSL_ERROR_EOF, "EOF occurred in violation of protocol"), True),
        (reasoned("UNEXPECTED_EOF_WHILE_READING"), True),  # Python 3.11.2 without the option
        (reasoned("BAD_RECORD_MAC"), False),
        (ssl.SSLError(1, "made by a library, without a reason"), False),
        (ssl.SSLZeroReturnError(ssl.SSL_ERROR_ZERO_RETURN, "TLS/SSL connection closed"), False),
        (ConnectionResetError(104, "reset"), False),
    ],
)
def test_a_cut_is_known_by_its_class_or_its_reason(error, expected):
    assert is_cut(error) is expected
