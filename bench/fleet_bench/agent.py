"""Simulated agents: each is a real one, in a process of its own, but for its probes.

What stands in for them makes up a result of each endpoint in turn, at a rate: an answer over HTTPS
with five phases, an address and a certificate; one in a thousand is refused. Spool, batches,
signature, compression, TLS and what the agent does when its hub is away are the agent's own.
"""

import asyncio
import json
import multiprocessing
import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

from ringback.cli.monitor.up import loop_factory
from ringback.incident.model import CertificateSeen, Check
from ringback.monitor.agent import process
from ringback.monitor.agent.client import HubClient
from ringback.monitor.agent.identity import StateFolder
from ringback.monitor.schedule import Streaks

RATE, MADE, KEPT, WAITING, DROPPED, ENDPOINTS = range(6)  # What an agent and the bench share
FEED_SECONDS = 0.05
REFUSED = 1000  # One result in so many
SAMPLED = 20  # Of so many results the delay of one is noted
DAY = 86400.0


class Feeder:
    """Stands in for the runner: makes results up."""

    def __init__(self, _, on_check, **_named):
        self._on_check, self.streaks = on_check, Streaks()
        self.health, self.checks = SimpleNamespace(lag=0.0), 0
        self._ids, self._places, self._began, self._given = [], {}, time.monotonic(), 0
        chance = random.Random(os.getpid())
        self._spreads = [chance.lognormvariate(0, 0.2) for _ in range(1009)]
        self._at = chance.randrange(10**6)
        self.shared = None

    def configure(self, endpoints, _targets=(), **_named):
        """Check these, as the plan says."""
        self._ids = [endpoint.id for endpoint in endpoints]
        self._places = {id_: place for place, id_ in enumerate(self._ids)}
        until = time.time() // DAY * DAY + 60 * DAY  # every place sees the same
        self._certificates = [
            CertificateSeen(not_after=until + place, issuer="Authority", key=f"{place:064x}")
            for place in range(len(self._ids))
        ]
        if self.shared is not None:
            self.shared[ENDPOINTS] = len(self._ids)

    def start(self):
        """Begin."""
        self._task = asyncio.ensure_future(self._feed())

    async def stop(self):
        """End."""
        self._task.cancel()

    def look_now(self, ids):
        """Check these at once, and find them well."""
        for id_ in ids:
            if id_ in self._places:
                self._give(self._places[id_], well=True)

    def counted(self):
        """What was discarded: nothing."""
        return {"doubted": {}, "skipped": 0}

    async def _feed(self):
        rate, since, given = 0.0, 0.0, 0
        while True:
            await asyncio.sleep(FEED_SECONDS)
            if self.shared[RATE] != rate:
                rate, since, given = self.shared[RATE], time.monotonic(), 0
            due = int((time.monotonic() - since) * rate) if self._ids else 0
            given = max(given, due - int(rate))  # a late loop would have skipped what is older
            for _ in range(due - given):
                self._at += 1
                self._give(self._at % len(self._ids))
            given = due

    def _give(self, place, *, well=False):
        self.checks += 1
        self.shared[MADE] += 1
        spread = self._spreads[self.checks % len(self._spreads)]
        address = f"203.{place >> 16}.{place >> 8 & 255}.{place & 255}"
        if not well and self.checks % REFUSED == 0:
            check = Check(at=time.time(), endpoint=self._ids[place], up=False, seconds=0.001,
                          kind="tcp.refused", address=address,
                          detail="connection refused")  # fmt: skip
        else:
            timings = {"dns": 0.001 * spread, "connect": 0.01 * spread, "tls": 0.02 * spread,
                       "first_byte": 0.05 * spread, "transfer": 0.0004 * spread}  # fmt: skip
            check = Check(at=time.time(), endpoint=self._ids[place], up=True,
                          seconds=0.0814 * spread, timings=timings, status=200, address=address,
                          certificate=self._certificates[place])  # fmt: skip
        self._on_check(check)


class Measured(process.AgentProcess):
    """The agent, which notes when what was acknowledged."""

    def __init__(self, *arguments, shared, **named):
        super().__init__(*arguments, **named)
        self.delays, self._shared, self._runner.shared = [], shared, shared
        shared[ENDPOINTS] = len(self.endpoints)

    async def _acknowledged(self, answer, first, rows, *, again):
        await super()._acknowledged(answer, first, rows, again=again)
        now = time.time()
        self.delays += [(now, now - json.loads(row.body)["at"]) for row in rows[::SAMPLED]]
        self._shared[KEPT] += len(rows)
        self._note()

    def _note(self):
        self._shared[WAITING], self._shared[DROPPED] = self.spool.waiting, self.spool.dropped

    async def _writing(self):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.ended.set)
        while True:
            await asyncio.sleep(process.WRITE_INTERVAL)
            await self._spooled(self.spool.write)
            self._note()

    async def until_ended(self):
        """Run until SIGTERM comes."""
        self.ended = asyncio.Event()
        running = asyncio.ensure_future(self.run())
        await self.ended.wait()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


class Agent:
    """One simulated agent; it sends nothing before it is given a rate."""

    def __init__(self, folder, url, token, ca):
        self.shared = multiprocessing.Array("d", 6, lock=False)
        self._delays, theirs = multiprocessing.Pipe(duplex=False)
        self._process = multiprocessing.Process(
            target=_run, args=(folder, url, token, ca, self.shared, theirs), daemon=True
        )
        self._process.start()
        theirs.close()

    @property
    def pid(self):
        """Its process."""
        return self._process.pid

    def end(self):
        """End it; return when each sampled result was acknowledged, and after how long."""
        self._process.terminate()
        try:
            found = self._delays.recv()
        except EOFError:
            found = []
        self._process.join()
        return found


def _run(folder, url, token, ca, shared, delays):
    process.Runner = Feeder
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    state, client = StateFolder(Path(folder)), HubClient(url, ca=Path(ca))
    identity = client.enrol(token)
    client.close()
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        agent = Measured(identity, state, ca=Path(ca), shared=shared)
        runner.run(agent.until_ended())
    delays.send(agent.delays)
