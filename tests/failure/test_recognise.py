"""What a driver's sentence says, also where the driver is not installed: classes go by their name.

That drivers say it is shown in ``tests/integrations/test_every_driver.py``."""

import errno
import http.client
import json
import smtplib
import socket
import ssl

import pytest
import requests

from ringback import classify
from ringback.failure.clue import GENERIC, UMBRELLA, Clue
from ringback.failure.recognise.http import answered_by_proxy
from ringback.testing.clients import CLIENTS
from ringback.testing.lab import FAULTS


def raised(name, *arguments, base=Exception, **held):
    """An exception of a class that a driver has."""
    error = type(name, (base,), {})(*arguments)
    error.__dict__.update(held)
    return error


SELECTING = "127.0.0.1:27017: {} (configured timeouts: connectTimeoutMS: 500.0ms), Timeout: 1.0s"


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("LDAPSocketOpenError", "invalid server address", "dns.failed"),
        (
            "LDAPSocketOpenError",
            "socket ssl wrapping error: certificate {'version': 3} doesn't match any name in ['a']",
            "tls.cert.name_invalid",
        ),
        ("LDAPSSLConfigurationError", "invalid CA public key file", "config.tls_files_invalid"),
        ("OperationalError", "connection timeout expired", "client.deadline_exceeded"),
        ("AutoReconnect", "127.0.0.1:1: connection is already closed", "tcp.closed"),
        (
            "ServerSelectionTimeoutError",
            SELECTING.format("connection is already closed"),
            "tcp.closed",
        ),
        (
            "ServerSelectionTimeoutError",
            SELECTING.format("timed out"),
            "client.deadline_exceeded",
        ),
        ("ServerSelectionTimeoutError", "No servers found yet", "client.deadline_exceeded"),
        ("KafkaException", 'KafkaError{str="1/1 brokers are down"}', "unknown"),
        (
            "KafkaException",
            'KafkaError{str="a:1: Connect to ipv4#127.0.0.1:1 failed: Connection refused"}',
            "tcp.refused",
        ),
        (
            "ProbableAuthenticationError",
            "('StreamLostError: (\"Stream connection lost: RxEndOfFile(-1, 'End')\",)',)",
            "tcp.closed",
        ),
        (
            "ProbableAccessDeniedError",
            "('ConnectionClosedByBroker: (530) \"NOT_ALLOWED - vhost shop not found\"',)",
            "service.rejected",
        ),
        (
            "InvalidFrameError",
            "Expected one of ['Connection.OpenOk'], got <Connection.Close object at 0x7f>",
            "service.rejected",
        ),
        (
            "ConnectionTimeoutError",
            "3024: The Read Operation timed out.",
            "http.response.timed_out",
        ),
    ],
)
def test_a_drivers_sentence(name, text, kind):
    failure = classify(raised(name, text))
    assert failure.kind == kind
    assert failure.confidence < 0.9 or kind in {"tls.cert.name_invalid", "service.rejected"}


@pytest.mark.parametrize(
    ("text", "answer", "kind"),
    [
        ("network error", "", "tcp.closed"),
        ("Server refuses SSL", "", "tcp.closed"),  # it was closed in place of an answer
        ("Server refuses SSL", "N", "tls.protocol.error.not_tls"),
        ("connection is closed", "", "unknown"),
    ],
)
def test_pg8000_has_one_sentence_for_several_ends(text, answer, kind):
    error = type("InterfaceError", (Exception,), {"__module__": "pg8000.exceptions"})

    def make_socket(resp):
        raise error(text)

    with pytest.raises(error) as caught:
        make_socket(answer)
    assert classify(caught.value).kind == kind


def test_what_is_no_reply_is_not_smtp():
    failure = classify(smtplib.SMTPConnectError(-1, b"/1.1 400 Bad Request"))
    assert failure.kind == "http.response.invalid.not_http"
    assert classify(smtplib.SMTPConnectError(554, b"no service")).kind == "service.rejected"


