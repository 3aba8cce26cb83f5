import pytest

from ringback.incident.model import Check
from ringback.monitor.health import Clocks, MonitorHealth


class Machine:
    """Clocks that are set by hand."""

    def __init__(self):
        self.monotonic, self.wall, self.boottime, self.free = 1000.0, 1.7e9, 5000.0, 900
        self.jumps = 0
        self.health = MonitorHealth(
            clocks=Clocks(
                monotonic=lambda: self.monotonic,
                wall=lambda: self.wall,
                boottime=lambda: self.boottime,
            ),
            free=lambda: self.free,
            on_jump=self.jumped,
        )
        self.health.inspect()

    def jumped(self):
        self.jumps += 1

    def passes(self, seconds, *, wall=None, boottime=None):
        self.monotonic += seconds
        self.wall += seconds if wall is None else wall
        self.boottime += seconds if boottime is None else boottime

    def well_for(self, seconds):
        for _ in range(round(seconds * 10)):
            self.passes(0.1)
            self.health.inspect()

    def gate(self, check, began, ended=None):
        return self.health.gate(check, began, self.monotonic if ended is None else ended)


@pytest.fixture
def machine():
    return Machine()


def failed(**given):
    return Check(
        at=0.0,
        endpoint="e",
        up=False,
        **{"kind": "tcp.timed_out", "seconds": 1.0, "detail": "silence", **given},
    )


def test_a_failure_while_the_event_loop_was_late_is_unknown(machine):
    began = machine.monotonic
    machine.well_for(1)
    machine.passes(0.8)
    machine.health.inspect()

    check = machine.gate(failed(), began)

    assert check.up is None
    assert check.kind == "tcp.timed_out"
    assert "the event loop was 0.7 s late" in check.detail
    assert "silence" in check.detail
    assert machine.health.doubted == {"lag": 1}
    assert machine.health.lag == pytest.approx(0.7)


def test_a_success_remains_one_but_its_time_is_not_known(machine):
    began = machine.monotonic
    machine.passes(2.0)
    success = Check(at=0.0, endpoint="e", up=True, seconds=2.0, timings={"connect": 2.0})

    check = machine.gate(success, began)

    assert (check.up, check.seconds, check.timings) == (True, None, {})
    assert machine.health.doubted == {}


def test_what_came_before_and_after_is_believed(machine):
    before = machine.monotonic
    machine.well_for(1)
    ended_before = machine.monotonic - 0.2
    machine.passes(2.0)
    machine.health.inspect()
    machine.well_for(1)
    began_after = machine.monotonic
    machine.well_for(1)

    assert machine.gate(failed(), before, ended_before).up is False
    assert machine.gate(failed(), began_after).up is False


@pytest.mark.parametrize("jump", [-3600.0, 7.0])
def test_a_clock_that_is_set(machine, jump):
    began = machine.monotonic
    machine.passes(0.1, wall=0.1 + jump)
    machine.health.inspect()

    check = machine.gate(failed(), began)

    assert check.up is None
    assert f"the clock was set by {jump:+.1f} s" in check.detail
    assert machine.jumps == 1
    assert machine.health.doubted == {"clock": 1}


def test_after_a_suspend_the_network_gets_time(machine):
    machine.passes(0.1, wall=600.0, boottime=600.0)
    machine.health.inspect()
    machine.well_for(2)
    early = machine.monotonic
    machine.well_for(6)
    late = machine.monotonic
    machine.well_for(1)

    assert machine.jumps == 1
    assert "suspended for 600 s" in machine.gate(failed(), early, early + 0.1).detail
    assert machine.gate(failed(), late).up is False


@pytest.mark.parametrize(
    ("kind", "free", "cause", "said"),
    [
        ("dns.temporary_failure", 3, "descriptors", "only 3 descriptors were free"),
        ("client.resources_exhausted", 900, "descriptors", "out of descriptors"),
        ("client.local_address", 900, "ports", "out of local ports"),
    ],
)
def test_what_this_machine_lacks_blames_nobody(machine, kind, free, cause, said):
    machine.free = free
    machine.well_for(6)

    check = machine.gate(failed(kind=kind), machine.monotonic - 0.1)

    assert (check.up, check.kind) == (None, kind)
    assert said in check.detail
    assert machine.health.doubted == {cause: 1}


def test_a_tick_counts_the_checks_since_the_last(machine):
    began = machine.monotonic
    machine.well_for(1)
    machine.gate(failed(), began)
    machine.passes(0.8)
    machine.health.inspect()
    machine.gate(failed(), began)
    machine.gate(failed(kind="client.local_address"), machine.monotonic)
    machine.gate(Check(at=0.0, endpoint="e", up=True), began)
    tick = machine.health.tick()

    assert (tick.at, tick.checks) == (machine.wall, 4)
    assert tick.discarded == {"lag": 1, "ports": 1}
    assert tick.lag == pytest.approx(0.7)
    again = machine.health.tick()
    assert (again.checks, again.discarded, again.lag, again.busy) == (0, {}, 0.0, "")
    assert machine.health.lag == pytest.approx(0.7)
