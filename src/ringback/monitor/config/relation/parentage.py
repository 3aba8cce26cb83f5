"""Parents: those that there are, and nobody is its own."""

from collections.abc import Mapping

from ringback.monitor.config.effective import effective
from ringback.monitor.config.identity import id_of
from ringback.monitor.config.merged import Item, Merged
from ringback.monitor.config.nearest import nearest
from ringback.monitor.config.shape.endpoint import EndpointShape, HabitsShape
from ringback.monitor.config.slug import slug


def parents_of(whole: Merged, item: Item[EndpointShape]) -> tuple[str, ...]:
    """Return the ids of an endpoint's parents; one of its group or the defaults is not its own.

    Args:
        whole: The configuration.
        item: The endpoint.
    """
    own = "parents" in item.shape.model_fields_set
    ids = dict.fromkeys(slug(name) for name in effective(whole, item).parents)
    return tuple(one for one in ids if own or one != id_of(item.shape.name, item.shape.url))


def check_parents(whole: Merged) -> None:
    """Note parents that there are not, and endpoints that are their own parents.

    Args:
        whole: The configuration.
    """
    ids = {id_of(name, url) for name, url in whole.named("endpoint")}
    defaults = Item(whole.main.defaults, whole.sources[0], ("defaults",))
    habits: list[Item[HabitsShape]] = [defaults, *whole.groups.values(), *whole.endpoints]
    for item in habits:
        for index, name in enumerate(item.shape.parents):
            if slug(name) not in ids:
                hint = nearest(slug(name), ids)
                message = f"no endpoint is called {name!r}"
                item.complain(message, "parents", index, hint=hint)
    _check_cycles(whole)


def _check_cycles(whole: Merged) -> None:
    items = {id_of(item.shape.name, item.shape.url): item for item in whole.endpoints}
    parents = {id_: parents_of(whole, item) for id_, item in items.items()}
    told: set[str] = set()
    for id_, item in items.items():
        cycle = cycle_at(id_, parents)
        if cycle and told.isdisjoint(cycle):
            told.update(cycle)
            item.complain(f"is its own parent: {' → '.join(cycle)}", "parents")


def cycle_at(start: str, parents: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return a way from an endpoint over its parents back to itself; ``[]``: there is none.

    Args:
        start: Its id.
        parents: Id to the ids of the parents.
    """
    came_from: dict[str, str] = {}
    waiting = [start]
    while waiting:
        one = waiting.pop()
        for parent in parents.get(one, ()):
            if parent == start:
                return _way(start, one, came_from)
            if parent not in came_from:
                came_from[parent] = one
                waiting.append(parent)
    return []


def _way(start: str, last: str, came_from: Mapping[str, str]) -> list[str]:
    way = [start]
    while last != start:
        way.append(last)
        last = came_from[last]
    return [start, *reversed(way)]
