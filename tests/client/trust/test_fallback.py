import dataclasses

from ringback.client.trust import verify_for
from ringback.failure import KINDS, Failure

NAMED = frozenset({"old.example"})


def failure(kind, delivered="no"):
    return Failure(kind, "tls", delivered)


def allowed(kind):
    return not verify_for(NAMED, "old.example", failure(kind))


def test_only_the_failures_of_the_servers_certificate_allow_it():
    assert {kind for kind in KINDS if allowed(kind)} == {
        "tls.cert.authority_invalid.self_signed",
        "tls.cert.authority_invalid.unknown_issuer",
        "tls.cert.authority_invalid.untrusted_root",
        "tls.cert.date_invalid.expired",
        "tls.cert.date_invalid.not_yet_valid",
        "tls.cert.invalid",
        "tls.cert.name_invalid",
        "tls.cert.revoked",
    }


def test_what_may_have_been_sent_is_not_sent_again():
    assert verify_for(NAMED, "old.example", failure("tls.cert.name_invalid", "maybe"))


def test_a_proxys_certificate_is_none_of_the_hosts():
    at_proxy = dataclasses.replace(failure("proxy.unreachable"), via="tls.cert.name_invalid")
    assert verify_for(NAMED, "old.example", at_proxy)
