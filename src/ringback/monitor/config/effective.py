"""What holds for one endpoint: the defaults', its group's and its own, which has the last word."""

from typing import Any

from ringback.monitor.config.merged import Item, Merged
from ringback.monitor.config.shape.endpoint import EndpointShape, ExpectShape, HabitsShape

_TABLES = ("labels", "headers")
"""Tables to which an inner one adds."""


def effective(whole: Merged, item: Item[EndpointShape]) -> EndpointShape:
    """Return an endpoint with what the defaults and its group say of it.

    Only what was written counts as given (``model_fields_set``).

    Args:
        whole: The configuration.
        item: The endpoint.
    """
    group = whole.groups.get(item.shape.group)
    into: dict[str, Any] = {}
    for habits in (whole.main.defaults, group.shape if group else None, item.shape):
        if habits is not None:
            _add(into, habits)
    return EndpointShape.model_construct(_fields_set=set(into), **into)


def _add(into: dict[str, Any], habits: HabitsShape) -> None:
    given = habits.given()
    if "retries" in given:
        given["threshold"] = given.pop("retries") + 1
    for key in _TABLES:
        if key in given:
            given[key] = {**into.get(key, {}), **given[key]}
    if "expect" in given:
        given["expect"] = _both(into.get("expect"), given["expect"])
    into.update(given)


def _both(outer: ExpectShape | None, inner: ExpectShape) -> ExpectShape:
    if outer is None:
        return inner
    given = {**outer.given(), **inner.given()}
    return ExpectShape.model_construct(_fields_set=set(given), **given)
