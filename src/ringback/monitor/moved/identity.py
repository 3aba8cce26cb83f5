"""By what a service is known again, at another port."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

TRAITS = {
    "key": "certificate key",
    "answer": "answer",
    "banner": "banner",
    "server": "Server header",
}
"""Field to what people call it, the most telling first."""

_TELLING = 16
"""Bytes of a body that no other service has by chance."""

_SHORTEST_BANNER = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What is known of a service; ``""`` is not known.

    Attributes:
        key: SHA-256 of its certificate's public key.
        answer: HTTP status and, where it is always the same, SHA-256 of the body, after a space.
        size: Bytes of that body.
        banner: What it says first, as far as that is always the same.
        server: The header ``Server``.
    """

    key: str = ""
    answer: str = ""
    size: int = 0
    banner: str = ""
    server: str = ""

    def __bool__(self) -> bool:
        """Whether it can be known again at all."""
        return any(getattr(self, name) for name in TRAITS)

    def steady(self, later: Identity) -> Identity:
        """Return what two looks at the same service have in common.

        Args:
            later: The other look.
        """
        same_answer = self.answer == later.answer
        return replace(
            later,
            answer=later.answer if same_answer else later.answer.partition(" ")[0],
            size=later.size if same_answer else 0,
            banner=_common(self.banner, later.banner),
            server=later.server if self.server == later.server else "",
        )

    def known_again(self, seen: Identity) -> Recognition:
        """Return in what another service is like this one.

        Args:
            seen: The other.
        """
        known = [name for name in TRAITS if getattr(self, name)]
        matched = tuple(name for name in known if self._matches(name, seen))
        differs = frozenset(known) - frozenset(matched)
        decides = frozenset(self._deciding(matched))
        contradicted = differs & {"key", "answer", "banner"}
        return Recognition(
            matched=matched, known=len(known), certain=bool(decides) and not contradicted
        )

    def _matches(self, name: str, seen: Identity) -> bool:
        mine, other = str(getattr(self, name)), str(getattr(seen, name))
        if name == "banner":
            return other.startswith(mine)
        if name == "answer" and " " not in mine:
            return other.partition(" ")[0] == mine
        return mine == other

    def _deciding(self, matched: tuple[str, ...]) -> Iterator[str]:
        """Those of the traits that no other service has by chance."""
        for name in matched:
            long_enough = {
                "key": True,
                "banner": len(self.banner) >= _SHORTEST_BANNER,
                "answer": self._answers_well and (self.size >= _TELLING or "server" in matched),
            }
            if long_enough.get(name):
                yield name

    @property
    def _answers_well(self) -> bool:
        """Whether there is a body, and it is no page that every server has for errors."""
        return " " in self.answer and self.answer < "4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """In what a service is like another.

    Attributes:
        matched: Names of the traits.
        known: How many traits could have matched.
        certain: Whether it is the same one.
    """

    matched: tuple[str, ...]
    known: int
    certain: bool

    @property
    def confidence(self) -> float:
        """0 to 1: more for more traits, less where some differ."""
        if not self.certain:
            return 0.0
        return min(0.95, 0.5 + 0.15 * len(self.matched)) * len(self.matched) / self.known


def _common(first: str, second: str) -> str:
    for place, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return first[:place]
    return min(first, second, key=len)
