"""``delivered: no`` is a licence to send again, and needs evidence that nothing was sent."""

import ssl

import pytest
from integrations.services import SERVICES
from requires import requires

from ringback import Policy, classify, explain, retry
from ringback.testing.lab import Lab

ALL_ADDRESSES = "failed to connect to all addresses; last error: UNAVAILABLE: ipv4:127.0.0.1:443"
BAD_RECORD = "error:1e000065:Cipher functions:OPENSSL_internal:BAD_DECRYPT"
INSERT = "\n[SQL: INSERT INTO orders VALUES (1)]"


@pytest.mark.parametrize(
    "text",
    [
        f"psycopg2.OperationalError: SSL connection has been closed unexpectedly\n{INSERT}",
        f"psycopg2.OperationalError: SSL SYSCALL error: EOF detected\n{INSERT}",
        "psycopg2.OperationalError: SSL error: wrong version number",
        "psycopg2.OperationalError: SSL error: decryption failed or bad record mac",
        "psycopg.OperationalError: consuming input failed: SSL error: unexpected eof while reading",
        "2013 (HY000): Lost connection to MySQL server during query ([SSL: UNEXPECTED_EOF])",
        "('08S01', 'SSL Provider: [error:0A000126:SSL routines::unexpected eof while reading]')",
        "pymongo.errors.AutoReconnect: db:27017: [SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred",
        "Error while reading from cache:6380 : (8, 'EOF occurred in violation of protocol')",
        "ssl.SSLError: [SSL: TLSV1_ALERT_INTERNAL_ERROR] tlsv1 alert internal error",
        "curl: (56) OpenSSL SSL_read: error:0A000126:SSL routines::unexpected eof while reading",
        "curl: (56) GnuTLS recv error (-110): The TLS connection was non-properly terminated.",
        "Received an unexpected EOF or 0 bytes from the transport stream.\n   at SslStream.Read",
        "javax.net.ssl.SSLException: closing inbound before receiving peer's close_notify",
        "Max retries exceeded (Caused by SSLError(SSLEOFError(8, 'EOF occurred in violation')))",
        "ssl.SSLEOFError: EOF occurred in violation of protocol (_ssl.c:2580)",
        "ssl.SSLZeroReturnError: TLS/SSL connection has been closed (EOF) (_ssl.c:2580)",
        "pika.exceptions.StreamLostError: ('Stream connection lost: SSLEOFError(8, 'EOF')')",
        'grpc: UNAVAILABLE, details = "Stream removed (recvmsg:Connection reset by peer (104))"',
        "OSError: [Errno 24] Too many open files",
    ],
)
def test_words_that_show_no_handshake_leave_it_open(text):
    assert explain(text).delivered == "maybe"


@pytest.mark.parametrize(
    "text",
    [
        "curl: (35) OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to localhost:443",
        'connection to server at "db", port 5432 failed: SSL SYSCALL error: EOF detected',
        'connection to server at "db", port 5432 failed: server closed the connection unexpectedly',
        "httpx.ConnectError: [SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred (_ssl.c:1006)",
        "Cannot connect to host a:443 ssl:default [[SSL: WRONG_VERSION_NUMBER] wrong version]",
        "javax.net.ssl.SSLHandshakeException: Remote host terminated the handshake",
        "Client network socket disconnected before secure TLS connection was established",
        'Get "https://a/": net/http: TLS handshake timeout',
        f"{ALL_ADDRESSES}: Handshake read failed (Socket closed)",
        f"{ALL_ADDRESSES}: Socket closed",
        f"{ALL_ADDRESSES}: recvmsg:Connection reset by peer (104)",
        f"{ALL_ADDRESSES}: Tls handshake failed (TSI_PROTOCOL_FAILURE): {BAD_RECORD}",
    ],
)
def test_words_of_a_handshake_or_a_connect_show_that_nothing_was_sent(text):
    assert explain(text).delivered == "no"
    assert not explain(text).kind.startswith("config.")


def test_a_call_of_grpc_that_found_no_connection_was_not_sent():
    error = type("_InactiveRpcError", (Exception,), {})
    assert (
        classify(error(f"<RPC that terminated: {ALL_ADDRESSES}: Socket closed")).delivered == "no"
    )
    assert classify(error("<RPC that terminated: Socket closed")).delivered == "maybe"


@pytest.mark.parametrize(
    ("file", "function", "delivered"),
    [
        ("/pika/adapters/blocking_connection.py", "_create_connection", "no"),
        ("/pika/adapters/blocking_connection.py", "basic_publish", "maybe"),
        ("/aiormq/connection.py", "connect", "no"),
        ("/aiormq/channel.py", "basic_publish", "maybe"),
        ("/pg8000/core.py", "__init__", "no"),
        ("/pg8000/core.py", "execute_unnamed", "maybe"),
    ],
)
def test_a_drivers_login_comes_before_anything_is_sent(file, function, delivered):
    told = {}
    exec(
        compile(f"def {function}():\n raise ConnectionResetError(104, 'reset')", file, "exec"), told
    )
    with pytest.raises(ConnectionResetError) as caught:
        told[function]()
    assert classify(caught.value).delivered == delivered


