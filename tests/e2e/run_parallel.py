"""Many worlds at the same time."""

from concurrent.futures import ThreadPoolExecutor, as_completed

JOBS = 8
"""Worlds in which everything answers that stand at the same time; the others wait beside them."""


def run_parallel(worlds, visit, *, jobs=None, done=None):
    """Build each world and call ``visit(world, site)`` in it; return what it returned, by name.

    Args:
        worlds: Which.
        visit: What to do there; an exception is returned in place of a result.
        jobs: How many worlds stand at the same time; ``JOBS``, or all that are silent.
        done: Is called with each world and its result as soon as it is there.
    """
    results = {}
    jobs = jobs or max(JOBS, sum(world.silent for world in worlds))
    with ThreadPoolExecutor(jobs) as pool:
        # Those that wait for what does not answer come first: the others go on beside them.
        order = sorted(worlds, key=lambda world: -world.limit)
        waiting = {pool.submit(_visited, world, visit): world for world in order}
        for future in as_completed(waiting):
            world = waiting[future]
            results[world.name] = future.result()
            if done:
                done(world, results[world.name])
    return {world.name: results[world.name] for world in worlds}


def _visited(world, visit):
    try:
        with world.made() as site:
            return visit(world, site)
    except Exception as error:  # noqa: BLE001 - one world that fails must not end the others
        return error
