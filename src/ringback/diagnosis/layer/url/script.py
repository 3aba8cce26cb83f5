"""Letters that look like others."""

from __future__ import annotations

import unicodedata
from typing import Final

_TWINS: Final = {
    "CYRILLIC": ("аесорхуіјѕһԁԛԝӏкѵ", "aecopxyijshdqwlkv"),
    "GREEK": ("αγικνορτυχω", "ayikvoptuxw"),
    "ARMENIAN": ("ոսցօհզյ", "nugohqj"),
    "CHEROKEE": ("ꭰꭱꭲꭺꮃꮤꮪꮯ", "drtglwsc"),
}
"""Script to its letters that are taken for Latin ones, and those they are taken for."""

_LATIN: Final = str.maketrans(
    "".join(letters for letters, _ in _TWINS.values()),
    "".join(latin for _, latin in _TWINS.values()),
)


def taken_for(host: str) -> str | None:
    """Return the name in Latin letters that a host may be taken for; ``None``: none.

    A label that mixes Latin with another script that has letters of the same shape, or that
    consists of such letters only below a top level in Latin (Unicode Technical Standard 39,
    section 5).
    """
    labels = host.split(".")
    among_latin = labels[-1].isascii()
    deceiving = [_mixes(one) or (among_latin and _passes(one)) for one in labels]
    if not any(deceiving):
        return None
    return ".".join(
        _latin(label) if deceives else label
        for label, deceives in zip(labels, deceiving, strict=True)
    )


def _mixes(label: str) -> bool:
    scripts = _scripts(label)
    return "LATIN" in scripts and bool(scripts & set(_TWINS))


def _passes(label: str) -> bool:
    return bool(_scripts(label) & set(_TWINS)) and _latin(label).isascii()


def _latin(label: str) -> str:
    return label.lower().translate(_LATIN)


def _scripts(label: str) -> set[str]:
    return {unicodedata.name(c, "").split(" ", 1)[0] for c in label if c.isalpha()}
