"""The one exception for all addresses that failed."""

from collections.abc import Sequence
from typing import NamedTuple

from ringback.client.dial.address import AddrInfo, written
from ringback.failure.recognise.system import kind_of_attempt, most_telling

_MOST_NOTES = 10


class Attempt(NamedTuple):
    """How the attempt on one address ended."""

    address: AddrInfo
    error: OSError


def verdict(attempts: Sequence[Attempt]) -> OSError:
    """Return the most telling of several errors, with what became of each address.

    An answer beats silence, and silence beats no route; of equals the first counts. The error has
    ``connect_attempts``, pairs of address and number, which ``ringback.classify`` reads, and with
    several addresses a note for each.

    Args:
        attempts: At least one.
    """
    kinds = [kind_of_attempt(written(one.address), one.error.errno) for one in attempts]
    lead = attempts[kinds.index(most_telling(kinds))].error
    lead.__dict__["connect_attempts"] = tuple(
        (written(one.address), one.error.errno) for one in attempts
    )
    if len(attempts) > 1:
        for address, error in attempts[:_MOST_NOTES]:
            lead.add_note(f"{written(address)}: {error.strerror or error}")
    return lead
