"""What may be written to a terminal, and how."""


def plain(text: str) -> str:
    r"""Return the text with what could drive a terminal escaped, as ``\x1b``.

    Also what changes the direction of writing. A tab becomes two blanks.
    """
    text = text.replace("\t", "  ")
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def counted(count: int, word: str) -> str:
    """Return a number of things in words: ``1 endpoint``, ``2 endpoints``."""
    return f"{count} {word}{'s' * (count != 1)}"
