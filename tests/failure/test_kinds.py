"""The reference data of every kind: complete, consistent with itself and with this platform."""

import ast
import ctypes
import importlib
import inspect
import os
import pkgutil
import platform
import re
from collections.abc import Iterator
from types import ModuleType

import pytest
from rows import each

from ringback.failure import kinds as kinds_package
from ringback.failure.kind import Kind
from ringback.failure.kinds import KINDS

ALL = list(KINDS.values())
NAME = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")
LITERAL = re.compile(r"`[^`]+`")
NUMBERED = re.compile(r"\[Errno (-?\d+)\] ([^`'\"(]+)")
CURL_CODE = re.compile(r"curl: \((\d+)\)")
GLIBC = platform.libc_ver()[0] == "glibc"

MODULES = [
    importlib.import_module(f"{kinds_package.__name__}.{module.name}")
    for module in pkgutil.iter_modules(kinds_package.__path__)
]

every_kind = each("kind", ALL)

# Stable for ever: a name may be added here, and none changed or removed.
NAMES = [
    "abandoned",
    "client.circuit_open",
    "client.closed",
    "client.deadline_exceeded",
    "client.local_address",
    "client.pool_exhausted",
    "client.resources_exhausted",
    "config.proxy_invalid",
    "config.tls_files_invalid",
    "config.tls_unavailable",
    "dns.blocked",
    "dns.bogus_address",
    "dns.failed",
    "dns.name_not_resolved",
    "dns.no_address",
    "dns.server",
    "dns.temporary_failure",
    "dns.timed_out",
    "dns.unreachable",
    "h2.protocol.error",
    "h2.refused_stream",
    "http.error",
    "http.error.auth",
    "http.error.captive_portal",
    "http.error.gateway",
    "http.error.rate_limited",
    "http.error.unavailable",
    "http.protocol.error",
    "http.request.timed_out",
    "http.response.body_timed_out",
    "http.response.headers.truncated",
    "http.response.invalid.content_decoding",
    "http.response.invalid.content_length_mismatch",
    "http.response.invalid.empty",
    "http.response.invalid.incomplete_chunked_encoding",
    "http.response.invalid.not_http",
    "http.response.redirect_invalid",
    "http.response.redirect_loop",
    "http.response.timed_out",
    "http.response.unexpected_content",
    "not_a_connection_failure",
    "proxy.auth_required",
    "proxy.denied",
    "proxy.no_response",
    "proxy.protocol_error",
    "proxy.unreachable",
    "proxy.upstream_failed",
    "request.invalid",
    "service.rejected",
    "tcp.aborted",
    "tcp.address_invalid",
    "tcp.address_unreachable.host",
    "tcp.address_unreachable.network",
    "tcp.address_unreachable.prohibited",
    "tcp.closed",
    "tcp.closed.stale",
    "tcp.failed",
    "tcp.refused",
    "tcp.reset",
    "tcp.timed_out",
    "tcp.timed_out.established",
    "tls.bad_client_auth_cert",
    "tls.cert.authority_invalid.self_signed",
    "tls.cert.authority_invalid.unknown_issuer",
    "tls.cert.authority_invalid.untrusted_root",
    "tls.cert.date_invalid.expired",
    "tls.cert.date_invalid.not_yet_valid",
    "tls.cert.invalid",
    "tls.cert.name_invalid",
    "tls.cert.pinned_key_not_in_cert_chain",
    "tls.cert.revoked",
    "tls.closed",
    "tls.failed",
    "tls.protocol.error",
    "tls.protocol.error.not_tls",
    "tls.timed_out",
    "tls.unrecognized_name_alert",
    "tls.version_or_cipher_mismatch",
    "unix.forbidden",
    "unix.not_found",
    "unknown",
    "url.invalid",
    "url.scheme_invalid",
]

SPELLINGS = re.compile(
    r"\b(Httpx|HTTPX|Aiohttp|AioHTTP|AIOHTTP|Urllib3?|Openssl|OpenSsl|MacOS|Mac OS|OSX|Nginx|NGINX|"
    r"Postgres|Mysql|Github|Cloudflare|CURL|cURL|Systemd|Kubernets|Chrome)\b"
)


def texts(kind: Kind) -> Iterator[str]:
    yield kind.meaning
    yield from kind.looks_like.values()
    yield from (*kind.causes, *kind.do, *kind.dont)


def test_the_names_are_pinned() -> None:
    assert sorted(KINDS) == sorted(NAMES)


@every_kind
def test_only_what_was_not_processed_may_be_sent_again_whatever_the_method(kind: Kind) -> None:
    assert kind.delivered == "no" or kind.retry in {"idempotent", "no"}


def tables(module: ModuleType) -> list[tuple[Kind, ...]]:
    return [value for name, value in vars(module).items() if name.isupper()]


def test_no_name_is_given_twice_or_left_out() -> None:
    names = [kind.name for module in MODULES for table in tables(module) for kind in table]
    assert sorted(names) == sorted(KINDS)


