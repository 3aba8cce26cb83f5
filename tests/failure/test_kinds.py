"""The reference data of every kind: complete, consistent with itself and with this platform."""

import ctypes
import os
import platform
import re

import pytest

from ringback.failure.kind import Kind
from ringback.failure.kinds import KINDS

ALL = list(KINDS.values())
NUMBERED = re.compile(r"\[Errno (-?\d+)\] ([^`'\"(]+)")
WEAKER = re.compile(r"verify=False|check_hostname=False|CERT_NONE|--insecure")
GLIBC = platform.libc_ver()[0] == "glibc"


def test_only_what_was_not_processed_may_be_sent_again_whatever_the_method() -> None:
    resent = [kind for kind in ALL if kind.delivered != "no"]
    assert [kind.name for kind in resent if kind.retry not in {"idempotent", "no"}] == []


def test_every_kind_is_complete() -> None:
    fields = ("meaning", "looks_like", "causes", "do", "dont", "related")
    lacks = [(k.name, field) for k in ALL for field in fields if not getattr(k, field)]
    assert lacks == []


def test_related_kinds_exist() -> None:
    assert [kind.name for kind in ALL if not set(kind.related) <= set(KINDS) - {kind.name}] == []


def test_verification_is_never_weakened() -> None:
    advised = [kind.name for kind in ALL if any(map(WEAKER.search, kind.do))]
    begins = ("tls.cert.date", "tls.cert.name", "tls.cert.auth", "tls.cert.inv")
    certificates = [kind for kind in ALL if kind.name.startswith(begins)]
    unwarned = [k.name for k in certificates if not any("verify=False" in w for w in k.dont)]
    assert (advised, unwarned) == ([], [])


def test_what_may_have_been_processed_is_not_advised_to_be_repeated_blindly() -> None:
    risky = [kind for kind in ALL if (kind.delivered, kind.retry) == ("maybe", "idempotent")]
    assert [k.name for k in risky if not any("POST" in warning for warning in k.dont)] == []


def texts_of_linux(kind: Kind) -> list[tuple[int, str]]:
    shown = kind.looks_like.get("linux", "")
    return [(int(number), text.strip()) for number, text in NUMBERED.findall(shown)]


@pytest.mark.skipif(not GLIBC, reason="the texts keyed linux are those of glibc")
def test_texts_of_linux_are_those_of_this_system() -> None:
    gai_strerror = ctypes.CDLL(None).gai_strerror
    gai_strerror.restype = ctypes.c_char_p

    def real(code: int) -> str:
        return os.strerror(code) if code > 0 else gai_strerror(code).decode()

    shown = [row for kind in ALL for row in texts_of_linux(kind)]
    assert shown
    assert [(code, text) for code, text in shown if text != real(code)] == []


def test_only_dns_kinds_need_a_diagnosis() -> None:
    assert {kind.name for kind in ALL if kind.diagnosis_only} == {
        "dns.unreachable",
        "dns.server",
        "dns.blocked",
        "dns.bogus_address",
    }
