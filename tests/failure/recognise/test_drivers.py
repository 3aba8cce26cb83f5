"""What a driver's sentence says, also where the driver is not installed: classes go by their name.

That drivers say it is shown in ``tests/integrations/test_every_driver.py``.
"""

import smtplib

import pytest

from ringback import classify


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
    assert (failure.kind, failure.delivered) == ("tls.protocol.error.not_tls", "no")


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
