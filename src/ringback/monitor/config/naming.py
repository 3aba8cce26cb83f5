"""What an endpoint is called, and the id that is made of its name."""

import re
import unicodedata
from hashlib import sha256

from ringback.failure.target import without_secrets

_SEPARATORS = re.compile(r"[^a-z0-9]+")
MAX_SLUG_LENGTH = 80


def slug(name: str) -> str:
    """Return an id made of a name: lower-case ASCII letters, digits and hyphens.

    The same name always gives the same id, and an id gives itself. Names that differ only in
    letters that ASCII lacks get different ids.
    """
    spread = unicodedata.normalize("NFKD", name.casefold())
    kept = "".join(c for c in spread if not unicodedata.combining(c))
    plain = _SEPARATORS.sub("-", kept).strip("-")
    if (
        len(plain) <= MAX_SLUG_LENGTH
        and plain
        and all(c.isascii() or not c.isalnum() for c in kept)
    ):
        return plain
    mark = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return "-".join(filter(None, (plain[: MAX_SLUG_LENGTH - 9].strip("-"), mark)))


def endpoint_name(name: str, url: str) -> str:
    """Return what people call an endpoint: its name, or else its URL without secrets."""
    return name or without_secrets(url).partition("?")[0]


def endpoint_id(name: str, url: str) -> str:
    return slug(endpoint_name(name, url))