@pytest.mark.parametrize("module", MODULES, ids=[module.__name__ for module in MODULES])
def test_a_module_of_kinds_is_plain_data(module: ModuleType) -> None:
    body = ast.parse(inspect.getsource(module)).body
    assert [type(node) for node in body[:2]] == [ast.Expr, ast.ImportFrom]
    assert {type(node) for node in body[2:]} == {ast.Assign}
    assert isinstance(ast.get_docstring(ast.Module(body, [])), str)


@every_kind
def test_its_name_is_a_dotted_lower_case_name(kind: Kind) -> None:
    assert NAME.fullmatch(kind.name)
    assert KINDS[kind.name] is kind


@every_kind
def test_it_is_complete(kind: Kind) -> None:
    for field in ("meaning", "looks_like", "causes", "do", "dont", "related"):
        assert getattr(kind, field), field
    assert len(kind.causes) >= 2
    assert len(kind.do) >= 2


@every_kind
def test_its_texts_are_whole_sentences(kind: Kind) -> None:
    for text in (kind.meaning, *kind.causes, *kind.do, *kind.dont):
        assert re.match(r"[A-Z`1-9]", text), text
        assert text.endswith((".", "?")), text
        assert "\n" not in text


@every_kind
def test_its_meaning_is_one_sentence(kind: Kind) -> None:
    assert ". " not in kind.meaning
    assert len(kind.meaning) <= 140


@every_kind
def test_the_first_thing_to_do_fits_in_a_note(kind: Kind) -> None:
    assert len(kind.do[0]) <= 110


@every_kind
def test_its_texts_are_inline_markdown(kind: Kind) -> None:
    for text in texts(kind):
        assert text.count("`") % 2 == 0, text
        prose = LITERAL.sub("", text)
        assert not re.search(r"[<>*|\[\]]|\b_|_\b", prose), text
    assert "|" not in kind.meaning


@every_kind
def test_its_relatives_exist(kind: Kind) -> None:
    assert set(kind.related) <= set(KINDS)
    assert kind.name not in kind.related
    assert len(set(kind.related)) == len(kind.related)


@every_kind
def test_it_spells_products_as_they_spell_themselves(kind: Kind) -> None:
    for text in texts(kind):
        assert not SPELLINGS.search(text), text


@every_kind
def test_it_never_advises_to_weaken_verification(kind: Kind) -> None:
    for advice in kind.do:
        assert not re.search(r"verify=False|check_hostname=False|CERT_NONE|--insecure", advice)


@every_kind
def test_certificate_kinds_warn_of_turning_verification_off(kind: Kind) -> None:
    if kind.name.startswith(("tls.cert.date", "tls.cert.name", "tls.cert.auth", "tls.cert.inv")):
        assert any("verify=False" in warning for warning in kind.dont)


@every_kind
def test_what_may_have_been_processed_is_not_advised_to_be_repeated_blindly(kind: Kind) -> None:
    if kind.delivered == "maybe" and kind.retry == "idempotent":
        assert any("POST" in warning for warning in kind.dont)


@every_kind
def test_its_cross_walk_uses_the_names_of_the_others(kind: Kind) -> None:
    grammar = {
        "curl": r"\d+( \([a-zA-Z ]+\))?",
        "chromium": r"ERR_[A-Z0-9_]+",
        "ooni": r"[a-z]+(_[a-z]+)*",
        "envoy": r"[A-Z]{2,3}",
        "grpc": r"[A-Z]+(_[A-Z]+)*",
    }
    for other, names in kind.also_known_as.items():
        for name in names.split(", "):
            assert re.fullmatch(grammar[other], name), (other, name)


@every_kind
def test_curl_texts_and_exit_codes_agree(kind: Kind) -> None:
    shown = set(CURL_CODE.findall(kind.looks_like.get("curl", "")))
    known = set(re.findall(r"\d+", kind.also_known_as.get("curl", "")))
    if kind.name.startswith(("client.", "config.", "url.", "http.protocol", "http.response.redir")):
        assert not shown or shown & known
    else:
        assert shown <= known


@pytest.mark.skipif(not GLIBC, reason="the texts keyed linux are those of glibc")
@every_kind
def test_its_linux_texts_are_those_of_this_system(kind: Kind) -> None:
    gai_strerror = ctypes.CDLL(None).gai_strerror
    gai_strerror.restype = ctypes.c_char_p
    for number, text in NUMBERED.findall(kind.looks_like.get("linux", "")):
        code = int(number)
        real = os.strerror(code) if code > 0 else gai_strerror(code).decode()
        assert text.strip() == real


def test_only_dns_kinds_need_a_diagnosis() -> None:
    assert {kind.name for kind in ALL if kind.diagnosis_only} == {
        "dns.unreachable",
        "dns.server",
        "dns.blocked",
        "dns.bogus_address",
    }
