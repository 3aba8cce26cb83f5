"""What the rules about TLS and HTTP have in common: a connection opens, and then stands still."""

from ringback.diagnosis.model import Reading, Stage
from ringback.diagnosis.verdict.evidence import Evidence
from ringback.diagnosis.verdict.rule import Finding


def black_hole(
    evidence: Evidence, layer: Stage, failed: Reading | None, stands_still: str
) -> Finding | None:
    """Return that large packets are lost, where small ones pass.

    Args:
        evidence: All readings.
        layer: The stage that stands still, which has tried small packets.
        failed: Its reading; ``None``: it does not stand still.
        stands_still: What of it does, and what is well in small packets.
    """
    small = evidence.first(layer, "small_segments", works=True)
    if small is None or failed is None:
        return None
    return Finding(
        f"Large packets from {evidence.place} are lost on the way: {stands_still} with small "
        "segments (MSS 536).",
        (failed, small),
        kind=failed.kind,
    )


def is_unheard(failed: Reading) -> bool:
    """Return whether the other side's kernel has not received what was sent (``TCP_INFO``).

    Args:
        failed: A reading with what the kernel says of its connection.
    """
    return bool(failed.facts.get("unacked") or failed.facts.get("retransmits"))
