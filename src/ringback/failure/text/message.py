"""What the message of one exception says, by the rules for texts."""

from ringback.failure.reading import SILENT, Reading
from ringback.failure.text.choice import choose
from ringback.failure.text.explain import findings_in
from ringback.failure.text.fold import fold
from ringback.failure.text.rules.other import OTHER


def read_message(class_name: str, message: str) -> Reading:
    """What the words say; silent where no rule knows them."""
    best = choose(findings_in(fold(f"{class_name}: {message}")))
    if best is None or best.reading.kind in {OTHER, "unknown"}:
        return SILENT
    return best.reading
