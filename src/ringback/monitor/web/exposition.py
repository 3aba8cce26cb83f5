"""Metrics as Prometheus reads them: the text format, version 0.0.4."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_LONGEST: Final = 200  # characters of a label's value
_ESCAPES: Final = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One value.

    Attributes:
        value: The number.
        labels: Name to value.
    """

    value: float
    labels: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A metric with its values.

    Attributes:
        name: What it is called.
        help: What it says, in one line.
        samples: Its values; without any it is left out.
        type: Of which type it is.
    """

    name: str
    help: str
    samples: Iterable[Sample]
    type: Literal["gauge", "counter"] = "gauge"


def gauge(name: str, meaning: str, value: float, **labels: str) -> Family:
    """Return a metric with one value.

    Args:
        name: What it is called.
        meaning: What it says.
        value: The number.
        labels: Name to value.
    """
    return Family(name=name, help=meaning, samples=(Sample(value=value, labels=labels),))


def counter(name: str, meaning: str, value: float) -> Family:
    """Return a metric with one value that only grows.

    Args:
        name: What it is called.
        meaning: What it says.
        value: The number.
    """
    samples = (Sample(value=value, labels={}),)
    return Family(name=name, help=meaning, samples=samples, type="counter")


def exposition(families: Iterable[Family]) -> str:
    """Return metrics as text.

    Args:
        families: The metrics.
    """
    lines: list[str] = []
    for family in families:
        name = family.name
        values = [f"{name}{_labels(one.labels)} {_number(one.value)}" for one in family.samples]
        if values:
            lines.append(f"# HELP {name} {family.help}")
            lines.append(f"# TYPE {name} {family.type}")
            lines += values
    return "\n".join(lines) + "\n"


def _labels(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    told = (f'{name}="{value[:_LONGEST].translate(_ESCAPES)}"' for name, value in labels.items())
    return f"{{{','.join(told)}}}"


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) else repr(float(value))
