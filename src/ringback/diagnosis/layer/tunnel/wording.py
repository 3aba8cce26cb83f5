"""Text of strangers, made fit to be shown."""

from __future__ import annotations

MOST = 200
"""Characters of a stranger's text that are kept."""


def printable(data: bytes, most: int = MOST) -> str:
    r"""Return bytes as text: what is not printable ASCII as ``\xNN``, cut."""
    text = "".join(_shown(byte) for byte in data[:most])
    return text[:most]


def _shown(byte: int) -> str:
    if byte in b"\r\n\t":
        return {13: "\\r", 10: "\\n", 9: "\\t"}[byte]
    return chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}"
