"""The ``Idempotency-Key``: lets a server recognise a request that is sent again."""

from collections.abc import Collection, MutableMapping
from typing import Any
from uuid import uuid4

from ringback.client.call import IDEMPOTENT_METHODS
from ringback.client.origin import origin_of

HEADER = "Idempotency-Key"
"""draft-ietf-httpapi-idempotency-key-header."""

_OURS = "ringback-"


def add_key(
    headers: MutableMapping[str, Any], method: str, url: str, named: bool | Collection[str]
) -> None:
    """Give a request its key, where its origin is named; take ours away where it is not.

    A key stays the same over all attempts of a call; one of ours does not follow a redirect to an
    origin that is not named.

    Args:
        headers: Of the request; changed in place.
        method: HTTP method.
        url: Where the request goes.
        named: Origins that honour keys; ``True``: every one.
    """
    wanted = method not in IDEMPOTENT_METHODS and _is_named(url, named)
    present = headers.get(HEADER)
    if wanted and present is None:
        headers[HEADER] = f"{_OURS}{uuid4()}"
    elif not wanted and isinstance(present, str) and present.startswith(_OURS):
        del headers[HEADER]


def _is_named(url: str, named: bool | Collection[str]) -> bool:
    if isinstance(named, bool):
        return named
    origin = origin_of(url)
    return any(origin == origin_of(one) for one in named)
