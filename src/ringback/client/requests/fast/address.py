"""URLs that mean the same before and after requests has prepared them."""

import re
from typing import NamedTuple

# Lower case, no user, no IPv6, no international name; every character as RFC 3986 wants it, so
# that quoting it again changes nothing: percent-encoded is only what must be, in upper case.
_ESCAPE = "%(?:[0189A-F][0-9A-F]|2[0-9A-CF]|3[A-F]|40|5[B-E]|60|7[BCDF])"
_PATH = r"A-Za-z0-9\-._~!$&'()*+,;=:@/"
_QUERY = rf"[{_PATH}?]*(?:{_ESCAPE}[{_PATH}?]*)*"
_URL = re.compile(
    r"((https?)://([a-z0-9][a-z0-9._-]*)(?::([1-9][0-9]{0,4}))?)"
    rf"(/[{_PATH}]*(?:{_ESCAPE}[{_PATH}]*)*)(\?(?!\Z){_QUERY})?"
).fullmatch
_SEARCH = re.compile(_QUERY).fullmatch


class Address(NamedTuple):
    """A plain URL, in parts.

    Attributes:
        url: The whole.
        origin: Scheme, host and port, as they are written.
        scheme: ``http`` or ``https``.
        host: In lower case.
        port: ``None`` where it is not said.
        path: As in the URL.
        query: With its question mark; ``""``: none.
    """

    url: str
    origin: str
    scheme: str
    host: str
    port: int | None
    path: str
    query: str

    @property
    def target(self) -> str:
        """What the request line asks for (RFC 9112, section 3.2.1)."""
        return self.path + self.query


def address(url: object) -> Address | None:
    """Return the parts of a URL that preparing leaves as it is; ``None`` for any other.

    Args:
        url: Anything that may have been given as a URL.
    """
    if type(url) is not str or (match := _URL(url)) is None:
        return None
    origin, scheme, host, port, path, query = match.groups()
    number = int(port) if port else None
    if "/." in path or (number and number > 65535):  # dot segments are removed
        return None
    return Address(url, origin, scheme, host, number, path, query or "")


def with_parameters(plain: Address, encoded: object) -> str | None:
    """Return a URL with encoded parameters added; ``None`` where they need quoting.

    Args:
        plain: The URL.
        encoded: As ``PreparedRequest._encode_params`` returns them.
    """
    if encoded == "":
        return plain.url
    if type(encoded) is not str or not _SEARCH(encoded):
        return None
    return f"{plain.url}{'&' if plain.query else '?'}{encoded}"
