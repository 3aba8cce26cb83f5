"""The process of a remote client: a line in, one call, its nanoseconds out.

A few calls go before the one that is measured: else it would pay for the switch of processes.
"""

import json
import sys
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from client_bench.interleave import reason, sample
from client_bench.row import Bench
from client_bench.site import Site

BEFORE = 3


def main(client, site):
    """Open a client, say so, and call it for each line of standard input."""
    module, _, name = client.partition(":")
    with ExitStack() as stack:
        try:
            make = getattr(import_module(module), name)
            call = stack.enter_context(make(Bench(Site(**json.loads(site)), 0.0, Path())))
            call()
        except Exception as error:  # noqa: BLE001 - a peer may raise anything; it is named
            print(reason(error), flush=True)
            return
        print("ready", flush=True)
        for _ in sys.stdin:
            for _ in range(BEFORE):
                call()
            print(json.dumps(sample(call, 1)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
