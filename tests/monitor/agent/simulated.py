"""An agent and its hub in one process: time, network, disk thread and checks are simulated.

What is real is both of them: the agent's loops and its spool, the hub's fleet and its store.
Nothing waits: where all wait for a time, that time comes at once.
"""

import asyncio
import itertools
import json
import selectors
import shutil
from concurrent.futures import Future
from contextlib import suppress
from types import SimpleNamespace

from monitor.fleet.hubs import Hub, T
from pydantic import ValidationError

from ringback.incident.model import Check
from ringback.monitor.agent.client import HubProblem
from ringback.monitor.agent.identity import AgentIdentity, StateFolder
from ringback.monitor.agent.process import AgentProcess, AgentRemovedError
from ringback.monitor.fleet.agents import AgentRefused
from ringback.monitor.fleet.protocol import RESULTS
from ringback.monitor.fleet.signature import (
    new_key,
    private_key,
    private_text,
    public_text,
    signed_fields,
    signed_request,
)
from ringback.monitor.store.sqlite import SQLiteStore

EVERY = 5.0
"""Seconds between two checks of an endpoint."""


class Timeline(selectors.DefaultSelector):
    """Where nothing has come, the time that is waited for has."""

    def __init__(self):
        super().__init__()
        self.now = 0.0

    def select(self, timeout=None):
        found = super().select(0)
        if not found:
            assert timeout is not None, "all wait for each other"
            self.now += timeout
        return found


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose time passes when nothing else is to be done."""

    def __init__(self):
        self._timeline = Timeline()
        super().__init__(self._timeline)

    def time(self):
        return self._timeline.now


class Disk:
    """A thread that does what it is given at once, or after so many seconds."""

    seconds = 0.0

    def __init__(self, *_, **__):
        pass

    def submit(self, call, *given):
        future = Future()
        if self.seconds:
            asyncio.get_running_loop().call_later(self.seconds, self._do, future, call, given)
        else:
            self._do(future, call, given)
        return future

    def _do(self, future, call, given):
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(call(*given))
        except Exception as error:  # noqa: BLE001 - raised where it is awaited
            future.set_exception(error)

    def shutdown(self, **_):
        pass


async def in_loop(call):
    found = call()
    return await found if asyncio.iscoroutine(found) else found


class Runner:
    """Has both endpoints checked again and again, as the world is."""

    world = None

    def __init__(self, _, on_check, *, settings, **__):
        self._on_check, self._place = on_check, settings.vantage
        self._endpoints, self._task, self.checks = (), None, 0
        self.health = SimpleNamespace(lag=0.0)
        self.streaks = SimpleNamespace(begin_anew=list)
        self.looked = []

    def counted(self):
        return {"skipped": 0, "doubted": {}}

    def configure(self, endpoints, _, *, turn):
        self._endpoints = endpoints

    def look_now(self, ids):
        self.world.asked += [(self._place, id_) for id_ in ids]

    def start(self):
        self._task = asyncio.ensure_future(self._run())

    async def _run(self):
        while True:
            for endpoint in self._endpoints:
                self.checks += 1
                up = (self._place, endpoint.id) not in self.world.failing
                kind = None if up else "tcp.refused"
                check = Check(at=self.world.clock(), endpoint=endpoint.id, up=up, kind=kind)
                self.world.made.append((self._place, endpoint.id, round(check.at - T, 3)))
                self._on_check(check)
            await asyncio.sleep(EVERY)

    async def stop(self):
        self._task.cancel()


class Client:
    """The way to the hub, as an agent has it: requests are signed, and none is packed."""

    world = None

    def __init__(self, *_, **__):
        pass

    @classmethod
    def for_plan(cls, *_):
        return cls()

    async def report(self, identity, document, bodies):
        await asyncio.sleep(self.world.latency)
        fleet, agent = self._reached(identity, "POST", "/api/v1/agent/results")
        try:
            batch = RESULTS.validate_json(
                json.dumps(document)[:-1] + f', "results": [{",".join(bodies)}]}}'
            )
            self.world.refuse(batch)
            repeated = fleet.take(agent, batch, f"at-{identity.key[:8]}")
            await fleet.kept()
        except ValidationError as error:
            raise HubProblem(str(error), status=400, reason="malformed") from None
        except AgentRefused as refused:
            raise HubProblem(refused.detail, status=refused.status, reason=refused.reason) from None
        self.world.received.append([(r["endpoint"], r["at"] - T) for r in batch["results"]])
        if identity.id in self.world.unanswered:
            raise HubProblem("it does not answer")
        return {"ack": batch["to"], "repeated": repeated, **fleet.commands_for(agent)}

    async def plan(self, identity, since, *, wait, secure):
        fleet, agent = self._reached(identity, "GET", "/api/v1/agent/plan")
        if fleet.revision(agent, secure=secure) == since:
            await fleet.wait_for_commands(agent, wait)
            self._reached(identity, "GET", "/api/v1/agent/plan")
        revision = fleet.revision(agent, secure=secure)
        plan = None if revision == since else json.loads(fleet.plan(agent, secure=secure))
        return {"revision": revision, "plan": plan, **fleet.commands_for(agent)}

    def _reached(self, identity, method, target):
        world = self.world
        if world.hub is None or identity.id in world.cut:
            raise HubProblem("it is not reached")
        now = world.clock() + world.ahead
        key = private_key(identity.key)
        fields = signed_fields(method, target, b"", key=key, key_id=identity.id, now=now)
        request = signed_request(method, target, b"", {n.lower(): v for n, v in fields.items()})
        try:
            return world.hub.fleet, world.hub.fleet.authenticate(request)
        except AgentRefused as refused:
            raise HubProblem(refused.detail, status=refused.status, reason=refused.reason) from None


class World:
    """A hub, its agents, and what is done to them; made within its event loop."""

    def __init__(self, folder):
        self._folder, self._numbers = folder, itertools.count()
        self._began = asyncio.get_running_loop().time()
        self.failing = set()  # Of places and endpoints
        self.cut, self.unanswered = set(), set()  # Agents by id
        self.latency = 0.0  # Seconds of a report
        self.ahead = 0.0  # Seconds of the clocks of agents
        self.made, self.asked, self.received, self.incidents = [], [], [], {}
        self.agents, self.refuse = [], lambda batch: None
        self.hub = self._ticking = None
        self.begin_hub()

    def clock(self):
        return T + asyncio.get_running_loop().time() - self._began

    def begin_hub(self):
        self.hub = Hub(SQLiteStore(self._folder / "hub.db"), self.clock)
        self._ticking = asyncio.ensure_future(self._tick(self.hub))

    async def _tick(self, hub):
        while True:
            await asyncio.sleep(1.0)
            hub.fleet.tick(self.clock())
            hub.core.processor.tick()
            self.incidents |= {known.id: known for known in hub.engine.incidents()}

    def end_hub(self):
        """Have it no more, with all that it had in memory."""
        if self.hub is not None:
            self._ticking.cancel()
            self.hub.store.close()
            self.hub = None

    def agent(self, name, state=None):
        """Enrol one and start it, with what is in a folder already."""
        _, token = self.hub.fleet.add(name, f"net/{name}")
        key = new_key()
        known = self.hub.fleet.enrol(token, public_text(key))
        identity = AgentIdentity(
            id=known.id, name=name, domain=known.domain, hub="", key=private_text(key), token=""
        )
        return Agent(self, identity, state or StateFolder(self.next_folder()))

    def next_folder(self):
        return self._folder / f"agent-{next(self._numbers)}"

    def kept(self):
        """Place, endpoint and time of all that is in the history."""
        return sorted(
            (check.vantage, check.endpoint, round(check.at - T, 3))
            for id_ in ("shop", "blog")
            for check in self.hub.store.checks(id_, 0, T * 2, limit=10**6)
        )


class Agent:
    """One that runs, until it is ended or killed."""

    def __init__(self, world, identity, state):
        self._world, self._state, self.identity = world, state, identity
        self.process = AgentProcess(identity, state)
        self.task = asyncio.ensure_future(self.process.run())
        world.agents.append(self)

    async def end(self):
        self.task.cancel()
        with suppress(asyncio.CancelledError, AgentRemovedError):
            await self.task

    async def again(self):
        """End it, and start it with what it has on disk."""
        await self.end()
        return Agent(self._world, self.identity, self._state)

    def copied(self):
        """Return the folder of another machine, with what is on disk here at this moment."""
        folder = self._world.next_folder()
        shutil.copytree(self._state.path, folder)
        return StateFolder(folder)

    async def killed(self):
        """Start another with what is on disk at this moment: of this one nothing more is heard."""
        state = self.copied()
        was_cut = self.identity.id in self._world.cut
        self._world.cut.add(self.identity.id)
        await self.end()
        if not was_cut:
            self._world.cut.discard(self.identity.id)
        return Agent(self._world, self.identity, state)

    async def drained(self):
        while self.process.spool.waiting:
            await asyncio.sleep(1.0)


def simulate(scenario, folder, monkeypatch):
    """Run a scenario, a coroutine function that is given a world."""

    async def main():
        world = World(folder)
        monkeypatch.setattr(Runner, "world", world)
        monkeypatch.setattr(Client, "world", world)
        time = SimpleNamespace(time=world.clock, monotonic=asyncio.get_running_loop().time)
        for name, value in {
            "time": time,
            "random": SimpleNamespace(random=lambda: 0.5),
            "ThreadPoolExecutor": Disk,
            "_in_thread": in_loop,
            "Runner": Runner,
            "HubClient": Client,
        }.items():
            monkeypatch.setattr(f"ringback.monitor.agent.process.{name}", value)
        # Nobody makes a diagnosis: that would be over the real network.
        monkeypatch.setattr(type(world.hub.engine), "needs_diagnosis", lambda _: ())
        try:
            await scenario(world)
        finally:
            for agent in world.agents:
                with suppress(Exception):
                    await agent.end()
                agent.process.spool._database.close()
            world.end_hub()

    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(main())
