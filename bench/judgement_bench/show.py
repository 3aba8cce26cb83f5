"""One world event by event: the truth beside what was said."""

from judgement_bench.loop import Loop, described
from judgement_bench.score import figures, outages_in, scored
from judgement_bench.world import START


def told(world, judge, *, patient):
    """The lines that tell it."""
    loop = Loop(world, judge, patient=patient)
    said = loop.run()
    yield f"world {world.seed}, {world.until - START:.0f} s, loss {world.loss:.2%}"
    for target in world.targets:
        more = {"resolver": target.resolver, "proxy": target.proxy, "behind": target.machine.behind}
        more |= {"here": target.machine.here, "on link": target.machine.on_link}
        extra = ", ".join(f"{k} {v}" if isinstance(v, str) else k for k, v in more.items() if v)
        yield (
            f"  {target.id:5} {target.host} on {target.machine.name} {target.machine.address},"
            f" every {target.every:g} s, cert {target.cert} {extra}"
        )
    for observer in world.observers:
        yield (
            f"  {observer.id:5} {observer.kind} of {observer.domain}, {observer.site};"
            f" {' '.join(observer.controls) or 'no controls'}; {' '.join(observer.endpoints)}"
        )
    lines = [*_truth(world), *_outage_lines(world, loop.events)]
    lines += [*_looks(loop.events), *_sayings(said)]
    for at, line in sorted(lines, key=lambda pair: pair[0]):
        yield f"{at - START:10.2f}  {line}"
    score = scored(world, loop.events, said)
    for miss in score.misses:
        yield f"MISS {miss.at:.0f} {miss.what}: {miss.detail} ({miss.cause})"
    yield str({name: n for name, n in figures(score)["counts"].items() if n})


def _truth(world):
    for fault in world.faults:
        yield fault.begin, f"TRUTH begins: {described(fault)}"
        if fault.end < world.until:
            yield fault.end, f"TRUTH ends:   {described(fault)}"


def _outage_lines(world, events):
    for outage in outages_in(world, events):
        seen = "never" if outage.seen is None else f"{outage.seen - START:.0f}"
        long = f"{outage.end - outage.begin:.0f} s"
        yield outage.begin, f"OUTAGE of {outage.endpoint}, {long}, first failed look {seen}"


def _looks(events):
    """The failures, and of what an observer finds well only that it changed."""
    before = {}
    for event in events:
        key = event.observer, event.endpoint
        was = before.get(key)
        if not event.ok or was is False or was is None:
            word = "ok" if event.ok else f"FAILS {event.kind or ''}"
            yield event.at, f"    {event.observer} {event.endpoint} {word}"
        before[key] = event.ok


def _sayings(said):
    for n in said.namings:
        of = f"of {', '.join(n.members)} ({n.incident}, message {n.message})"
        yield n.at, f"SAID {n.what} {n.severity} {n.pattern} {n.kind} {of}"
