"""The sorts of readings: by the type of their facts, those that a diagnosis holds of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

from ringback.diagnosis.model import Reading

if TYPE_CHECKING:
    from ringback.diagnosis.model import Stage

FactsT = TypeVar("FactsT", bound=Mapping[str, Any])
FactsT_co = TypeVar("FactsT_co", bound=Mapping[str, Any], covariant=True)
_Sort = TypeVar("_Sort", bound=type[Mapping[str, Any]])

SORTS: Final[dict[type[Mapping[str, Any]], tuple[Stage, str]]] = {}
"""Each type of facts to the stage and the name of its readings.

A connection that was not made is read in any stage above TCP.
"""


def reading(stage: Stage, what: str) -> Callable[[_Sort], _Sort]:
    """Say of a type of facts which readings hold them."""

    def note(sort: _Sort) -> _Sort:
        SORTS[sort] = stage, what
        return sort

    return note


class ReadingOf(Reading, Generic[FactsT_co]):
    """A reading of which it is known what facts it holds; at run time a plain ``Reading``."""

    if TYPE_CHECKING:
        facts: FactsT_co


def readings_of(readings: Iterable[Reading], sort: type[FactsT]) -> list[ReadingOf[FactsT]]:
    """Return the readings of one sort, by the type of their facts; not those that were skipped."""
    layer, what = SORTS[sort]
    return [
        cast("ReadingOf[FactsT]", reading)
        for reading in readings
        if (reading.layer, reading.what) == (layer, what) and reading.state != "skipped"
    ]
