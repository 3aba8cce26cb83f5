"""In which order addresses are tried."""

from collections.abc import Mapping, Sequence
from itertools import chain, zip_longest

from ringback.client.dial.address import AddrInfo

_NONE: Mapping[str, float] = {}


def in_order(found: Sequence[AddrInfo], avoided: Mapping[str, float] = _NONE) -> list[AddrInfo]:
    """Return addresses in the order to try them: RFC 8305, section 4.

    The resolver's order (RFC 6724), but with the families in turn, each address once, and those
    that failed lately last.

    Args:
        found: As resolved.
        avoided: IP addresses to put last, the one that failed first first.
    """
    if len(found) == 1:
        return list(found)
    families: dict[int, list[AddrInfo]] = {}
    last: dict[str, AddrInfo] = {}
    for address in dict.fromkeys(found):
        if address[4][0] in avoided:
            last[address[4][0]] = address
        else:
            families.setdefault(address[0], []).append(address)
    turns = chain.from_iterable(zip_longest(*families.values()))
    return [one for one in turns if one] + [last[ip] for ip in avoided if ip in last]
