"""The stages in their order: what each is asked depends on what the ones before it found."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ringback.diagnosis.elsewhere import tell_elsewhere
from ringback.diagnosis.layer import host, name, neighbours, proxy, tcp, tls, url
from ringback.diagnosis.layer.kept import release
from ringback.diagnosis.layer.url import asked_of
from ringback.diagnosis.scene import Scene
from ringback.diagnosis.together import together

if TYPE_CHECKING:
    from ringback.diagnosis.layer.http.request import Request
    from ringback.diagnosis.route import Route


def walk(scene: Scene) -> None:
    """Take all readings of a diagnosis.

    Args:
        scene: The diagnosis; its readings are told to it.
    """
    url.read(scene)
    asked = scene.asked
    if asked.kind is not None:
        return
    addresses = _addresses(scene)
    if asked.protocol == "dns":
        return
    routes = _routes(scene, addresses)
    elsewhere = _speak(scene, routes) if routes else None
    if elsewhere is not None and not _is_held_by_portal(scene):
        _visit(scene, elsewhere)


def _is_held_by_portal(scene: Scene) -> bool:
    every = (one for one in scene.readings() if (one.layer, one.what) == ("http", "request"))
    return any(one.facts.get("portal") for one in every)


def _visit(scene: Scene, request: Request) -> None:
    """Look at the host that a redirect leads to as at any other, and tell that as one reading."""
    since = scene.now()
    asked = asked_of(f"{request.scheme}://{request.authority}{request.target}")
    left = scene.left(scene.options.timeout)
    there = Scene(asked, replace(scene.options, timeout=left), behind=scene)
    try:
        walk(there)
    finally:
        there.close()
        release(there)
    tell_elsewhere(scene, request.url, there, since)


def _addresses(scene: Scene) -> tuple[str, ...]:
    """Look at this host, unless that was done before a redirect led here, and look the name up."""
    if scene.behind is not None:
        return name.read(scene)
    _, found = together(scene, (partial(host.read, scene), partial(name.read, scene)))
    return found or ()


def _routes(scene: Scene, addresses: tuple[str, ...]) -> tuple[Route, ...]:
    """Return the ways that are open: through the proxy that applies, or to each address."""
    through = proxy.chosen(scene)
    if through is None:
        _, routes = together(
            scene,
            (partial(host.route_to, scene, addresses), partial(tcp.read, scene, addresses)),
        )
        if not routes:
            neighbours.other_answers(scene, addresses)
            proxy.candidates(scene)
        return routes or ()
    way, _ = together(
        scene, (partial(proxy.read, scene, through), partial(proxy.direct, scene, addresses))
    )
    return (way,) if way is not None else ()


def _speak(scene: Scene, routes: tuple[Route, ...]) -> Request | None:
    """Read what is spoken over the open ways: TLS, then HTTP or the service's own protocol.

    Returns:
        The request to another host that a redirect leads to.
    """
    connections = tls.read(scene, routes) if scene.asked.tls else ()
    if scene.asked.tls and not connections:
        return None
    if scene.asked.protocol == "http":
        from ringback.diagnosis.layer import http  # noqa: PLC0415 - what is refused needs none

        return http.read(scene, routes, connections)
    if scene.asked.protocol != "none":
        from ringback.diagnosis.layer import service  # noqa: PLC0415 - as above

        service.read(scene, routes, connections)
    return None
