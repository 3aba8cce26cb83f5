"""Ids made of names."""

import re
import unicodedata
from hashlib import sha256

_ODD = re.compile(r"[^a-z0-9]+")
LONGEST = 80


def slug(name: str) -> str:
    """Return an id made of a name: lower-case ASCII letters, digits and hyphens.

    The same name always gives the same id, and an id gives itself. Names that differ only in
    letters that ASCII lacks get different ids.

    Args:
        name: What people call it, or a URL.
    """
    spread = unicodedata.normalize("NFKD", name.casefold())
    kept = "".join(c for c in spread if not unicodedata.combining(c))
    plain = _ODD.sub("-", kept).strip("-")
    if len(plain) <= LONGEST and plain and all(c.isascii() or not c.isalnum() for c in kept):
        return plain
    mark = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return "-".join(filter(None, (plain[: LONGEST - 9].strip("-"), mark)))
