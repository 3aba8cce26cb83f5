"""The figures over all worlds, as JSON and as a table."""

import statistics

from e2e.judge import misses, summary
from reliability import lines, reliability

from diagnose_bench.facts import facts_of
from diagnose_bench.peers import Curl, shape, tells

MAX_SECONDS = 10.0
"""Seconds no diagnosis may exceed."""

CONFIDENT = 0.8
"""Confidence from which on a wrong verdict counts as confident and wrong."""

SURE = 0.9
"""Confidence of verdicts whose rate is told apart."""


def cause_right(world, report):
    """Whether kind and cause are right, and everything that must be named is."""
    wrong = misses(world, report)
    return not [word for word in wrong if not word.startswith(("layer", "where"))]


def layer_right(world, report):
    """Whether the broken layer is right."""
    return bool(report) and report["verdict"]["layer"] in world.expected.layers


def falsely_broken(world, report):
    """Whether a healthy world is called broken; "unknown" is wrong as well, but blames nobody."""
    called = report["verdict"]["kind"] if report else "unknown"
    return world.expected.healthy is True and called not in {"healthy", "unknown"}


def falsely_healthy(world, report):
    """Whether a broken world is called healthy."""
    called = report["verdict"]["kind"] if report else "unknown"
    return world.expected.healthy is False and called == "healthy"


def confident_and_wrong(world, report):
    """Whether a wrong cause is given with confidence."""
    if not report or cause_right(world, report):
        return False
    return report["verdict"]["confidence"] >= CONFIDENT


def rate(figures):
    """Share of the worlds whose cause was right at once or by itself."""
    return figures["cause_right"] / (figures["worlds"] or 1)


def facts(met, peers):
    """Everything that was found, as a JSON object."""
    figures = _figures(met)
    return {
        "figures": figures,
        "goals": _goals(figures),
        "peers": [_ringback(met), *(_peer(met, peer) for peer in peers)],
        "worlds": [_world(visit) for visit in met],
    }


def _figures(met):
    def names(test):
        return [visit.world.name for visit in met if test(visit.world, visit.report)]

    return {
        "worlds": len(met),
        "cause_right_at_once": sum(cause_right(e.world, (e.first or e).report) for e in met),
        "cause_right": len(names(cause_right)),
        "wrong_once": [e.world.name for e in met if e.first and not misses(e.world, e.report)],
        "wrong_twice": [e.world.name for e in met if e.first and misses(e.world, e.report)],
        "sure": _sure(met),
        "layer_right": len(names(layer_right)),
        "where_right": len([e for e in met if _place_right(e)]),
        "falsely_broken": names(falsely_broken),
        "falsely_healthy": names(falsely_healthy),
        "confident_and_wrong": names(confident_and_wrong),
        "without_report": names(lambda _, report: not report),
        "answered": _times([visit for visit in met if not visit.world.silent]),
        "silent": _times([visit for visit in met if visit.world.silent]),
        "over_their_time": [e.world.name for e in met if e.report and _seconds(e) > e.world.limit],
        "reliability": reliability(
            (e.report["verdict"]["confidence"], cause_right(e.world, e.report))
            for e in met
            if e.report
        ),
        "over_the_limit": [e.world.name for e in met if e.report and _seconds(e) > MAX_SECONDS],
        "not_met_by_curl": [e.world.name for e in met if _unmet(e)],
        "without_fact": [e.world.name for e in _broken(met) if not facts_of(e.world)],
    }


def _sure(met):
    said = [e for e in met if e.report and e.report["verdict"]["confidence"] >= SURE]
    return {"said": len(said), "right": sum(cause_right(e.world, e.report) for e in said)}


def _unmet(each):
    """Whether curl ends otherwise than it does in a world that truly has its fault."""
    curl = each.heard.get(Curl.name)
    return bool(curl and each.world.curl) and curl.status not in each.world.curl


def _place_right(each):
    wrong = misses(each.world, each.report)
    return not [miss for miss in wrong if miss.startswith(("where", "no report"))]


def _seconds(each):
    return each.report["elapsed"]


def _times(met):
    seconds = [_seconds(visit) for visit in met if visit.report]
    if not seconds:
        return {"worlds": len(met), "median": None, "worst": None}
    return {"worlds": len(met), "median": statistics.median(seconds), "worst": max(seconds)}


