"""An agent: probes by the plan of its hub, spools what it finds, sends it, and does as it is told.

Theory of operation
===================

    Runner ──check──→ Spool ──batch──→ HubClient ──→ hub
       ↑                                   │
       └── plan, look_now ─────────────────┘

The runner is the monitor's own: schedule, probes, streaks, controls and the gate of its own health.
Nothing is judged here. While the hub is away everything goes on by the last plan, which is on disk,
and what is found waits in the spool.

The spool is on a disk, which may hang: a thread of its own writes and reads it (``_spooled``), and
checks go on.

Two loops ask the hub, each over a connection of its own, in threads that may be left behind at the
end. *Reporting*: whatever waits is sent within ``SEND_INTERVAL``, a failure at once, and without
anything the state of health every ``SEND_SECONDS``. What was sent is forgotten when the hub has
acknowledged it, and sent again until then; numbers make that harmless. *The plan*: a request that
the hub answers when there is something to say.

After a time without the hub there are two streams: what comes from now on goes first, and beside
each of its batches one of what waits. So the hub knows at once how things are now, and yesterday
follows. What was suspect before is begun anew then: the hub has not followed, and learns by fast
checks whether it is down.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ringback import __version__
from ringback.incident.prober import ProberTick, ProberWatch
from ringback.monitor.agent.client import HubClient, HubProblem
from ringback.monitor.agent.spool import Spool
from ringback.monitor.diagnosing import diagnosed_endpoint
from ringback.monitor.fleet.protocol import (
    MAX_CONTROLS,
    MAX_RESULTS,
    MAX_SEQUENCE,
    POLL_SECONDS,
    SEND_SECONDS,
    endpoint_of_plan,
    result_record,
)
from ringback.monitor.runner import Runner, RunnerSettings
from ringback.retry import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ringback.incident.model import Check
    from ringback.monitor.agent.identity import AgentIdentity, StateFolder
    from ringback.monitor.agent.spool import Row
    from ringback.monitor.model import Endpoint

SEND_INTERVAL: Final = 1.0  # Seconds that a success waits for others
WRITE_INTERVAL: Final = 0.2  # Seconds after which a result is on disk
SPLIT_RESULTS: Final = 2 * MAX_RESULTS  # So many that wait are sent after what is new
AWAY_SECONDS: Final = 30.0  # Seconds after which the hub has not followed
TOLD_INTERVAL: Final = 60.0  # Seconds between two lines about the same sort of problem
END_TIMEOUT: Final = 3.0  # Seconds that the end waits for the hub
_MAX_DIAGNOSES: Final = 2  # That are made at the same time
_MALFORMED: Final = frozenset({400, 413, 422})  # Statuses of what will never be taken
_BACKOFF: Final = Backoff(base=1.0, cap=15.0)

log = logging.getLogger("ringback")

T = TypeVar("T")


class AgentRemovedError(Exception):
    """Raised where the hub does not know this agent any more."""


class AgentProcess:
    """One agent; to be made and used in one event loop."""

    def __init__(
        self,
        identity: AgentIdentity,
        state: StateFolder,
        *,
        ca: Path | None = None,
        secure: bool = True,
    ) -> None:
        self._identity, self._state = identity, state
        self.spool = Spool(state.spool)
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="ringback-spool")
        self._client, self._poller = (
            HubClient(identity.hub, ca=ca),
            HubClient.for_plan(identity.hub, ca),
        )
        self._secure = secure  # Whether credentials may be asked for
        self._controls: dict[str, Check] = {}  # The newest of each that was not sent
        self._watch = ProberWatch()
        self._sick: dict[str, Any] | None = None
        self._wake = asyncio.Event()
        self._split: int | None = None  # Number from which results are new; `None`: all are
        self._live = 0  # Number after the newest of them that was acknowledged
        self._unsure: dict[int, int] = {}  # First to last number of what may have been kept
        self._reported_at = time.monotonic()
        self._told_at: dict[str, float] = {}  # When a problem was told, by the hub's word for it
        self._limit = MAX_RESULTS  # Results of the next batch at most
        self._diagnoses: dict[str, dict[str, Any]] = {}  # Incident to a report that was not sent
        self._diagnosing: set[asyncio.Task[None]] = set()
        self._revision = ""
        self._runner = Runner(
            (),
            self._on_check,
            on_control=self._on_control,
            on_tick=self._on_tick,
            settings=RunnerSettings(vantage=identity.name),
        )
        self.endpoints: tuple[Endpoint, ...] = ()
        kept = state.plan()
        if kept is not None:
            self._use(*kept)

    async def run(self, ready: Callable[[int], None] = lambda _: None) -> None:
        """Watch until it is cancelled; then what was found is on disk, or sent."""
        self._runner.start()
        try:
            ready(len(self.endpoints))
            async with asyncio.TaskGroup() as group:
                for loop in (self._writing, self._reporting, self._following):
                    group.create_task(loop())
        except BaseExceptionGroup as raised:  # not `except*`: what is raised in it is a group again
            removed, others = raised.split(AgentRemovedError)
            if removed is None or others is not None:
                raise
            raise removed.exceptions[0] from None
        finally:
            await self._runner.stop()
            for task in self._diagnosing:
                task.cancel()
            await self._spooled(self.spool.write)
            with contextlib.suppress(HubProblem, TimeoutError, AgentRemovedError):
                async with asyncio.timeout(END_TIMEOUT):
                    await self._report()
            await self._spooled(self.spool.close)
            self._disk.shutdown(wait=False)

    async def _spooled(self, call: Callable[[], T]) -> T:
        """Have done what touches the disk, in the order in which it is asked for.

        It is done also for one who no longer waits: at the end of an agent, what its hub has
        acknowledged would be sent again, and taken for that of another machine.
        """
        loop = asyncio.get_running_loop()
        return await asyncio.shield(loop.run_in_executor(self._disk, call))

    # What comes of checks.

    def _on_check(self, check: Check) -> None:
        self.spool.add(check)
        if check.up is False:
            self._wake.set()

    def _on_control(self, check: Check) -> None:
        self._controls[check.endpoint] = check
        if check.up is False:
            self._wake.set()

    def _on_tick(self, tick: ProberTick) -> None:
        match self._watch.see(tick):
            case "sick":
                evidence, advice = self._watch.evidence[:3], self._watch.advice
                self._sick = {"evidence": list(evidence), "advice": list(advice)}
            case "well":
                self._sick = None

    async def _writing(self) -> None:
        while True:
            await asyncio.sleep(WRITE_INTERVAL)
            await self._spooled(self.spool.write)

    # The reports.

    async def _reporting(self) -> None:
        failures = 0
        while True:
            full = self.spool.waiting >= MAX_RESULTS and not failures
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.0 if full else _pause(failures)):
                    await self._wake.wait()
            if failures and self._wake.is_set():  # it says so when the time has come
                await asyncio.sleep(_pause(failures))
            quiet = time.monotonic() - self._reported_at
            if self._idle and not (failures or self._wake.is_set()) and quiet < SEND_SECONDS:
                continue
            self._wake.clear()
            try:
                await self._report()
            except HubProblem as problem:
                self._tell(problem)
                failures += 1
                continue
            if failures:
                log.info("ringback: the hub takes results again: %d wait", self.spool.waiting)
            failures = 0

    @property
    def _idle(self) -> bool:
        return not self.spool.waiting and not self._controls

    def _tell(self, problem: HubProblem) -> None:
        """Say it at once, and again while it lasts: some problems no waiting ends."""
        if problem.reason in {"removed", "unknown"}:
            raise AgentRemovedError(str(problem)) from None
        now = time.monotonic()
        if now - self._told_at.get(problem.reason, float("-inf")) >= TOLD_INTERVAL:
            self._told_at[problem.reason] = now
            log.warning("ringback: %s; %d results wait here", problem, self.spool.waiting)

    async def _report(self) -> None:
        """Send one batch of what is new, and one of what has waited, where there is such."""
        away = time.monotonic() - self._reported_at > AWAY_SECONDS
        if self._split is None and self.spool.waiting > SPLIT_RESULTS:
            self._split = self._live = self.spool.next
        if self._split is None:
            await self._send(0, MAX_SEQUENCE)
        else:
            await self._send(self._live, MAX_SEQUENCE)
            if not await self._send(0, self._split):
                self._split = None
        self._reported_at = time.monotonic()
        if away:
            self._runner.look_now(self._runner.streaks.begin_anew())

    async def _send(self, first: int, before: int) -> int:
        spool, rows = await self._spooled(
            lambda: (self.spool.id, self.spool.batch(first, before, self._limit))
        )
        # Without results it is about number 0, which there is not: the next one is still to come.
        first, last = (first, rows[-1].n) if rows else (0, 0)
        controls = list(self._controls.values())[:MAX_CONTROLS]
        reports = list(self._diagnoses.values())[:1]
        document = {
            "agent": self._identity.id,
            "spool": spool,
            "sent_at": time.time(),
            "from": first,
            "to": last,
            "health": self._health(len(rows)),
            "control": [result_record(check) for check in controls],
            "diagnoses": reports,
        }
        bodies = [row.body for row in rows]
        again = any(begin <= last and first <= end for begin, end in self._unsure.items())
        if rows:
            self._unsure[rows[0].n] = last
        try:
            answer = await _in_thread(lambda: self._client.report(self._identity, document, bodies))
        except HubProblem as problem:
            if problem.status in _MALFORMED:
                self._diagnoses.clear()
                await self._leave_out(first, rows, problem)
            raise
        for check in controls:
            if self._controls.get(check.endpoint) is check:
                del self._controls[check.endpoint]
        for report in reports:
            self._diagnoses.pop(report["incident"], None)
        await self._acknowledged(answer, first, rows, again=again)
        return len(rows)

    async def _leave_out(self, first: int, rows: list[Row], problem: HubProblem) -> None:
        """Send fewer at a time, so that what the hub will never take holds up nothing else."""
        self._limit = max(1, len(rows) // 8) if rows else MAX_RESULTS
        if len(rows) == 1:
            log.error("ringback: a result is left out, the hub does not take it: %s", problem)
            await self._spooled(lambda: self.spool.acknowledged(first, rows[0].n, rows))
            self.spool.dropped += 1

    async def _acknowledged(self, answer: Any, first: int, rows: list[Row], *, again: bool) -> None:
        if rows and answer.get("ack") != rows[-1].n:
            raise HubProblem("the hub acknowledges what was not sent")
        of_this_process = rows and rows[0].n >= self.spool.began
        if answer.get("repeated") and of_this_process and not again:
            log.error("ringback: another machine has sent results with this agent's numbers")
            await self._spooled(self.spool.begin_anew)
            return
        if rows:
            last = rows[-1].n
            await self._spooled(lambda: self.spool.acknowledged(first, last, rows))
            self._unsure = {b: end for b, end in self._unsure.items() if not first <= b <= last}
            if self._split is not None and rows[-1].n >= self._split:
                self._live = rows[-1].n + 1
        self._limit = MAX_RESULTS
        self._obey(answer)

    def _health(self, sent: int) -> dict[str, Any]:
        runner, spool = self._runner, self.spool
        health: dict[str, Any] = {
            "version": __version__,
            "endpoints": len(self.endpoints),
            "checks": runner.checks,
            "waiting": max(spool.waiting - sent, 0),
            "dropped": spool.dropped,
            "set_aside": spool.set_aside,
            "lag": runner.health.lag,
            **runner.counted(),
        }
        return health if self._sick is None else {**health, "sick": self._sick}

    # The plan, and what is to be done.

    async def _following(self) -> None:
        failures = 0
        while True:
            try:
                wait = POLL_SECONDS if self._revision else 0.0
                answer = await _in_thread(
                    lambda wait=wait: self._poller.plan(  # type: ignore[misc]  # of the default
                        self._identity, self._revision, wait=wait, secure=self._secure
                    )
                )
                await self._take(answer)
                failures = 0
            except HubProblem as problem:
                self._tell(problem)
                failures += 1
                await asyncio.sleep(_pause(failures))

    async def _take(self, answer: Any) -> None:
        plan = answer.get("plan")
        if plan is not None:
            try:
                self._use(str(answer["revision"]), plan)
            except (LookupError, TypeError, ValueError, OSError) as error:
                raise HubProblem(f"the plan of the hub cannot be used: {error}"[:300]) from None
            try:
                await _in_thread(lambda: self._state.keep_plan(str(answer["revision"]), plan))
            except OSError as error:
                log.error("ringback: the plan cannot be kept: %s", error.strerror)
        self._obey(answer)

    def _use(self, revision: str, plan: Any) -> None:
        paths = self._state.keep_files(plan["files"])
        endpoints = tuple(endpoint_of_plan(item, paths) for item in plan["endpoints"])
        controls = tuple(endpoint_of_plan(item, paths) for item in plan["controls"])
        self._runner.configure(endpoints, controls, turn=float(plan["turn"]))
        if plan["omitted"]:
            log.warning(
                "ringback: %d endpoints have credentials and are left out without TLS: %s",
                len(plan["omitted"]), ", ".join(plan["omitted"][:10]),
            )  # fmt: skip
        self.endpoints, self._revision = endpoints, revision
        log.info("ringback: a plan is in use; endpoints: %d", len(endpoints))

    def _obey(self, answer: Any) -> None:
        self._runner.look_now(map(str, answer.get("look_now") or ()))
        for wanted in answer.get("diagnose") or ():
            endpoints = {endpoint.id: endpoint for endpoint in self.endpoints}
            endpoint = endpoints.get(wanted.get("endpoint"))
            if endpoint is not None and len(self._diagnosing) < _MAX_DIAGNOSES:
                task = asyncio.ensure_future(self._diagnose(str(wanted["incident"]), endpoint))
                self._diagnosing.add(task)
                task.add_done_callback(self._diagnosing.discard)

    async def _diagnose(self, incident: str, endpoint: Endpoint) -> None:
        try:
            report = await _in_thread(lambda: diagnosed_endpoint(endpoint))
        except Exception:
            log.exception("ringback: %s cannot be diagnosed", endpoint.id)
            return
        self._diagnoses[incident] = {"incident": incident, "report": report}
        self._wake.set()


def _pause(failures: int) -> float:
    if failures:
        return 0.5 + _BACKOFF.delay(failures, random.random())  # noqa: S311 - many shall not come at once
    return SEND_INTERVAL


async def _in_thread(function: Callable[[], T]) -> T:
    """Call what blocks, in a thread that does not hold up the end of the program."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(found: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(found)  # type: ignore[arg-type]  # what the function gave

    def run() -> None:
        found, failed = None, None
        try:
            found = function()
        except BaseException as error:  # noqa: BLE001 - raised where it is awaited
            failed = error
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, found, failed)

    threading.Thread(target=run, name="ringback-hub", daemon=True).start()
    return await future
