"""Client integrations: what connects ringback with the HTTP libraries.

What stands above is registered here instead of being imported: a diagnosis uses the clients, and a
client whose call is given up may want one.
"""

TYPE_CHECKING = False  # type checkers take it for typing's, which is slow to load

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_registered: "list[Callable[..., Any]]" = []


def register_diagnosis(diagnose: "Callable[..., Any]") -> None:
    """Let calls that are given up be diagnosed by a function, where their policy asks for that."""
    _registered[:] = [diagnose]


def registered_diagnosis() -> "Callable[..., Any]":
    """Return the function that was registered; ``ringback`` does so when it is imported."""
    return _registered[0]
