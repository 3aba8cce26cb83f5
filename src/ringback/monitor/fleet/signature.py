"""Signed requests of agents: HTTP message signatures (RFC 9421) with a content digest (RFC 9530).

One profile of them, and nothing else is taken: Ed25519 over method, path, query and the digest of
the content as it is sent. There is then no algorithm to choose and no component to leave out.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

COMPONENTS: Final = ("@method", "@path", "@query", "content-digest")
TAG: Final = "ringback-agent"
LABEL: Final = "agent"

_COVERED: Final = "(" + " ".join(f'"{name}"' for name in COMPONENTS) + ")"
_PARAMETERS: Final = re.compile(
    re.escape(f"{LABEL}=")
    + "("
    + re.escape(_COVERED)
    + r';created=([0-9]{1,12});nonce="([A-Za-z0-9_-]{16,64})"'
    + r';keyid="([a-z0-9-]{1,64})";alg="ed25519";tag="'
    + re.escape(TAG)
    + r'")'
)
_SIGNATURE: Final = re.compile(re.escape(f"{LABEL}=") + r":([A-Za-z0-9+/]{86}==):")


class SignatureProblem(Exception):  # noqa: N818 - named for what is wrong
    """Raised for a request that is not signed as it must be; the text is one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """What a request says of who signed it; nothing of it holds before ``verify``."""

    key_id: str  # The agent's id
    created: int  # When it was signed, in seconds since 1970 UTC by the agent's clock
    nonce: str  # Another one in each request
    base: bytes  # What was signed
    signature: bytes

    def verify(self, key: Ed25519PublicKey) -> None:
        try:
            key.verify(self.signature, self.base)
        except InvalidSignature:
            raise SignatureProblem("the signature is not by the key of this agent") from None


def digest_field(content: bytes) -> str:
    """Return the field Content-Digest of a content."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"


def signature_base(values: Mapping[str, str], parameters: str) -> bytes:
    """Return what is signed (RFC 9421 2.5), of each covered component its value."""
    lines = [f'"{name}": {value}' for name, value in values.items()]
    return "\n".join([*lines, f'"@signature-params": {parameters}']).encode()


def _base(method: str, target: str, digest: str, parameters: str) -> bytes:
    path, _, query = target.partition("?")
    values = (method, path, f"?{query}", digest)
    return signature_base(dict(zip(COMPONENTS, values, strict=True)), parameters)


def signed_fields(
    method: str, target: str, content: bytes, *, key: Ed25519PrivateKey, key_id: str, now: float
) -> dict[str, str]:
    """Return the fields that sign a request; ``target``: its path and query."""
    digest = digest_field(content)
    parameters = (
        f'{_COVERED};created={int(now)};nonce="{secrets.token_urlsafe(18)}"'
        f';keyid="{key_id}";alg="ed25519";tag="{TAG}"'
    )
    signature = key.sign(_base(method, target, digest, parameters))
    return {
        "Content-Digest": digest,
        "Signature-Input": f"{LABEL}={parameters}",
        "Signature": f"{LABEL}=:{base64.b64encode(signature).decode()}:",
    }


def signed_request(
    method: str, target: str, content: bytes, fields: Mapping[str, str]
) -> SignedRequest:
    """Read who is said to have signed a request; raises ``SignatureProblem``."""
    digest = fields.get("content-digest", "")
    if digest != digest_field(content):
        raise SignatureProblem("Content-Digest is not the SHA-256 of the content")
    found = _PARAMETERS.fullmatch(fields.get("signature-input", ""))
    signature = _SIGNATURE.fullmatch(fields.get("signature", ""))
    if found is None or signature is None:
        raise SignatureProblem(f"the request is not signed over {_COVERED} with Ed25519")
    parameters, created, nonce, key_id = found.groups()
    return SignedRequest(
        key_id=key_id,
        created=int(created),
        nonce=nonce,
        base=_base(method, target, digest, parameters),
        signature=base64.b64decode(signature[1]),
    )


def new_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def private_text(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.private_bytes_raw()).decode()


def private_key(text: str) -> Ed25519PrivateKey:
    """Return the key of its text; raises ``ValueError``."""
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text, validate=True))


def public_text(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def public_key(text: str) -> Ed25519PublicKey:
    """Return the key of its text; raises ``SignatureProblem``."""
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error):
        raise SignatureProblem("the key is not an Ed25519 public key in base64") from None
