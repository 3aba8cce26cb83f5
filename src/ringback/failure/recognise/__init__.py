"""Recognisers: classes that say more than their name, one file per family."""

from collections.abc import Callable
from typing import Any

from ringback.failure.clue import Clue
from ringback.failure.recognise import drivers, http, system

Recogniser = Callable[[Any, Clue], Clue]

RECOGNISERS: dict[str, Recogniser] = {
    **system.SYSTEM_RECOGNISERS,
    **system.TLS_RECOGNISERS,
    **http.HTTP_RECOGNISERS,
    **http.PROXY_RECOGNISERS,
    **drivers.DRIVER_RECOGNISERS,
}
"""Class name → function of the exception and of what its name alone says."""