def _goals(figures):
    count = figures["worlds"] or 1
    goals = (
        ("right cause ≥ 95 %", figures["cause_right"] / count >= 0.95),
        ("right layer ≥ 99 %", figures["layer_right"] / count >= 0.99),
        ("nothing confident and wrong", not figures["confident_and_wrong"]),
        ("no healthy world called broken", not figures["falsely_broken"]),
        ("no broken world called healthy", not figures["falsely_healthy"]),
        ("answered ≤ 1 s, silent ≤ 6 s", not figures["over_their_time"]),
        ("never over 10 s", not figures["over_the_limit"]),
    )
    return [{"goal": text, "met": bool(met)} for text, met in goals]


def _broken(met):
    return [visit for visit in met if visit.world.expected.healthy is False]


def _ringback(met):
    broken = _broken(met)
    return {
        "name": "ringback diagnose",
        "worlds": len(broken),
        "holds_fact": sum(cause_right(visit.world, visit.report) for visit in broken),
        "messages": len({shape(e.report["verdict"]["summary"]) for e in broken if e.report}),
        "median": statistics.median([_seconds(e) for e in broken if e.report] or [0.0]),
    }


def _peer(met, peer):
    heard = [(visit, visit.heard[peer.name]) for visit in _broken(met) if peer.name in visit.heard]
    return {
        "name": peer.name,
        "worlds": len(heard),
        "holds_fact": sum(tells(each.world, said.text) for each, said in heard),
        "messages": len({shape(said.message) for _, said in heard}),
        "median": statistics.median([said.seconds for _, said in heard] or [0.0]),
    }


def _world(each):
    found = _said(each) | {
        "wall": round(each.wall, 3),
        "problem": each.problem,
        "peers": {name: said.message for name, said in each.heard.items()},
    }
    if each.report:
        found |= {"verdict": each.report["verdict"], "elapsed": _seconds(each)}
    if each.first:
        found["first"] = _said(each.first)
    return found


def _said(each):
    return {
        "name": each.world.name,
        "misses": misses(each.world, each.report),
        "said": summary(each.report) if each.report else each.problem,
    }


_NAMED = (
    "wrong_once",
    "wrong_twice",
    "falsely_broken",
    "falsely_healthy",
    "confident_and_wrong",
    "over_their_time",
    "not_met_by_curl",
    "without_fact",
)


def table(report):
    """The report as text."""
    return "\n".join((*_machine(report), *_own(report), *_wrong(report), *_told(report)))


def _machine(report):
    found = report["machine"]
    yield (
        f"Python {found['python']}, {found['system']}, {found['cores']} cores of {found['cpu']},"
        f" {report['jobs']} worlds at a time\n"
    )


def _own(report):
    figures = report["figures"]
    count = figures["worlds"]
    for name in ("cause_right_at_once", "cause_right", "layer_right", "where_right"):
        right = figures[name]
        yield f"{name.replace('_', ' '):28}{right:>5} of {count}  {right / (count or 1):.1%}"
    sure = figures["sure"]
    yield f"{f'said at {SURE} and more':28}{sure['said']:>5} worlds  {sure['right']} right"
    for name in ("answered", "silent"):
        times = figures[name]
        if times["median"] is not None:
            told = f"median {times['median']:.2f} s, worst {times['worst']:.2f} s"
            yield f"{name:28}{times['worlds']:>5} worlds  {told}"
    for name in _NAMED:
        yield f"{name.replace('_', ' '):28}{len(figures[name]):>5}  {' '.join(figures[name])}"
    yield "\nverdicts"
    yield from lines(figures["reliability"])
    yield ""
    for goal in report["goals"]:
        yield f"  {'met' if goal['met'] else 'NOT MET':9}{goal['goal']}"
    yield ""


def _wrong(report):
    for world in report["worlds"]:
        if first := world.get("first"):
            yield f"  {world['name']}: {'; '.join(first['misses'])}"
            yield f"      {first['said']}"[:400]
            again = "; ".join(world["misses"]) or "right"
            yield f"    again, by itself: {again}"
            yield f"      {world['said']}"[:400]


def _told(report):
    heads = f"{'worlds':>8}{'hold the fact':>18}{'messages':>10}"
    yield f"\n{'of the worlds that are broken':30}{heads}"
    for peer in report["peers"]:
        share = f"{peer['holds_fact']} ({peer['holds_fact'] / (peer['worlds'] or 1):.0%})"
        yield f"  {peer['name']:28}{peer['worlds']:>8}{share:>18}{peer['messages']:>10}"
    for package in report["missing"]:
        yield f"  not here: {package}"
