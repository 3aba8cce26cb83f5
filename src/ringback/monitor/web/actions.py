"""What people do by forms: acknowledge an incident, silence, adopt, log in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from ringback.monitor.web.access import COOKIE, SESSION_SECONDS, demand, session_for, token_for
from ringback.monitor.web.pages import render_page
from ringback.monitor.web.request import Problem, form_of
from ringback.monitor.web.site import site_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


_LONGEST = 366 * 86400.0
_MOST = 1000


async def acknowledge(request: Request) -> Response:
    """Note who takes an incident, and go back to it."""
    grant = demand(request, "write")
    form = await form_of(request)
    id_ = request.path_params["id"]
    if not site_of(request).service.acknowledge(id_, grant.name or _text(form, "by") or "web page"):
        raise Problem(404, "there is no such incident that is open")
    return _back(f"/incidents/{id_}")


async def silence(request: Request) -> Response:
    """Tell nobody of some endpoints for a while, and go back."""
    grant = demand(request, "write")
    form = await form_of(request)
    endpoints = tuple(form.get("endpoint", ()))[:_MOST]
    try:
        seconds = float(_text(form, "seconds"))
    except ValueError:
        seconds = 0.0
    if not endpoints or not 0 < seconds <= _LONGEST:
        raise Problem(400, "endpoints and a time of at most a year are expected")
    who = grant.name or _text(form, "by") or "web page"
    site_of(request).service.silence(endpoints, seconds, who, _text(form, "reason", 500))
    return _back(_text(form, "back"))


async def unsilence(request: Request) -> Response:
    """End a silence, and go back to the list."""
    demand(request, "write")
    site_of(request).service.unsilence(request.path_params["id"])
    return _back("/incidents")


async def adopt(request: Request) -> Response:
    """Watch a discovered endpoint from now on, and go back to the list."""
    grant = demand(request, "write")
    if not site_of(request).service.adopt(request.path_params["id"], grant.name or "web page"):
        raise Problem(404, "no such endpoint was discovered")
    return _back("/discovered")


async def login(request: Request) -> Response:
    """Return the form that asks for a token, or take what it sends."""
    site = site_of(request)
    if request.method != "POST":
        wanted = request.query_params.get("next", "/")
        return await render_page(request, "login.html", next=_own(wanted), wrong=False)
    form = await form_of(request)
    wanted = _own(_text(form, "next", 500))
    token = token_for(_text(form, "token", 500), site.settings)
    if token is None:
        return await render_page(request, "login.html", status=403, next=wanted, wrong=True)
    response = RedirectResponse(wanted, 303)
    response.set_cookie(
        COOKIE,
        session_for(token, site),
        max_age=SESSION_SECONDS,
        secure=site.settings.base_url.startswith("https:"),
        httponly=True,
        samesite="strict",
    )
    return response


async def logout(_request: Request) -> Response:
    """Forget who looks."""
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response


def _text(form: dict[str, list[str]], name: str, longest: int = 100) -> str:
    return form.get(name, [""])[0][:longest]


def _back(path: str) -> Response:
    return RedirectResponse(_own(path), 303)


def _own(path: str) -> str:
    """A path of this page; never a way to another site."""
    safe = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if safe else "/"
