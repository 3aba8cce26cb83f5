"""What people do by forms: acknowledge an incident, silence, adopt, log in."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from ringback.monitor.web.access import (
    COOKIE,
    SESSION_SECONDS,
    end_session,
    require,
    session_cookie,
    token_for,
)
from ringback.monitor.web.pages import render_page
from ringback.monitor.web.request import HTTPProblem, read_form
from ringback.monitor.web.site import site_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_MAX_SILENCE = 366 * 86400.0
_MAX_ENDPOINTS = 1000


async def acknowledge_form(request: Request) -> Response:
    grant = require(request, "write")
    form = await read_form(request)
    id_ = request.path_params["id"]
    if not site_of(request).commands.acknowledge(
        id_, grant.name or _text(form, "by") or "web page"
    ):
        raise HTTPProblem(404, "there is no such incident that is open")
    return _redirect_back(f"/incidents/{id_}")


async def silence_form(request: Request) -> Response:
    """Silence some endpoints for a while, and go back."""
    grant = require(request, "write")
    form = await read_form(request)
    endpoints = tuple(form.get("endpoint", ()))[:_MAX_ENDPOINTS]
    try:
        seconds = float(_text(form, "seconds"))
    except ValueError:
        seconds = 0.0
    if not endpoints or not 0 < seconds <= _MAX_SILENCE:
        raise HTTPProblem(400, "endpoints and a time of at most a year are expected")
    who = grant.name or _text(form, "by") or "web page"
    site_of(request).commands.silence(endpoints, seconds, who, _text(form, "reason", 500))
    return _redirect_back(_text(form, "back"))


async def unsilence_form(request: Request) -> Response:
    require(request, "write")
    site_of(request).commands.unsilence(request.path_params["id"])
    return _redirect_back("/incidents")


async def adopt_form(request: Request) -> Response:
    grant = require(request, "write")
    if not site_of(request).commands.adopt(request.path_params["id"], grant.name or "web page"):
        raise HTTPProblem(404, "no such endpoint was discovered")
    return _redirect_back("/discovered")


async def login_form(request: Request) -> Response:
    """Return the form that asks for a token, or take what it sends."""
    site = site_of(request)
    if request.method != "POST":
        wanted = request.query_params.get("next", "/")
        return await render_page(request, "login.html", next=_local_path(wanted), wrong=False)
    address, now = request.client.host if request.client else "", site.clock()
    if wait := site.logins.wait(address, now):
        seconds = str(ceil(wait))
        raise HTTPProblem(429, "too many wrong tokens: wait", headers={"Retry-After": seconds})
    form = await read_form(request)
    wanted = _local_path(_text(form, "next", 500))
    token = token_for(_text(form, "token", 500), site.settings)
    if token is None:
        site.logins.failed(address, now)
        return await render_page(request, "login.html", status=403, next=wanted, wrong=True)
    site.logins.succeeded(address)
    response = RedirectResponse(wanted, 303)
    response.set_cookie(
        COOKIE,
        session_cookie(token, site),
        max_age=SESSION_SECONDS,
        secure=site.settings.url.startswith("https:"),
        httponly=True,
        samesite="strict",
    )
    return response


async def logout_form(request: Request) -> Response:
    end_session(request)
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response


def _text(form: dict[str, list[str]], name: str, longest: int = 100) -> str:
    return form.get(name, [""])[0][:longest]


def _redirect_back(path: str) -> Response:
    return RedirectResponse(_local_path(path), 303)


def _local_path(path: str) -> str:
    """A path of this page; never a way to another site."""
    safe = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if safe else "/"
