"""Each world, diagnosed by ringback and then looked at by its peers."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from e2e.judge import misses
from e2e.run_parallel import run_parallel
from e2e.run_scenario import diagnosed


@dataclass(frozen=True, slots=True)
class Met:
    """One world and what was said of it: ringback's report, and each peer's words.

    ``first`` is the visit before, where that one was wrong: this one was made with no other beside
    it.
    """

    world: object
    report: dict
    wall: float
    heard: dict = field(default_factory=dict)
    problem: str = ""
    first: "Met | None" = None


def measured(worlds, peers, jobs, done):
    """Return a ``Met`` for each world, in their order; ``done`` is told each as it comes.

    A world that is diagnosed wrongly is visited once more by itself.
    """

    def visit(world, site):
        report, said = diagnosed(world, site)
        problem = "" if report else said.err.strip()[-300:] or f"status {said.status}"
        return Met(world, report, said.seconds, _heard(world, site, peers), problem)

    def told(world, met):
        done(_whole(world, met))

    found = run_parallel(worlds, visit, jobs=jobs, done=told)
    met = [_whole(world, found[world.name]) for world in worlds]
    return [_again(each) if misses(each.world, each.report) else each for each in met]


def _again(met):
    def visit(world, site):
        report, said = diagnosed(world, site)
        return replace(met, report=report, wall=said.seconds, problem=said.err[-300:], first=met)

    came = run_parallel([met.world], visit)[met.world.name]
    if isinstance(came, Exception):
        return replace(met, report={}, problem=repr(came), first=met)
    return came


def _whole(world, met):
    return Met(world, {}, 0.0, problem=repr(met)) if isinstance(met, Exception) else met


def _heard(world, site, peers):
    asked = [peer for peer in peers if peer.speaks(world)]
    if not asked:
        return {}
    with ThreadPoolExecutor(len(asked)) as pool:
        answers = [(peer.name, pool.submit(peer.ask, world, site)) for peer in asked]
        # A tool that did not start, on a machine too busy, has said nothing of this world.
        return {name: said.result() for name, said in answers if said.exception() is None}