@pytest.mark.parametrize(
    "reason", ["TLSV1_ALERT_INTERNAL_ERROR", "WRONG_VERSION_NUMBER", "UNEXPECTED_EOF_WHILE_READING"]
)
def test_an_error_of_tls_without_a_frame_of_the_handshake_leaves_it_open(reason):
    error = ssl.SSLError(1, f"[SSL: {reason}] {reason.lower()} (_ssl.c:2580)")
    error.library, error.reason = "SSL", reason

    assert classify(error).delivered == "maybe"


def refused():
    raise ConnectionRefusedError(111, "Connection refused")


def translated():
    try:
        raise ConnectionResetError(104, "Connection reset by peer")
    except ConnectionError:
        raise ConnectionRefusedError(111, "Connection refused")  # noqa: B904 - as libraries do


def asked_again():
    try:
        raise ConnectionResetError(104, "Connection reset by peer")  # of a call that was sent
    except ConnectionError:
        refused()


@pytest.mark.parametrize(("call", "delivered"), [(translated, "no"), (asked_again, "maybe")])
def test_what_was_asked_again_may_have_been_delivered_before(call, delivered):
    with pytest.raises(ConnectionRefusedError) as caught:
        call()
    assert classify(caught.value).kind == "tcp.refused"
    assert classify(caught.value).delivered == delivered


def test_before_a_librarys_own_second_attempt_something_may_have_been_delivered():
    urllib3 = pytest.importorskip("urllib3")

    def once(connection):
        connection.read()
        listener.close()
        connection.reset()

    with Lab() as lab, urllib3.PoolManager() as pool:
        listener = lab.reserve(once)
        listener.open()
        again = urllib3.Retry(2, allowed_methods=None)
        with pytest.raises(urllib3.exceptions.MaxRetryError) as caught:
            pool.request("POST", listener.endpoint.url, retries=again)
    assert classify(caught.value).kind == "tcp.refused"
    assert classify(caught.value).delivered == "maybe"


class Hostile:
    def __getattr__(self, name):
        raise RuntimeError(name)

    def __bool__(self):
        raise RuntimeError

    def __gt__(self, other):
        raise RuntimeError


THAT_TRY_AGAIN = [
    ("urlopen", "urllib3/connectionpool.py"),
    ("run", "pymongo/synchronous/mongo_client.py"),
    ("perform_request", "elastic_transport/_transport.py"),
    ("__call__", "tenacity/__init__.py"),
    ("retry", "backoff/_sync.py"),
    ("retry_target", "google/api_core/retry/retry_unary.py"),
]


def refused_in(name, file, given):
    told = {"Hostile": Hostile}
    raised = "raise ConnectionRefusedError(111, 'refused')"
    exec(compile(f"def {name}():\n {given}\n {raised}", f"/packages/{file}", "exec"), told)
    with pytest.raises(ConnectionRefusedError) as caught:
        told[name]()
    return caught.value


@pytest.mark.parametrize(("name", "file"), THAT_TRY_AGAIN)
def test_locals_that_raise_when_they_are_looked_at_hinder_nothing(name, file):
    given = "self = retries = errors = error_list = attempt = retry_state = Hostile()"
    error = refused_in(name, file, given)
    assert classify(error).cause is error


@pytest.mark.parametrize(("name", "file"), [*THAT_TRY_AGAIN, ("request", "openai/_base_client.py")])
def test_a_librarys_file_and_not_a_functions_name_tells_a_later_attempt(name, file):
    later = (
        "tries = attempt = retries_taken = 2; error_list = [1, 2];"
        "failed = type('Failed', (), {'attempt_number': 2})();"
        "self = retry_state = failed; failed._last_error = failed.error = OSError();"
        "retries = type('R', (), {'history': [failed]})()"
    )
    assert classify(refused_in(name, file, later)).delivered == "maybe"
    assert classify(refused_in(name, "shop/orders.py", later)).delivered == "no"


@pytest.mark.parametrize("end", ["finish", "reset"])
@pytest.mark.parametrize("mode", ["require", "disable"])
def test_an_insert_is_sent_once(end, mode):
    requires("psycopg")
    import psycopg  # noqa: PLC0415 - where there is one

    inserted = []

    def take(connection):
        inserted.append(connection)
        getattr(connection, end)()

    def serve(connection):
        if mode == "require":
            SERVICES["postgres"].before_tls(connection)
            connection.secure(lab.certificates.server())
        SERVICES["postgres"].speak(connection, then=take)

    with Lab() as lab:
        endpoint = lab.listen(serve)
        login = {"host": endpoint.host, "port": endpoint.port, "user": "lab", "dbname": "lab"}

        def place_order():
            with psycopg.connect(**login, sslmode=mode, gssencmode="disable") as connection:
                connection.execute("INSERT INTO orders VALUES (1)")

        attempt = retry(Policy(attempts=3, patience=0), target=f"postgres://{endpoint.host}")
        with pytest.raises(psycopg.OperationalError) as caught:
            attempt.call(place_order)
    assert len(inserted) == 1
    assert classify(caught.value).delivered == "maybe"


def test_what_ends_a_login_is_tried_again():
    requires("psycopg")
    import psycopg  # noqa: PLC0415 - where there is one

    with Lab() as lab:
        endpoint = lab.listen(lambda connection: (connection.read(), connection.finish()))
        with pytest.raises(psycopg.OperationalError) as caught:
            psycopg.connect(host=endpoint.host, port=endpoint.port, user="lab", sslmode="disable")
    assert classify(caught.value).delivered == "no"
