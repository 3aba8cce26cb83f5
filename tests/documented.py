"""What the reference says of the readings."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "readings.md"


def readings():
    """The words of each reading's row, by stage and reading."""
    found, stage = {}, ""
    for line in PAGE.read_text("utf-8").splitlines():
        if line.startswith("## "):
            stage = line[3:]
        elif row := re.match(r"\| `(\w+)` \|", line):
            found[stage, row[1]] = set(re.findall(r"`([\w-]+)`", line))
    # "as of tcp": neighbours and proxies are connected to like the target
    for reading in (("neighbours", "connect"), ("tls", "connection"), ("http", "connection")):
        found[reading] |= found["tcp", "connect"]
    return found


def undocumented(diagnosis):
    """The readings of a diagnosis, and their facts, that the reference does not name."""
    known = readings()
    places = [(reading.layer, reading.what) for reading in diagnosis.readings]
    missing = [f"{layer}/{what}" for layer, what in places if (layer, what) not in known]
    return missing + [
        f"{reading.layer}/{reading.what}: {fact}"
        for reading in diagnosis.readings
        for fact in set(reading.facts) - known.get((reading.layer, reading.what), set())
    ]
