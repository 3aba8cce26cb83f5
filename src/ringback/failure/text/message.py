"""What the message of one exception says, by the rules for texts."""

from ringback.failure.reading import SILENT, Reading


def read_message(class_name: str, message: str) -> Reading:
    """What the words say; silent where no rule knows them."""
    return SILENT
