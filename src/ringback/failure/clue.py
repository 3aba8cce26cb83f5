"""What one exception of a chain, or one place of a text, says; and how much that is worth."""

from typing import Final, Literal, NamedTuple

from ringback.failure.model import AddressFailure, Phase
from ringback.failure.names import KindName

EXACT = 100
"""A number or a code that means only this: errno, EAI, verification result, TLS reason."""
SPECIFIC = 80
"""A class or a sentence of a library that means only this."""
TEXT = 60
"""An operating system's or library's wording without its number."""
UMBRELLA = 40
"""A class that covers a few kinds: read timeout, TLS error."""
GENERIC = 20
"""A class that covers many kinds: cannot connect."""
BARE = 10
"""A class that is raised for everything: ``TimeoutError``, ``CancelledError``."""
NO_RANK = 0
"""A wrapper: it only tells how far the call had come."""

TIMEOUT: Final = "timeout"
"""A timeout whose kind depends on the phase it happened in; ``settle`` resolves it."""

ClueKind = KindName | Literal["timeout"]
"""What a clue may name: a kind, or ``TIMEOUT``."""


class Clue(NamedTuple):
    """What one node says."""

    kind: ClueKind | None  # The kind it names, `TIMEOUT`, or `None` for a mere wrapper
    rank: int = NO_RANK  # How much it is worth, `EXACT` to `NOTHING`
    phase: Phase = "unknown"  # How far the call had come, as far as this node knows
    proxy: bool = False  # It speaks of the proxy, not of the target
    # Symbolic code (`ECONNREFUSED`, `EAI_NONAME`, `CERTIFICATE_VERIFY_FAILED`)
    code: str | None = None
    addresses: tuple[AddressFailure, ...] = ()  # The end of each address tried
    needs_socket: bool = False  # It counts only beside a sign that a socket was meant
    final: bool = False  # Nothing below it can say more


NO_CLUE = Clue(None)
