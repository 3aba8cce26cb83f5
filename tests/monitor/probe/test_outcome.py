import errno

import pytest

from ringback.monitor.probe.outcome import probe_failure_of


@pytest.mark.parametrize(
    ("error", "phase", "kind"),
    [
        (OSError(errno.EHOSTUNREACH, "x"), "connect", "tcp.address_unreachable.host"),
        (TimeoutError(errno.ETIMEDOUT, "x"), "connect", "tcp.timed_out"),
        (TimeoutError(errno.ETIMEDOUT, "x"), "wait", "tcp.timed_out.established"),
        (ConnectionResetError(), "tls", "tls.closed"),
        (ConnectionResetError(errno.ECONNRESET, "x"), "tls", "tcp.reset"),
    ],
)
def test_failure_of_the_target(error, phase, kind):
    failed = probe_failure_of(error, phase)

    assert (failed.kind, failed.of_target) == (kind, True)
    assert failed.detail


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.EMFILE, "Too many open files"),
        OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address"),
        LookupError("a mistake of ours"),
        TypeError("another"),
    ],
)
def test_what_is_our_own(error):
    assert probe_failure_of(error, "connect").of_target is False


def test_detail_names_the_errno_and_has_no_secrets():
    refused = ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed ('192.0.2.1', 80)")
    other = OSError("no way to http://user:secret@h/p?token=secret")

    assert probe_failure_of(refused, "connect").detail == "Connection refused (ECONNREFUSED)"
    assert "secret" not in probe_failure_of(other, "connect").detail