@pytest.mark.parametrize(
    "text",
    [
        "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)",
        "Tried connecting to []. Last error: [SSL: WRONG_VERSION_NUMBER] wrong version number",
    ],
)
def test_openssls_number_is_not_the_systems(text):
    failure = classify(ConnectionError(1, text))
    assert failure.kind == "tls.protocol.error.not_tls"


def test_what_befell_each_host_is_looked_at():
    refused = ConnectionRefusedError(111, "Connection refused")
    error = raised("NoHostAvailable", "Unable to connect to any servers", errors={"a:1": refused})
    assert classify(error).kind == "tcp.refused"
    lost = raised("ConnectionShutdown", "Connection to 127.0.0.1:1 was closed")
    error = raised("NoHostAvailable", "Unable to connect to any servers", errors={"a:1": lost})
    assert classify(error).kind == "tcp.closed"


def test_an_answer_with_a_status_says_more_than_the_name_of_its_class():
    error = raised("AuthenticationException", "security_exception", status_code=401)
    assert classify(error).kind == "http.error.auth"
    assert classify(raised("AuthenticationException", "failed")).kind == "service.rejected"


def named(name, *bases):
    return type(name, bases or (Exception,), {})


CUT = "peer closed connection without sending complete message body"


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("HTTP/9 what", "http.protocol.error"),
        ("SSH-2.0-OpenSSH_9.6", "http.response.invalid.not_http"),
        ("\x15\x03\x01", "http.response.invalid.not_http"),
        ("", "http.response.invalid.empty"),
    ],
)
def test_a_bad_status_line_holds_the_first_bytes(line, kind):
    assert classify(http.client.BadStatusLine(line)).kind == kind


def test_an_invalid_header_is_ours_or_the_servers():
    ours = named("InvalidHeader", requests.RequestException, ValueError)("no")
    theirs = named("InvalidHeader")("illegal header line")
    wrapped = named("InvalidHeader", requests.RequestException, ValueError)(theirs)
    assert classify(ours).kind == "request.invalid"
    assert classify(theirs).kind == "http.protocol.error"
    assert classify(wrapped).kind == "http.protocol.error"


def test_too_many_headers_is_the_servers():
    assert classify(http.client.HTTPException("got more than 100 headers")).kind == (
        "http.protocol.error"
    )


def test_bare_json_is_not_an_answer():
    assert classify(json.JSONDecodeError("Expecting value", "", 0)).kind == "unknown"


@pytest.mark.parametrize(
    ("text", "kind", "delivered"),
    [
        ("<ConnectionTerminated error_code:0, last_stream_id:0, x>", "h2.refused_stream", "no"),
        ("<ConnectionTerminated error_code:1, last_stream_id:7, x>", "h2.protocol.error", "maybe"),
        ("Server disconnected without sending a response.", "http.response.invalid.empty", "maybe"),
        (
            f"{CUT} (incomplete chunked read)",
            "http.response.invalid.incomplete_chunked_encoding",
            "yes",
        ),
    ],
)
def test_a_remote_protocol_error_says_what_it_means(text, kind, delivered):
    failure = classify(named("RemoteProtocolError")(text))
    assert (failure.kind, failure.delivered) == (kind, delivered)


BY_NAME = Clue("proxy.unreachable", GENERIC, proxy=True)
SOCKS = Clue("proxy.protocol_error", UMBRELLA, "proxy", proxy=True)


@pytest.mark.parametrize(
    ("text", "by_name", "kind", "code"),
    [
        ("407 Proxy Authentication Required", BY_NAME, "proxy.auth_required", "407"),
        ("403 Forbidden", BY_NAME, "proxy.denied", "403"),
        ("502 Bad Gateway", BY_NAME, "proxy.upstream_failed", "502"),
        ("0x02: Connection not allowed by ruleset", SOCKS, "proxy.denied", "0x02"),
        ("Socket error: 0x5d: Request rejected", SOCKS, "proxy.auth_required", "0x5d"),
        ("Invalid username/password", BY_NAME, "proxy.auth_required", None),
        ("something else", BY_NAME, "proxy.unreachable", None),
    ],
)
def test_an_answer_of_a_proxy_is_read(text, by_name, kind, code):
    clue = answered_by_proxy(Exception(text), by_name)
    assert (clue.kind, clue.code) == (kind, code)


