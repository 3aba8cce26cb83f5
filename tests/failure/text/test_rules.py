"""The tables of wordings: that they hold together, and what they say of each family's messages."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rows import each

from ringback.failure import explain
from ringback.failure.clue import TIMEOUT
from ringback.failure.kinds import KINDS
from ringback.failure.text.fold import Page, fold
from ringback.failure.text.rule import PlacedClue, say_each, says
from ringback.failure.text.rules import RULES
from ringback.failure.text.scan import MAX_ALIKE, alike, numbers, says_nothing, scan

_MAX_REPETITION = 300


def _repetitions(parsed: Iterable[Any], depth: int = 0) -> Iterator[tuple[int, int]]:
    """The bound of every repetition of a parsed pattern, and how many stand around it."""
    for operation, argument in parsed:
        match str(operation):
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                low, high, inner = argument
                yield high, depth
                yield from _repetitions(inner, depth + (high > max(low, 1)))
            case "SUBPATTERN" | "ATOMIC_GROUP" | "ASSERT" | "ASSERT_NOT":
                yield from _repetitions(argument[-1], depth)
            case "BRANCH":
                for branch in argument[1]:
                    yield from _repetitions(branch, depth)


class TestTables:
    def test_every_kind_exists(self) -> None:
        kinds = {rule.clue.kind for rule in RULES}
        assert kinds - set(KINDS) - {TIMEOUT, None} == set()

    def test_a_needle_is_found_by_a_plain_search(self) -> None:
        for rule in RULES:
            assert rule.needle == rule.needle.lower()
            assert len(rule.needle) >= 3
            assert rule.needle in fold(f"x{rule.needle}x").lower

    def test_a_needle_alone_is_long_unless_its_script_is_dense(self) -> None:
        short = {
            rule.needle
            for rule in RULES
            if rule.pattern is None and rule.needle.isascii() and len(rule.needle) < 8
        }
        assert short == {"[x509]", "[pem]", "goaway", "(421, "}

    def test_no_rule_stands_twice(self) -> None:
        counts = Counter((rule.needle, rule.clue.kind, rule.pattern) for rule in RULES)
        assert [rule for rule, count in counts.items() if count > 1] == []

    def test_a_pattern_cannot_be_slow(self) -> None:
        for pattern in {rule.pattern for rule in RULES if rule.pattern}:
            re.compile(pattern, re.IGNORECASE)
            for most, depth in _repetitions(re._parser.parse(pattern)):  # type: ignore[attr-defined]  # the only view of a pattern's structure
                assert most <= _MAX_REPETITION, pattern
                assert depth == 0 or most == 1, f"a repetition inside a repetition: {pattern}"

    def test_a_pattern_holds_its_needle(self) -> None:
        for rule in RULES:
            if rule.pattern is not None:
                assert re.escape(rule.needle) in rule.pattern


class TestSays:
    def test_a_needle_without_context_needs_no_pattern(self) -> None:
        assert [rule.pattern for rule in says("tcp.reset")("a phrase", "another")] == [None, None]

    def test_before_and_then_stand_around_the_needle(self) -> None:
        (rule,) = says("tcp.reset")("code (7)", before="curl ", then=": ")
        assert re.search(rule.pattern or "", "curl code (7): no")

    def test_a_table_gives_a_rule_per_needle(self) -> None:
        rules = say_each({"one thing": "tcp.reset", "other thing": "tcp.closed"}, rank=80)
        assert [(rule.needle, rule.clue.kind) for rule in rules] == [
            ("one thing", "tcp.reset"),
            ("other thing", "tcp.closed"),
        ]
        assert {rule.clue.rank for rule in rules} == {80}

    def test_context_is_looked_for_beside_the_needle_only(self) -> None:
        far = "connect " + "x" * 400 + " operation not permitted"
        kinds = {finding.clue.kind for finding in scan(fold(far))}
        assert "tcp.address_unreachable.prohibited" not in kinds


SOFTWARE = [
    (
        "PrematureCloseException: Connection prematurely closed BEFORE response",
        "http.response.invalid.empty",
    ),
    ("PSQLException: Connection to localhost:5432 refused", "tcp.refused"),
    ("SocketException: Operation timed out (Read failed)", "tcp.timed_out.established"),
    ("TimeoutException: Failed to update metadata after 60000 ms.", "client.deadline_exceeded"),
    ("Npgsql.NpgsqlException: The connection pool has been exhausted", "client.pool_exhausted"),
    (
        "curl: schannel: SEC_E_UNTRUSTED_ROOT (0x80090325)",
        "tls.cert.authority_invalid.untrusted_root",
    ),
    ("WinHttpException 0x80072EE7", "dns.name_not_resolved"),
    ('Error Domain=NSURLErrorDomain Code=-1009 "offline"', "tcp.address_unreachable.network"),
    ("NSURLErrorDomain Code=-1004 {_kCFStreamErrorCodeKey=61}", "tcp.refused"),
    ("{:error, {:tls_alert, {bad_cert, {hostname_check_failed}}}}", "tls.cert.name_invalid"),
    ("{:error, :econnrefused}", "tcp.refused"),
    ("Net::OpenTimeout from net/protocol.rb:41:in `ssl_socket_connect'", "tls.timed_out"),
    ("dns error: failed to lookup address information: Try again", "dns.temporary_failure"),
    ("dial tcp: lookup a.test: too many open files", "client.resources_exhausted"),
    ("Get http://a.test/: EOF", "http.response.invalid.empty"),
    ('desc = "error reading server preface: EOF"', "tcp.closed"),
    ('"GET / HTTP/1.1" 503 UF,URX 0 91 3', "tcp.failed"),
    ('"GET / HTTP/1.1" 503 URX,UC 0 91 3', "tcp.closed"),
    ("[error] 3#3: connect() failed (111: Connection ref$", "tcp.refused"),
    ("client timed out (110: Connection timed out) while SSL handshaking", "tls.timed_out"),
    ("a.test could not be resolved (2: Server failure)", "dns.temporary_failure"),
    ("(70007)The timeout specified has expired: AH01102", "http.response.timed_out"),
    ("svn: E175013: Access to '/svn' forbidden", "http.error.auth"),
    ("ldap_bind(): Unable to bind to server: Can't contact LDAP server", "tcp.failed"),
    ("The connection to the server a.test:6443 was refused", "tcp.refused"),
    ("kubernetes.client.exceptions.ApiException: (403)", "http.error.auth"),
    (
        "cURL error 28: Operation timed out after 9 milliseconds with 0 bytes received",
        "http.response.timed_out",
    ),
    ("Connection Refused: not authorized.", "service.rejected"),
    ("SocketException: OS Error: x, errno = 1225", "tcp.refused"),
    ("Lost connection to MySQL server at 'x', system error: 104", "tcp.reset"),
    ('"GET / HTTP/1.1" 503 UH no_healthy_upstream - "-" 0 19 0', "http.error.unavailable"),
    ("A: read udp 10.0.0.5:43516->10.0.0.1:53: i/o timeout", "dns.timed_out"),
    ("toomanyrequests: You have reached your pull rate limit.", "http.error.rate_limited"),
    ("JedisConnectionException: Could not get a resource from the pool", "client.pool_exhausted"),
    ("pq: SSL is not enabled on the server", "tls.protocol.error.not_tls"),
    ("Error: timeout of 5000ms exceeded code: 'ECONNABORTED'", "http.response.timed_out"),
    ("connection <monitor> to 10.0.0.9:27017 closed", "tcp.closed"),
    ("tunneling socket could not be established, cause=connect ETIMEDOUT", "proxy.unreachable"),
    ("SQLSTATE[HY000] [2002] No such file or directory", "unix.not_found"),
    ("NSURLConnection finished with error - code -1003", "dns.name_not_resolved"),
    ("connection to wiki.test. PR_END_OF_FILE_ERROR", "tls.closed"),
    ("host mx.test[10.0.0.9] refused to talk to me: 421 Refused", "service.rejected"),
    ("TLS key negotiation failed to occur within 60 seconds", "tls.timed_out"),
    ("Name service error for name=a.test: Host not found, try again", "dns.temporary_failure"),
]
"""Of other software: runtimes, gateways, brokers, directories."""


LANGUAGES = [
    ("ssh: Няма маршрут до компютъра", "tcp.address_unreachable.host"),
    ("wget: Laborpool.test: Temporärer Fehler bei der Namensauflösung", "dns.temporary_failure"),
    ("curl: koneksi ditolak", "tcp.refused"),
    ("Não foi possível conectar: Conexão recusada", "tcp.refused"),
    ("E: Verbindung mit a.test:80 nicht möglich (10.0.0.7).", "tcp.failed"),
    ("psql: FEHLER: konnte Hostnamen »a.test« nicht in Adresse übersetzen: x", "dns.failed"),
    ("fatal: l’hôte distant a fermé la connexion de manière inattendue", "tcp.closed"),
]


SYSTEM = [
    # strerror: glibc, macOS
    ("connect to 10.0.0.9 port 8080: Connection refused", "tcp.refused"),
    ("connect: No route to host", "tcp.address_unreachable.host"),
    ("socket.connect: Network is unreachable", "tcp.address_unreachable.network"),
    ("bind: Address already in use", "client.local_address"),
    ("connect: Cannot assign requested address", "client.local_address"),
    ("connect: Can't assign requested address", "client.local_address"),
    ("recv: Connection reset by peer", "tcp.reset"),
    ("socket send: Broken pipe", "tcp.closed"),
    ("accept: Too many open files", "client.resources_exhausted"),
    ("connect: Operation not permitted", "tcp.address_unreachable.prohibited"),
    ("sendto: Permission denied", "tcp.address_unreachable.prohibited"),
    ("connect: Invalid argument", "tcp.address_invalid"),
    ("connect ECONNREFUSED 127.0.0.1:5432", "tcp.refused"),
    ("read ECONNRESET", "tcp.reset"),
    ("connect EHOSTUNREACH 10.1.1.1:443", "tcp.address_unreachable.host"),
    ("WSAENETUNREACH while connecting", "tcp.address_unreachable.network"),
    # FormatMessage, in the languages of Windows
    ("No connection could be made because the target machine actively refused it.", "tcp.refused"),
    (
        (
            "Es konnte keine Verbindung hergestellt werden, da der Zielcomputer die Verbindung "
            "verweigerte"
        ),
        "tcp.refused",
    ),
    (
        "Aucune connexion n’a pu être établie car l’ordinateur cible l’a expressément refusée",
        "tcp.refused",
    ),
    (
        (
            "No se puede establecer una conexión ya que el equipo de destino denegó "
            "expresamente dicha conexión"
        ),
        "tcp.refused",
    ),
    (
        "Nenhuma conexão pôde ser feita porque a máquina de destino as recusou ativamente",
        "tcp.refused",
    ),
    (
        "Подключение не установлено, т.к. конечный компьютер отверг запрос на подключение",
        "tcp.refused",
    ),
    ("由于目标计算机积极拒绝，无法连接。", "tcp.refused"),
    ("無法連線，因為目標電腦拒絕連線。", "tcp.refused"),
    ("対象のコンピューターによって拒否されたため、接続できませんでした。", "tcp.refused"),
    (
        "Eine vorhandene Verbindung wurde vom Remotehost geschlossen",
        "tcp.reset",
    ),
    ("Se ha forzado la interrupción de una conexión existente por el host remoto", "tcp.reset"),
    ("Удаленный хост принудительно разорвал существующее подключение", "tcp.reset"),
    ("远程主机强迫关闭了一个现有的连接。", "tcp.reset"),
    ("既存の接続はリモート ホストに強制的に切断されました。", "tcp.reset"),
    ("遠端主機已強制關閉一個現存的連線。", "tcp.reset"),
    ("您的主机中的软件放弃了一个已建立的连接。", "tcp.aborted"),
    ("foi anulada pelo software no computador host", "tcp.aborted"),
    ("套接字操作遇到了一个已死的网络。", "tcp.address_unreachable.network"),
    ("Una operación de socket encontró una red inactiva.", "tcp.address_unreachable.network"),
    ("Une opération de socket a rencontré un réseau inactif.", "tcp.address_unreachable.network"),
    ("Der Host war bei einem Socketvorgang nicht erreichbar", "tcp.address_unreachable.host"),
    (
        (
            "Normalerweise darf jede Socketadresse (Protokoll, Netzwerkadresse oder Anschluss) nur "
            "jeweils einmal verwendet werden"
        ),
        "client.local_address",
    ),
    (
        "アクセス許可で禁じられた方法でソケットにアクセスしようとしました。",
        "tcp.address_unreachable.prohibited",
    ),
]
UNIX = [
    ("dial unix /var/run/docker.sock: connect: no such file or directory", "unix.not_found"),
    (
        (
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. "
            "Is the docker daemon running?"
        ),
        "unix.not_found",
    ),
    (
        "Can't connect to local MySQL server through socket '/run/mysqld/mysqld.sock' (2)",
        "unix.not_found",
    ),
    ("open //./pipe/docker_engine: The system cannot find the file specified.", "unix.not_found"),
    ("dial unix /var/run/docker.sock: connect: permission denied", "unix.forbidden"),
    (
        "permission denied while trying to connect to the Docker daemon socket",
        "unix.forbidden",
    ),
]
ENDS = [
    ("Connection closed by foreign host.", "tcp.closed"),
    ("Lost connection to MySQL server at 'reading initial packet'", "tcp.closed"),
    ("(2006, 'MySQL server has gone away')", "tcp.closed"),
    ("server closed the connection unexpectedly", "tcp.closed"),
    ("asyncpg: connection was closed in the middle of operation", "tcp.closed"),
    ("Error: socket hang up", "tcp.closed"),
    ("http: server closed idle connection", "tcp.closed.stale"),
    ("rpc error: code = Unavailable desc = error reading from server: EOF", "tcp.closed"),
    ("SSL connection has been closed unexpectedly", "tls.closed"),
    ("sent 1011 (internal error) keepalive ping timeout", "tcp.timed_out.established"),
    ("missed heartbeats from client, timeout: 60s", "tcp.timed_out.established"),
    (
        "could not receive data from server: Connection timed out",
        "tcp.timed_out.established",
    ),
]
TIMEOUTS = [
    ("HTTP request: Read timed out. (read timeout=5)", "http.response.timed_out"),
    ("connection to server at 10.0.0.1, port 5432 failed: timeout expired", "tcp.timed_out"),
    ("Connection timeout to host http://a.test/", "tcp.timed_out"),
    ("The write operation timed out on the socket", "http.request.timed_out"),
    ("_ssl.c:989: The handshake operation timed out", "tls.timed_out"),
    ("net/http: TLS handshake timeout", "tls.timed_out"),
    ("dial tcp 10.0.0.1:443: i/o timeout", "tcp.timed_out"),
    ("read tcp 10.0.0.2:51000->10.0.0.1:443: i/o timeout", "http.response.timed_out"),
    ("net/http: timeout awaiting response headers", "http.response.timed_out"),
    (
        "net/http: request canceled (Client.Timeout or context cancellation while reading body)",
        "http.response.body_timed_out",
    ),
    ("UND_ERR_CONNECT_TIMEOUT", "tcp.timed_out"),
    ("UND_ERR_HEADERS_TIMEOUT", "http.response.timed_out"),
    ("UND_ERR_BODY_TIMEOUT", "http.response.body_timed_out"),
    ("axios: timeout of 3000ms exceeded", "http.response.timed_out"),
    ("http client: context deadline exceeded", "client.deadline_exceeded"),
]
NAMES = [
    ("getaddrinfo: Name or service not known", "dns.name_not_resolved"),
    ("nodename nor servname provided, or not known", "dns.name_not_resolved"),
    ("getaddrinfo ENOTFOUND api.test", "dns.name_not_resolved"),
    ("getaddrinfo EAI_AGAIN api.test", "dns.temporary_failure"),
    ("Temporary failure in name resolution", "dns.temporary_failure"),
    ("No address associated with hostname", "dns.no_address"),
    ("dial tcp: lookup a.test on 10.0.0.2:53: no such host", "dns.name_not_resolved"),
    ("lookup a.test on 10.0.0.2:53: server misbehaving", "dns.temporary_failure"),
    (
        "lookup a.test on 10.0.0.2:53: read udp 10.0.0.3:4->10.0.0.2:53: connection refused",
        "dns.temporary_failure",
    ),
    (
        "lookup a.test on 10.0.0.2:53: read udp 10.0.0.3:4->10.0.0.2:53: i/o timeout",
        "dns.timed_out",
    ),
    ("lookup a.test: no answer from DNS server", "dns.temporary_failure"),
    ("Domain name not found", "dns.name_not_resolved"),
    ("DNS server returned answer with no data", "dns.no_address"),
    ("DNS server returned general failure", "dns.temporary_failure"),
    ("DNS server claims query was misformatted", "dns.temporary_failure"),
    ("Timeout while contacting DNS servers", "dns.timed_out"),
    ("Could not contact DNS servers", "dns.temporary_failure"),
    ("The resolution lifetime expired after 5.4 seconds", "dns.timed_out"),
    ("The DNS query name does not exist: a.test.", "dns.name_not_resolved"),
    ("queryA ENODATA a.test", "dns.no_address"),
    ("queryA ETIMEOUT a.test", "dns.timed_out"),
    ("Der angegebene Host ist unbekannt", "dns.name_not_resolved"),
    ("不知道这样的主机。", "dns.name_not_resolved"),
    ("Este host não é conhecido", "dns.name_not_resolved"),
]
CERTIFICATES = [
    ("SSL: certificate has expired", "tls.cert.date_invalid.expired"),
    ("SSL: certificate is not yet valid", "tls.cert.date_invalid.not_yet_valid"),
    (
        (
            "x509: certificate has expired or is not yet valid: current time "
            "2024-01-01T00:00:00Z is before 2025-01-01T00:00:00Z"
        ),
        "tls.cert.date_invalid.not_yet_valid",
    ),
    (
        (
            "x509: certificate has expired or is not yet valid: current time "
            "2026-01-01T00:00:00Z is after 2025-01-01T00:00:00Z"
        ),
        "tls.cert.date_invalid.expired",
    ),
    ("x509: certificate is valid for a.test, not b.test", "tls.cert.name_invalid"),
    (
        "x509: cannot validate certificate for 10.0.0.1 because it doesn't contain any IP SANs",
        "tls.cert.name_invalid",
    ),
    ("ERR_TLS_CERT_ALTNAME_INVALID", "tls.cert.name_invalid"),
    ("No subject alternative DNS name matching a.test found", "tls.cert.name_invalid"),
    ("verify error:num=18:self-signed certificate", "tls.cert.authority_invalid.self_signed"),
    (
        "verify error:num=19:self-signed certificate in certificate chain",
        "tls.cert.authority_invalid.untrusted_root",
    ),
    (
        "verify error:num=20:unable to get local issuer certificate",
        "tls.cert.authority_invalid.unknown_issuer",
    ),
    (
        "verify error:num=27:certificate not trusted",
        "tls.cert.authority_invalid.unknown_issuer",
    ),
    (
        "x509: certificate signed by unknown authority",
        "tls.cert.authority_invalid.unknown_issuer",
    ),
    (
        "unable to find valid certification path to requested target",
        "tls.cert.authority_invalid.unknown_issuer",
    ),
    ("verify error:num=23:certificate revoked", "tls.cert.revoked"),
    ("verify error:num=3:unable to get certificate CRL", "tls.cert.invalid"),
    ("verify error:num=47:permitted subtree violation", "tls.cert.invalid"),
    ("verify error:num=66:EE certificate key too weak", "tls.cert.invalid"),
    ("verify error:num=85:Missing Authority Key Identifier", "tls.cert.invalid"),
    ("verify error:num=26:unsuitable certificate purpose", "tls.cert.invalid"),
    ("certificate is not authorized to sign other certificates", "tls.cert.invalid"),
    (
        "SSL public key does not match pinned public key",
        "tls.cert.pinned_key_not_in_cert_chain",
    ),
]
HANDSHAKES = [
    (
        "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1000)",
        "tls.protocol.error.not_tls",
    ),
    ("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", "tls.version_or_cipher_mismatch"),
    (
        "error:0A000410:SSL routines::sslv3 alert handshake failure",
        "tls.version_or_cipher_mismatch",
    ),
    ("error:0A000102:SSL routines::unsupported protocol", "tls.version_or_cipher_mismatch"),
    (
        "curl: (35) error:0A000102:SSL routines::unsupported protocol",
        "tls.version_or_cipher_mismatch",
    ),
    ("[SSL: CA_MD_TOO_WEAK] ca md too weak (_ssl.c:1000)", "config.tls_files_invalid"),
    ("certificate verify failed: CA md too weak (_ssl.c:1000)", "tls.cert.invalid"),
    ("remote error: tls: handshake failure", "tls.version_or_cipher_mismatch"),
    ("remote error: tls: certificate required", "tls.bad_client_auth_cert"),
    ("Received fatal alert: bad_certificate", "tls.bad_client_auth_cert"),
    ("error:0A000418:SSL routines::tlsv1 alert unknown ca", "tls.bad_client_auth_cert"),
    ("[SSL: TLSV1_UNRECOGNIZED_NAME]", "tls.unrecognized_name_alert"),
    ("tls: first record does not look like a TLS handshake", "tls.protocol.error.not_tls"),
    ("http: server gave HTTP response to HTTPS client", "tls.protocol.error.not_tls"),
    ("received invalid response to SSL negotiation: H", "tls.protocol.error.not_tls"),
    ("error:0A000152:SSL routines::unsafe legacy renegotiation disabled", "tls.protocol.error"),
    ("EOF occurred in violation of protocol (_ssl.c:1000)", "tls.closed"),
    ("Remote host terminated the handshake", "tls.closed"),
    ("OpenSSL SSL_connect: Connection reset by peer in connection to a.test:443", "tcp.reset"),
    ("unable to load private key", "config.tls_files_invalid"),
    (
        'private key file "k.pem" has group or world access; file must have permissions u=rw',
        "config.tls_files_invalid",
    ),
    (
        "Can't connect to HTTPS URL because the SSL module is not available.",
        "config.tls_unavailable",
    ),
    ("remote error: tls: internal error", "tls.failed"),
]
PROXIES = [
    ("Tunnel connection failed: 407 Proxy Authentication Required", "proxy.auth_required"),
    ("Tunnel connection failed: 403 Forbidden", "proxy.denied"),
    ("CONNECT tunnel failed, response 502", "proxy.upstream_failed"),
    ("Received HTTP code 407 from proxy after CONNECT", "proxy.auth_required"),
    ("tunneling socket could not be established, statusCode=503", "proxy.upstream_failed"),
    ("0x05: Connection refused", "proxy.upstream_failed"),
    ("0x02: Connection not allowed by ruleset", "proxy.denied"),
    ("All offered SOCKS5 authentication methods were rejected", "proxy.auth_required"),
    ("SOCKS5 proxy server sent invalid data", "proxy.protocol_error"),
    ("curl: (5) Could not resolve proxy: p.test", "proxy.unreachable"),
    ("proxyconnect tcp: dial tcp 10.0.0.1:3128: connect: connection refused", "proxy.unreachable"),
    ("Unable to determine SOCKS version from socks://p.test", "config.proxy_invalid"),
]
HTTP = [
    ("Remote end closed connection without response", "http.response.invalid.empty"),
    ("curl: (52) Empty reply from server", "http.response.invalid.empty"),
    ('Get "https://a.test/": EOF', "http.response.invalid.empty"),
    (
        "IncompleteRead(10 bytes read, 90 more expected)",
        "http.response.invalid.content_length_mismatch",
    ),
    (
        "transfer closed with 90 bytes remaining to read",
        "http.response.invalid.content_length_mismatch",
    ),
    (
        "peer closed connection without sending complete message body (received 5 bytes)",
        "http.response.invalid.content_length_mismatch",
    ),
    (
        "peer closed connection without sending complete message body (incomplete chunked read)",
        "http.response.invalid.incomplete_chunked_encoding",
    ),
    (
        "transfer closed with outstanding read data remaining",
        "http.response.invalid.incomplete_chunked_encoding",
    ),
    (
        "Received response with content-encoding: gzip, but failed to decode it.",
        "http.response.invalid.content_decoding",
    ),
    ("BadStatusLine: SSH-2.0-OpenSSH_9.6", "http.response.invalid.not_http"),
    ("Received HTTP/0.9 when not allowed", "http.response.invalid.not_http"),
    ('malformed HTTP response "220 ready"', "http.response.invalid.not_http"),
    ('net/http: HTTP/1.x transport broken: malformed MIME header: "x"', "http.protocol.error"),
    ("Parse Error: Invalid header token HPE_INVALID_HEADER_TOKEN", "http.protocol.error"),
    ("got more than 100 headers", "http.protocol.error"),
    ("Exceeded 30 redirects.", "http.response.redirect_loop"),
    ("stopped after 10 redirects", "http.response.redirect_loop"),
    ("<StreamReset stream_id:1, error_code:7, remote_reset:True>", "h2.refused_stream"),
    ("http2: server sent GOAWAY and closed the connection", "h2.protocol.error"),
    (
        "Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON",
        "http.response.unexpected_content",
    ),
]
REQUESTS = [
    ("Invalid URL 'a.test': No scheme supplied.", "url.scheme_invalid"),
    ("No connection adapters were found for 'gopher://a.test'", "url.scheme_invalid"),
    ('Get "a.test": unsupported protocol scheme ""', "url.scheme_invalid"),
    ("http: no Host in request URL", "url.invalid"),
    ("Failed to parse: http://[::1", "url.invalid"),
    ("label empty or too long", "url.invalid"),
    ("net/url: invalid control character in URL", "url.invalid"),
    ("Missing dependencies for SOCKS support.", "request.invalid"),
    ("Header value must be str or bytes, not <class 'int'>", "request.invalid"),
    ("Session is closed", "client.closed"),
    ("Cannot send a request, as the client has been closed.", "client.closed"),
    ("QueuePool limit of size 5 overflow 10 reached", "client.pool_exhausted"),
    ("redis.exceptions.ConnectionError: Too many connections", "client.pool_exhausted"),
    ("Timed out while checking out a connection from connection pool", "client.pool_exhausted"),
]
STATUS = [
    ("HTTP Error 404: Not Found", "http.error"),
    ("401 Client Error: Unauthorized for url: https://a.test/", "http.error.auth"),
    ("HTTP Error 429: Too Many Requests", "http.error.rate_limited"),
    ("503 Server Error: Service Unavailable for url: https://a.test/", "http.error.unavailable"),
    ("HTTP Error 502: Bad Gateway", "http.error.gateway"),
    ("511 Network Authentication Required", "http.error.captive_portal"),
    ("too many 503 error responses", "http.error.unavailable"),
    (
        "An error occurred (ThrottlingException) when calling the X operation",
        "http.error.rate_limited",
    ),
    ("An error occurred (AccessDenied) when calling the X operation", "http.error.auth"),
    ("An error occurred (NoSuchBucket) when calling the X operation", "http.error"),
]
SERVICES = [
    ('FATAL:  password authentication failed for user "u"', "service.rejected"),
    ('FATAL:  database "d" does not exist', "service.rejected"),
    ("FATAL:  sorry, too many clients already", "service.rejected"),
    ("(1045, \"Access denied for user 'u'@'h' (using password: YES)\")", "service.rejected"),
    ("(1040, 'Too many connections')", "service.rejected"),
    ("Authentication plugin 'caching_sha2_password' cannot be loaded", "service.rejected"),
    ("Login failed for user 'sa'.", "service.rejected"),
    ("ORA-12514: TNS:listener does not currently know of service", "service.rejected"),
    ("ORA-12541: TNS:no listener", "tcp.refused"),
    ("ORA-12170: TNS:Connect timeout occurred", "tcp.timed_out"),
    ("NOAUTH Authentication required.", "service.rejected"),
    ("WRONGPASS invalid username-password pair or user is disabled.", "service.rejected"),
    ("CLUSTERDOWN The cluster is down", "service.rejected"),
    ("bad auth : Authentication failed.", "service.rejected"),
    ("not authorized on admin to execute command", "service.rejected"),
    ("ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN", "service.rejected"),
    ("NOT_FOUND - no queue 'q' in vhost '/'", "service.rejected"),
    ("nats: Authorization Violation", "service.rejected"),
    ("Connection Refused: not authorised.", "service.rejected"),
    ("Connection refused, reason code: 5", "service.rejected"),
    ("SMTPAuthenticationError: (535, b'5.7.8 bad')", "service.rejected"),
    ("530 Not logged in.", "service.rejected"),
    ("u@h: Permission denied (publickey).", "service.rejected"),
    ("kex_exchange_identification: Connection closed by remote host", "tcp.closed"),
    ("session setup failed: NT_STATUS_LOGON_FAILURE", "service.rejected"),
    ("Connection to h failed (Error NT_STATUS_HOST_UNREACHABLE)", "tcp.address_unreachable.host"),
    ("no close frame received or sent", "tcp.closed"),
]
CALLS = [
    (
        (
            "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: Failed to "
            "connect to remote host: Connection refused"
        ),
        "tcp.refused",
    ),
    ("details = DNS resolution failed for a.test: Domain name not found", "dns.name_not_resolved"),
    ("grpc status = StatusCode.UNAVAILABLE details = Socket closed", "tcp.closed"),
    ("status = StatusCode.DEADLINE_EXCEEDED", "client.deadline_exceeded"),
    ("status = StatusCode.UNAUTHENTICATED", "http.error.auth"),
    ("connection error: GOAWAY received, too_many_pings", "h2.protocol.error"),
]
GATEWAYS = [
    (
        (
            "upstream timed out (110: Connection timed out) while reading response header "
            "from upstream, client: 10.0.0.1"
        ),
        "http.response.timed_out",
    ),
    (
        "upstream prematurely closed connection while reading response header from upstream",
        "http.response.invalid.empty",
    ),
    ("no live upstreams while connecting to upstream", "http.error.unavailable"),
    ("upstream request timeout", "http.error.gateway"),
    (
        "upstream connect error or disconnect/reset before headers. reset reason: protocol error",
        "http.error.gateway",
    ),
    ("Server b/s1 is DOWN, reason: Layer4 timeout, check duration: 2001ms", "tcp.timed_out"),
    ("backend b has no server available!", "http.error.unavailable"),
]
BROWSERS = [
    ("net::ERR_CONNECTION_REFUSED", "tcp.refused"),
    ("net::ERR_NAME_NOT_RESOLVED", "dns.name_not_resolved"),
    ("net::ERR_CERT_DATE_INVALID", "tls.cert.date_invalid.expired"),
    ("net::ERR_CERT_COMMON_NAME_INVALID", "tls.cert.name_invalid"),
    ("net::ERR_CERT_WEAK_KEY", "tls.cert.invalid"),
    ("net::ERR_TUNNEL_CONNECTION_FAILED", "proxy.upstream_failed"),
    ("net::ERR_HTTP2_SERVER_REFUSED_STREAM", "h2.refused_stream"),
    ("net::ERR_INVALID_CHUNKED_ENCODING", "http.protocol.error"),
    ("net::ERR_INTERNET_DISCONNECTED", "tcp.address_unreachable.network"),
    ("NS_ERROR_UNKNOWN_HOST", "dns.name_not_resolved"),
    ("NS_ERROR_PROXY_AUTHENTICATION_FAILED", "proxy.auth_required"),
    ("about:neterror?e=netTimeout&u=http://a.test/", "tcp.timed_out"),
]
TOOLS = [
    ("curl: (6) Could not resolve host: a.test", "dns.name_not_resolved"),
    ("curl: (7) Failed to connect to a.test port 80: Connection refused", "tcp.refused"),
    (
        "curl: (28) Operation timed out after 5001 milliseconds with 0 bytes received",
        "http.response.timed_out",
    ),
    (
        "curl: (28) Operation timed out after 5001 milliseconds with 10 out of 90 bytes received",
        "http.response.body_timed_out",
    ),
    ("curl: (47) Maximum (50) redirects followed", "http.response.redirect_loop"),
    ("curl: (67) Login denied", "service.rejected"),
    ("cURL error 45: ", "client.local_address"),
    ("fatal: the remote end hung up unexpectedly", "tcp.closed"),
    ("java.net.ConnectException: Connection refused (Connection refused)", "tcp.refused"),
    (
        "error trying to connect: tcp connect error: Connection refused (os error 111)",
        "tcp.refused",
    ),
]
GENERAL = [
    ("request canceled: context canceled", "abandoned"),
    ("AbortError: The operation was aborted", "abandoned"),
    ("Max retries exceeded with url: /", "unknown"),
    ("TypeError: fetch failed", "unknown"),
    ("No suitable servers found (`serverSelectionTryOnce` set)", "unknown"),
    ("merge: failed to resolve the conflict", "not_a_connection_failure"),
    ("no name matching function call", "not_a_connection_failure"),
    ("ERROR:  deadlock detected", "not_a_connection_failure"),
    ("canceling statement due to statement timeout", "not_a_connection_failure"),
    ("[Errno 28] No space left on device", "not_a_connection_failure"),
    ("FileNotFoundError: [Errno 2] No such file or directory: 'a.txt'", "not_a_connection_failure"),
    ("ResourceWarning: unclosed <socket.socket fd=3>", "not_a_connection_failure"),
    ("Command 'git fetch' timed out after 10 seconds", "not_a_connection_failure"),
    ("systemd[1]: a.service: State 'stop-sigterm' timed out. Killing.", "not_a_connection_failure"),
]
_WORDINGS = Path(__file__).with_name("wordings.tsv").read_text("utf-8").splitlines()
FAMILIES = [
    (text.replace("⏎", "\n"), kind)
    for kind, text in (line.split("\t", 1) for line in _WORDINGS if line[0] != "#")
]
"""By family: what the programs of it print, a kind and a line each; ⏎ stands for a line's end."""
EXAMPLES = [
    *FAMILIES,
    *SOFTWARE,
    *LANGUAGES,
    *SYSTEM,
    *UNIX,
    *ENDS,
    *TIMEOUTS,
    *NAMES,
    *CERTIFICATES,
    *HANDSHAKES,
    *PROXIES,
    *HTTP,
    *REQUESTS,
    *STATUS,
    *SERVICES,
    *CALLS,
    *GATEWAYS,
    *BROWSERS,
    *TOOLS,
    *GENERAL,
]


