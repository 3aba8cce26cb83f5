"""A batch as it is sent (version 1, see ``docs/how-to/report-your-calls.md``)."""

import json
import socket
import sys
from pathlib import Path
from time import time

from ringback.sink.report.outbox import Parcel
from ringback.sink.report.run import Run

VERSION = 1


def body_of(parcel: Parcel, program: str, dropped: int) -> bytes:
    """Return the body of the request.

    Args:
        parcel: The entries, in the order in which they happened.
        program: What the program is called.
        dropped: Calls that were never reported, since the last batch that was taken.
    """
    batch = {
        "version": VERSION,
        "id": parcel.id,
        "sent_at": time(),
        "program": program,
        "host": socket.gethostname(),
        "dropped": dropped,
        "events": [one.entry() if isinstance(one, Run) else one for one in parcel.entries],
    }
    return json.dumps(batch, separators=(",", ":"), default=str).encode()


def program_name() -> str:
    """Return what this program is called: its script, or its package."""
    script = Path(sys.argv[0] if sys.argv else "")
    name = script.parent.name if script.name == "__main__.py" else script.name
    return name if name not in {"", "-c", "-m"} else "python"
