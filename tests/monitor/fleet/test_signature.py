"""Signatures of agents: those of the standards, and whatever is not exactly ours is refused."""

import base64

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ringback.monitor.fleet.signature import (
    SignatureProblem,
    digest_field,
    new_key,
    public_key,
    signature_base,
    signed_fields,
    signed_request,
)

KEY = new_key()
PATH = "/api/v1/agent/results"


def fields(method="POST", target=PATH, content=b"{}", **more):
    given = {"key": KEY, "key_id": "a-1", "now": 1000.9} | more
    return {
        name.lower(): value
        for name, value in signed_fields(method, target, content, **given).items()
    }


def test_the_example_of_rfc_9421_with_ed25519_is_signed_as_it_is_there():
    """Appendix B.2.6, with the key of B.1.4."""
    key = load_pem_private_key(
        b"-----BEGIN PRIVATE KEY-----\n"
        b"MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n"
        b"-----END PRIVATE KEY-----\n",
        None,
    )
    values = {
        "date": "Tue, 20 Apr 2021 02:07:55 GMT",
        "@method": "POST",
        "@path": "/foo",
        "@authority": "example.com",
        "content-type": "application/json",
        "content-length": "18",
    }
    parameters = (
        '("date" "@method" "@path" "@authority" "content-type" "content-length")'
        ';created=1618884473;keyid="test-key-ed25519"'
    )
    signature = key.sign(signature_base(values, parameters))

    assert base64.b64encode(signature).decode() == (
        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
    )


def test_the_example_of_rfc_9530_has_its_digest():
    content = b'{"hello": "world"}\n'

    assert digest_field(content) == "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"


@pytest.mark.parametrize(
    ("method", "target", "content"),
    [("POST", PATH, b"x"), ("GET", "/api/v1/agent/plan?since=a&wait=1", b""), ("GET", "/a", b"")],
)
def test_who_has_the_key_signs_and_who_has_not_does_not(method, target, content):
    signed = signed_request(method, target, content, fields(method, target, content))

    signed.verify(KEY.public_key())
    assert (signed.key_id, signed.created) == ("a-1", 1000)
    with pytest.raises(SignatureProblem, match="not by the key"):
        signed.verify(new_key().public_key())


@pytest.mark.parametrize(
    ("method", "target", "content"),
    [("PUT", PATH, b"{}"), ("POST", f"{PATH}?a=1", b"{}"), ("POST", "/api/v1/agents", b"{}")],
)
def test_a_request_that_was_changed_is_not_signed(method, target, content):
    signed = signed_request(method, target, content, fields())

    with pytest.raises(SignatureProblem, match="not by the key"):
        signed.verify(KEY.public_key())


def test_another_content_is_not_that_of_the_digest():
    with pytest.raises(SignatureProblem, match="Content-Digest"):
        signed_request("POST", PATH, b"{ }", fields())


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("signature-input", 'alg="ed25519"', 'alg="hmac-sha256"'),
        ("signature-input", ' "content-digest"', ""),
        ("signature-input", '"@method" "@path"', '"@path" "@method"'),
        ("signature-input", 'tag="ringback-agent"', 'tag="other"'),
        ("signature-input", "created=1000", "created=1000.9"),
        ("signature-input", "agent=", "agent=x, agent="),
        ("signature", "=:", "=: :"),
        ("signature", "agent=", "other="),
    ],
)
def test_another_form_is_not_taken(name, before, after):
    given = fields()
    assert before in given[name]

    with pytest.raises(SignatureProblem, match="is not signed over"):
        signed_request("POST", PATH, b"{}", given | {name: given[name].replace(before, after)})


@pytest.mark.parametrize("text", ["", "x", "AAAA", "=" * 44, "ü" * 10])
def test_what_is_no_key_is_said(text):
    with pytest.raises(SignatureProblem, match="not an Ed25519 public key"):
        public_key(text)
