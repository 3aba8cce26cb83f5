"""Recognisers: classes that say more than their name, one file per family."""

from collections.abc import Callable
from typing import Any

from ringback.failure.reading import Reading
from ringback.failure.recognise import http, proxy, secure, system

Recogniser = Callable[[Any, Reading], Reading]

RECOGNISERS: dict[str, Recogniser] = {
    **system.RECOGNISERS,
    **secure.RECOGNISERS,
    **http.RECOGNISERS,
    **proxy.RECOGNISERS,
}
"""Class name → function of the exception and of what its name alone says."""