@each("text, kind", EXAMPLES)
def test_the_wording_of_a_library_or_platform_names_its_kind(text: str, kind: str) -> None:
    assert explain(text).kind == kind


def test_what_is_alike_a_text_that_reports_a_failure_may_report_one() -> None:
    telling = [
        text
        for text, kind in EXAMPLES
        if kind not in {"not_a_connection_failure", "unknown"} and len(text) <= MAX_ALIKE
    ]
    assert [text for text in telling if says_nothing(alike(text))] == []


def test_what_is_alike_an_ordinary_text_says_nothing() -> None:
    assert says_nothing(
        alike("2026-11-20 10:00:00,123 INFO app.web GET /users/881/orders in 0.80s")
    )
    assert says_nothing(alike("10:00:00 DEBUG order 401-503 of anna-12029 was packed"))
    assert not says_nothing(alike("10:00:00 DEBUG order 401-503: HTTP status 200"))
    assert not says_nothing(alike("10:00:00 DEBUG the socket said 12345"))
    assert not says_nothing(alike("10:00:00 DEBUG größer als 5"))


def _looked_up_one_by_one(page: Page) -> Counter[PlacedClue]:
    """What each rule finds at the first six places of its needle."""
    found: Counter[PlacedClue] = Counter()
    for rule in RULES:
        begins = [
            match.start() for match in re.finditer(f"(?={re.escape(rule.needle)})", page.lower)
        ]
        for begin in begins[:6]:
            end = begin + len(rule.needle)
            if rule.pattern is None:
                found[PlacedClue(begin, end, rule.clue)] += 1
                continue
            pattern = re.compile(rule.pattern, re.IGNORECASE)
            for match in pattern.finditer(page.text, max(0, begin - 300), end + 300):
                if match.start() < end and match.end() > begin:
                    found[PlacedClue(*match.span(), rule.clue)] += 1
                    break
    return found


_LINES = [text for text, _ in FAMILIES]
_PIECES = st.one_of(
    st.sampled_from(_LINES),
    st.sampled_from([rule.needle for rule in RULES]),
    st.text(max_size=8),
)


@given(st.lists(_PIECES, min_size=1, max_size=6), st.sampled_from(["", " ", "\n", ": "]))
@example(["(7)", "(7) ", "(56, "], "")
def test_the_rules_that_are_looked_at_are_all_that_find_something(
    pieces: list[str], between: str
) -> None:
    page = fold(between.join(pieces))
    assert Counter(scan(page)) == _looked_up_one_by_one(page)


def test_no_number_beside_words_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [fold(line) for line in _LINES]
    found = [list(numbers(page)) for page in pages]
    monkeypatch.setattr("ringback.failure.text.scan._AFTER_WORDS", re.compile(""))
    assert found == [list(numbers(page)) for page in pages]