def test_an_error_code_of_python_socks_counts():
    error = Exception("Connection refused by destination host")
    error.error_code = 5
    assert answered_by_proxy(error, BY_NAME).kind == "proxy.upstream_failed"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("tls.cert.date_invalid.expired", "10"),
        ("tls.cert.date_invalid.not_yet_valid", "9"),
        ("tls.cert.authority_invalid.self_signed", "18"),
        ("tls.cert.authority_invalid.untrusted_root", "19"),
        ("tls.cert.authority_invalid.unknown_issuer", "20"),
        ("tls.protocol.error.not_tls:plain_http", "WRONG_VERSION_NUMBER"),
        ("tls.unrecognized_name_alert", "TLSV1_UNRECOGNIZED_NAME"),
        ("tls.failed:internal_error", "TLSV1_ALERT_INTERNAL_ERROR"),
    ],
)
def test_the_code_decides_also_inside_a_wrapper(lab, fault, code):
    for client in ("socket", "requests"):
        with pytest.raises(OSError) as caught:  # noqa: PT011 - requests' and ssl's
            CLIENTS[client](FAULTS[fault].start(lab), 30)
        failure = classify(caught.value)
        assert (failure.kind, failure.code, failure.phase) == (FAULTS[fault].kind, code, "tls")


def test_an_alert_without_reason_is_read_from_the_text():
    error = ssl.SSLError(1, "tlsv1 alert: SSL alert number 120 (_ssl.c:1)")
    assert classify(error).kind == "tls.version_or_cipher_mismatch"


def test_a_reason_that_python_has_no_name_for_is_read_from_the_words():
    error = ssl.SSLError(1, "[SSL] legacy sigalg disallowed or unsupported (_ssl.c:992)")
    failure = classify(error)
    assert (failure.kind, failure.phase) == ("tls.version_or_cipher_mismatch", "tls")
    assert failure.code == "LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED"


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ECONNREFUSED, "tcp.refused"),
        (errno.ECONNRESET, "tcp.reset"),
        (errno.ENETUNREACH, "tcp.address_unreachable.network"),
        (errno.EHOSTUNREACH, "tcp.address_unreachable.host"),
        (errno.ENOBUFS, "client.resources_exhausted"),
        (10061, "tcp.refused"),
        (10054, "tcp.reset"),
    ],
)
def test_the_number_decides_whatever_the_language(number, kind):
    failure = classify(OSError(number, "Соединение"))
    assert (failure.kind, failure.errno) == (kind, number)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (socket.EAI_NONAME, "dns.name_not_resolved"),
        (socket.EAI_AGAIN, "dns.temporary_failure"),
        (11001, "dns.name_not_resolved"),
        (11004, "dns.no_address"),
        (8, "dns.name_not_resolved"),
    ],
)
def test_a_resolvers_number_is_not_the_systems(number, kind):
    assert classify(socket.gaierror(number, "x")).kind == kind


def test_a_resolver_that_says_one_thing_for_all_is_not_believed():
    error = socket.gaierror("Name or service not known: a.test using 1 resolver(s)")
    assert classify(error).kind == "dns.failed"


def test_a_port_that_is_none_is_ours():
    with pytest.raises(OverflowError) as caught, socket.socket() as one:
        one.connect(("127.0.0.1", 99999))
    assert classify(caught.value).kind == "url.invalid"


def test_a_server_that_cannot_listen_is_no_failed_call():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        with pytest.raises(OSError, match="in use") as caught:
            socket.create_server(taken.getsockname())
        assert classify(caught.value).kind == "unknown"
        with pytest.raises(OSError, match="in use") as caught:
            socket.create_connection(("127.0.0.1", 9), source_address=taken.getsockname())
    assert classify(caught.value).kind == "client.local_address"
