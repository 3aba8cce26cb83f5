"""What people do by forms: acknowledge an incident, silence, adopt, log in."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from ringback.monitor.web.access import (
    COOKIE,
    SESSION_SECONDS,
    Grant,
    asked_from,
    end_session,
    grant_of,
    require,
    session_cookie,
    token_for,
)
from ringback.monitor.web.audit import audit
from ringback.monitor.web.checking import check_now
from ringback.monitor.web.pages import render_page
from ringback.monitor.web.request import HTTPProblem, read_form
from ringback.monitor.web.site import site_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

MAX_NOTE = 500  # Characters of a note
_MAX_SILENCE = 366 * 86400.0
_MAX_ENDPOINTS = 1000


async def acknowledge_form(request: Request) -> Response:
    grant = require(request, "write")
    form = await read_form(request)
    id_ = request.path_params["id"]
    if not site_of(request).commands.acknowledge(id_, _who(grant, form)):
        raise HTTPProblem(404, "there is no such incident that is open")
    return _redirect_back(f"/incidents/{id_}")


async def unacknowledge_form(request: Request) -> Response:
    grant = require(request, "write")
    form = await read_form(request)
    id_ = request.path_params["id"]
    if not site_of(request).commands.unacknowledge(id_, _who(grant, form)):
        raise HTTPProblem(404, "there is no such incident that somebody has acknowledged")
    return _redirect_back(f"/incidents/{id_}")


async def note_form(request: Request) -> Response:
    grant = require(request, "write")
    form = await read_form(request)
    id_, text = request.path_params["id"], " ".join(_text(form, "text", MAX_NOTE).split())
    if not text:
        raise HTTPProblem(400, "a text is expected")
    if not site_of(request).commands.note(id_, _who(grant, form), text):
        raise HTTPProblem(404, "there is no such incident that is open")
    return _redirect_back(f"/incidents/{id_}")


async def check_form(request: Request) -> Response:
    require(request, "write")
    id_ = request.path_params["id"]
    await check_now(site_of(request), id_)
    return _redirect_back(f"/endpoints/{id_}")


async def pause_form(request: Request) -> Response:
    grant = require(request, "write")
    form = await read_form(request)
    id_, who = request.path_params["id"], _who(grant, form)
    if not site_of(request).commands.pause(id_, who):
        raise HTTPProblem(404, "there is no such endpoint")
    return _redirect_back(f"/endpoints/{id_}")


async def resume_form(request: Request) -> Response:
    require(request, "write")
    id_ = request.path_params["id"]
    if not site_of(request).commands.resume(id_):
        raise HTTPProblem(404, "there is no such endpoint")
    return _redirect_back(f"/endpoints/{id_}")


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
    who = _who(grant, form)
    reason = _text(form, "reason", 500)
    audit(request, f"{', '.join(endpoints)} for {seconds:.0f} s: {reason}")
    site_of(request).commands.silence(endpoints, seconds, who, reason)
    return _redirect_back(_text(form, "back"))


async def unsilence_form(request: Request) -> Response:
    require(request, "write")
    form = await read_form(request)
    site_of(request).commands.unsilence(request.path_params["id"])
    return _redirect_back(_text(form, "back") or "/incidents")


async def adopt_form(request: Request) -> Response:
    grant = require(request, "admin")
    if not site_of(request).commands.adopt(request.path_params["id"], grant.name or "web page"):
        raise HTTPProblem(404, "no such endpoint was discovered")
    return _redirect_back("/discovered")


async def login_form(request: Request) -> Response:
    """Return the form that asks for a token, or take what it sends."""
    site = site_of(request)
    if request.method != "POST":
        wanted = request.query_params.get("next", "/")
        return await render_page(request, "login.html", next=_local_path(wanted), wrong=False)
    address, now = asked_from(request), site.clock()
    if wait := site.logins.wait(address, now):
        seconds = str(ceil(wait))
        raise HTTPProblem(429, "too many wrong tokens: wait", headers={"Retry-After": seconds})
    form = await read_form(request)
    wanted = _local_path(_text(form, "next", 500))
    token = token_for(_text(form, "token", 500), site.settings)
    if token is None:
        site.logins.failed(address, now)
        audit(request, "a wrong token", Grant())
        return await render_page(request, "login.html", status=403, next=wanted, wrong=True)
    site.logins.succeeded(address)
    audit(request, "logged in", Grant(name=token.name, by="token"))
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
    audit(request, "logged out", grant_of(request))
    end_session(request)
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response


def _text(form: dict[str, list[str]], name: str, longest: int = 100) -> str:
    return form.get(name, [""])[0][:longest]


def _who(grant: Grant, form: dict[str, list[str]]) -> str:
    return grant.name or _text(form, "by") or "web page"


def _redirect_back(path: str) -> Response:
    return RedirectResponse(_local_path(path), 303)


def _local_path(path: str) -> str:
    """A path of this page; never a way to another site."""
    safe = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if safe else "/"
