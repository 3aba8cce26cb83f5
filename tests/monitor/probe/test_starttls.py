import time

import pytest

from ringback.monitor.probe import probe
from ringback.monitor.probe.starttls import DIALOGUES
from ringback.testing.lab.healthy import over_tls

LDAP_YES = bytes.fromhex("300c02010178070a010004000400")
LDAP_NO = bytes.fromhex("308400000010020101788400000007 0a0134 0400 0400")

SAID = {
    "smtp": [b"220-a\r\n220 b\r\n", b"250-b\r\n250 STARTTLS\r\n", b"220 go\r\n"],
    "imap": [b"* OK [CAPABILITY STARTTLS] hi\r\n", b"* note\r\na OK go\r\n"],
    "pop3": [b"+OK hi\r\n", b"+OK go\r\n"],
    "ftp": [b"220 hi\r\n", b"234 go\r\n"],
    "nntp": [b"201 hi\r\n", b"382 go\r\n"],
    "sieve": [b'"STARTTLS"\r\nOK\r\n', b"OK go\r\n"],
    "postgres": [b"", b"S"],
    "ldap": [b"", LDAP_YES],
}
REFUSED = {
    "smtp": [b"220 hi\r\n", b"250 SIZE\r\n"],
    "imap": [b"* OK hi\r\n", b"a BAD what\r\n"],
    "pop3": [b"+OK hi\r\n", b"-ERR what\r\n"],
    "ftp": [b"220 hi\r\n", b"502 what\r\n"],
    "nntp": [b"200 hi\r\n", b"580 no\r\n"],
    "sieve": [b"OK\r\n", b"NO\r\n"],
    "postgres": [b"", b"N"],
    "ldap": [b"", LDAP_NO],
}


def saying(answers, handler=lambda _: None):
    """A server that says one thing, and after each that it hears the next."""

    def serve(connection):
        connection.send(answers[0])
        for answer in answers[1:]:
            if not connection.read():
                return
            connection.send(answer)
        handler(connection)

    return serve


def at(looking, lab, port, spoken, **options):
    return looking.run(probe(endpoint(looking, lab, port, spoken, **options), looking.context))


def endpoint(looking, lab, port, spoken, **options):
    given = {"ca": lab.certificates.bundle, "options": {"starttls": spoken}, **options}
    return looking.endpoint(f"tls://127.0.0.1:{port}", "tls", **given)


@pytest.mark.parametrize(
    ("name", "options", "kind"),
    [
        ("good", {}, None),
        ("good", {"expect": {"certificate_days": 31}}, "tls.cert.invalid"),
        ("expired", {}, "tls.cert.date_invalid.expired"),
    ],
)
def test_certificate_of_a_mail_server(looking, lab, name, options, kind):
    server = lab.listen(saying(SAID["smtp"], over_tls(lab.certificates.server(name))))
    check = at(looking, lab, server.port, "smtp", **options)

    assert (check.up, check.kind) == (kind is None, kind), check.detail
    assert (check.certificate.not_after < time.time()) is (name == "expired")


@pytest.mark.parametrize("spoken", DIALOGUES)
def test_tls_is_begun_in_every_protocol(looking, lab, spoken):
    server = lab.listen(saying(SAID[spoken], over_tls(lab.certificates.server())))

    check = at(looking, lab, server.port, spoken)

    assert check.up is True, check.detail
    assert check.certificate.issuer == "CN=ringback lab intermediate"


@pytest.mark.parametrize("spoken", DIALOGUES)
def test_server_that_will_not_begin_tls_has_rejected_it(looking, lab, spoken):
    check = at(looking, lab, lab.listen(saying(REFUSED[spoken])).port, spoken)

    assert (check.up, check.kind) == (False, "service.rejected")
    assert "does not offer STARTTLS" in check.detail or spoken != "smtp"


@pytest.mark.parametrize("kind", ["tcp.refused", "tcp.closed", "tls.timed_out"])
def test_every_failure_before_tls_has_a_kind(looking, lab, kind):
    if kind == "tcp.closed":
        server = lab.listen(saying([b""]))
    else:
        server = lab.start("http.response.timed_out" if kind == "tls.timed_out" else kind)

    timeout = 1.5 if kind == "tls.timed_out" else 30.0
    checks = looking.all_at(
        endpoint(looking, lab, server.port, spoken, timeout=timeout) for spoken in DIALOGUES
    )

    assert [(check.up, check.kind) for check in checks] == [(False, kind)] * len(DIALOGUES)


def test_plain_text_after_the_go_ahead_is_not_believed(looking, lab):
    handler = over_tls(lab.certificates.server())
    injected = [*SAID["smtp"][:2], b"220 go\r\n250 AUTH PLAIN\r\n"]

    check = at(looking, lab, lab.listen(saying(injected, handler)).port, "smtp")

    assert (check.up, check.kind) == (False, "tls.protocol.error.not_tls")
