"""What a probe costs this process: schedule, HTTP exchange and health gate; prints JSON.

    python bench/monitor_probes.py [ENDPOINTS [PER_SECOND ...]]

The server is another process on loopback, which answers 200 with a body of 2 bytes. The store and
the incidents are not part of it. ``flat_out``: each look begins when the one before is over.
"""

import asyncio
import contextlib
import json
import multiprocessing
import resource
import socket
import sys
import time
from dataclasses import replace

from machine import machine

from ringback.monitor.endpoint import Endpoint
from ringback.monitor.probe import Surroundings, prober_of
from ringback.monitor.runner import Runner
from ringback.monitor.schedule import FIRST_LOOKS

try:
    from uvloop import new_event_loop
except ImportError:
    from asyncio import new_event_loop

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
SECONDS = 8.0
IN_FLIGHT = 50


class Server(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(ANSWER * data.count(b"\r\n\r\n"))


def serve(port):
    async def run():
        server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0)
        port.send(server.sockets[0].getsockname()[1])
        await asyncio.Event().wait()

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(run())


@contextlib.contextmanager
def server():
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(there,), daemon=True)
    process.start()
    yield here.recv()
    process.terminate()
    process.join()


def endpoints(count, every, port, **options):
    return [
        Endpoint(
            id=f"e{index}",
            name=f"e{index}",
            url=f"http://127.0.0.1:{port}/health?{index}",
            type="http",
            every=every,
            options=options,
        )
        for index in range(count)
    ]


async def scheduled(count, per_second, port, **options):
    seen = []
    runner = Runner(endpoints(count, count / per_second, port, **options), seen.append)
    runner.start()
    await asyncio.sleep(2 * count / per_second + count / FIRST_LOOKS)
    seen.clear()
    cpu, began = time.process_time(), time.perf_counter()
    await asyncio.sleep(SECONDS)
    cpu, took = time.process_time() - cpu, time.perf_counter() - began
    await runner.stop()
    taken = sorted(check.seconds for check in seen if check.seconds is not None)
    return {
        "per_second": round(len(seen) / took),
        "cpu_ms_per_probe": round(cpu / len(seen) * 1000, 4),
        "failed": sum(check.up is False for check in seen),
        "unknown": sum(check.up is None for check in seen),
        "seconds_p50": round(taken[len(taken) // 2], 5),
        "seconds_p99": round(taken[int(len(taken) * 0.99)], 5),
        "lag_max": round(runner.health.lag, 4),
        "skipped": runner.skipped,
    }


async def flat_out(port, **options):
    loop = asyncio.get_running_loop()
    surroundings = Surroundings(loop=loop)
    count = 0
    probers = [prober_of(one, surroundings) for one in endpoints(IN_FLIGHT, 30.0, port, **options)]

    def again(prober):
        def done(check):
            nonlocal count
            count += bool(check.up)
            loop.call_soon(prober.begin, done)

        prober.begin(done)

    for prober in probers:
        again(prober)
    await asyncio.sleep(0.5)
    began, cpu, count = time.perf_counter(), time.process_time(), 0
    await asyncio.sleep(SECONDS / 2)
    rate = count / (time.perf_counter() - began)
    cost = (time.process_time() - cpu) / count * 1000
    for prober in probers:
        prober.close()
    return {"per_second": round(rate), "cpu_ms_per_probe": round(cost, 4)}


@contextlib.contextmanager
def black_hole():
    """A port whose accept queue is full: the kernel drops every further SYN."""
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(3):
            filling = stack.enter_context(socket.socket())
            filling.setblocking(False)
            filling.connect_ex(listening.getsockname())
        yield listening.getsockname()[1]


async def beside_black_holes(count, port):
    """How late looks at ``count`` endpoints begin while as many others never answer."""
    begun = {}
    late = []

    def see(check):
        if check.up:
            now = check.at - check.seconds
            if check.endpoint in begun:
                late.append(abs(now - begun[check.endpoint] - 4.0))
            begun[check.endpoint] = now

    with black_hole() as hole:
        well = endpoints(count, 4.0, port)
        dark = [
            replace(one, id=f"dark-{one.id}", timeout=3.9) for one in endpoints(count, 4.0, hole)
        ]
        runner = Runner([*well, *dark], see, wants_retry=lambda id_: id_.startswith("dark"))
        runner.start()
        await asyncio.sleep(12.0)
        begun.clear()
        late.clear()
        await asyncio.sleep(13.0)
        most = runner.running
        await runner.stop()
    return {
        "endpoints": count,
        "black_holes": count,
        "under_way": most,
        "looks": len(late),
        "late_max": round(max(late), 3),
    }


async def measure(port, count, rates):
    found = {"machine": machine(), "endpoints": count}
    for rate in rates:
        found[f"at {rate}/s"] = await scheduled(count, rate, port)
    found["at 200/s, a new connection each time"] = await scheduled(count, 200, port, fresh_after=1)
    found["flat_out"] = await flat_out(port, fresh_after=1_000_000)
    found["flat_out, a new connection each time"] = await flat_out(port, fresh_after=1)
    found["beside_black_holes"] = await beside_black_holes(1000, port)
    found["memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    return found


if __name__ == "__main__":
    arguments = [int(one) for one in sys.argv[1:]] or [2000, 500, 2000]
    with server() as at, asyncio.Runner(loop_factory=new_event_loop) as run:
        print(json.dumps(run.run(measure(at, arguments[0], arguments[1:])), indent=2))
