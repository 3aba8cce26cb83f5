"""What ``ringback run`` leaves in the environment, and what a program makes of it as it starts."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from ringback.client.install import Installed, install
from ringback.retry import Policy, Timeout
from ringback.sink.logging import StreamSink

VARIABLE = "RINGBACK_RUN"
START = Path(__file__).parent / "start"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a program is to run."""

    retry: bool = False  # Try again what may be sent again
    attempts: int = 3  # How many times a call may be tried, with `retry`
    connect: float = 5.0  # Default connect timeout, in seconds
    read: float = 30.0  # Default read timeout, in seconds
    deadline: float = 60.0  # Seconds for a whole call
    patience: float | None = None  # Seconds to wait for the end of an outage; `None`: the default
    log: str | None = None  # File for the events; `None`: stderr; `""`: nowhere
    json: bool = False  # Events as JSON

    def policy(self) -> Policy:
        """Return the policy."""
        timeout = Timeout(self.connect, self.read)
        return Policy(
            attempts=self.attempts,
            timeout=timeout,
            deadline=self.deadline,
            patience=self.patience,
        )


def program_environment(options: RunOptions, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which every Python program starts with ringback in it."""
    path = [str(START), *filter(None, [environ.get("PYTHONPATH")])]
    return {**environ, "PYTHONPATH": os.pathsep.join(path), VARIABLE: json.dumps(asdict(options))}


def install_from_environment(environ: Mapping[str, str] = os.environ) -> Installed:
    """Install ringback as the environment says."""
    options = RunOptions(**json.loads(environ.get(VARIABLE, "{}")))
    log = Path(options.log) if options.log else None
    sinks = [] if options.log == "" else [StreamSink(log, json=options.json)]
    return install(options.policy(), retry=options.retry, sinks=sinks)
