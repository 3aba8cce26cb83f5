"""Each world, diagnosed by ringback and then looked at by its peers."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from e2e.census import visited
from e2e.visit import diagnosed


@dataclass(frozen=True, slots=True)
class Met:
    """One world and what was said of it: ringback's report, and each peer's words."""

    world: object
    report: dict
    wall: float
    heard: dict = field(default_factory=dict)
    problem: str = ""


def measured(worlds, peers, jobs, done):
    """Return a ``Met`` for each world, in their order; ``done`` is told each as it comes."""

    def visit(world, site):
        report, said = diagnosed(world, site)
        problem = "" if report else said.err.strip()[-300:] or f"status {said.status}"
        return Met(world, report, said.seconds, _heard(world, site, peers), problem)

    def told(world, met):
        done(_whole(world, met))

    found = visited(worlds, visit, jobs=jobs, done=told)
    return [_whole(world, found[world.name]) for world in worlds]


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
