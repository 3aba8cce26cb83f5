"""Pages made of templates, and the files that pages load: a style, two scripts, an icon."""

from __future__ import annotations

import re
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import Response

from ringback.diagnosis.record import moment
from ringback.diagnosis.wording import duration
from ringback.failure import KINDS
from ringback.failure.target import without_secrets
from ringback.incident.pattern import stamp
from ringback.monitor.web import words
from ringback.monitor.web.chart import bar_paths, check_strip
from ringback.monitor.web.request import HTTPProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

_BREAKS = re.compile(r"([._]|//?)")
_CODE = re.compile(r"`([^`]*)`")


class Renderer:
    """Makes pages of templates."""

    def __init__(self, clock: Callable[[], float]) -> None:
        environment = Environment(
            loader=PackageLoader("ringback.monitor.web", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.filters |= {
            "prose": prose_html,
            "breakable": breakable,
            "moment": moment,
            "stamp": stamp,
            "span": words.rounded_span,
            "share": words.percentage,
            "duration": duration,
            "ago": lambda at: words.ago(at, clock()),
            "lasting": lambda at: words.rounded_span(max(0.0, clock() - at)),
            "axis_time": words.axis_time,
            "shown_url": words.shown_url,
            "safe_text": without_secrets,
        }
        environment.globals |= {
            "MARKS": words.MARKS,
            "STATES": words.STATES,
            "PATTERNS": words.PATTERNS,
            "ORIGINS": words.ORIGINS,
            "INCIDENT_STATES": words.INCIDENT_STATES,
            "PHASES": words.PHASES,
            "PUBLIC_STATES": words.PUBLIC_STATES,
            "PUBLIC_MARKS": words.PUBLIC_MARKS,
            "bar_paths": bar_paths,
            "FAILURES": words.FAILURES,
            "incident_title": words.incident_title,
            "fault_of": words.fault_of,
            "KINDS": KINDS,
            "words_of": words.words_of,
            "cause_of": words.cause_of,
            "check_strip": check_strip,
            "labels_of": words.labels_of,
            "asset": asset,
        }
        self._environment = environment
        for template in ("part/macros.html", "status.html"):
            environment.get_template(template)  # compiled now, not while the public waits for it

    def render(self, template: str, context: Mapping[str, Any]) -> str:
        return self._environment.get_template(template).render(context)


def prose_html(text: str) -> Markup:
    """Return inline Markdown as HTML: literals in backticks, everything else as it stands."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(without_secrets(text)))))  # noqa: S704 - escaped


def breakable(name: str) -> Markup:
    """Return a name as HTML that may be broken behind its dots, slashes and underscores."""
    return Markup(_BREAKS.sub(r"\1<wbr>", str(escape(name))))  # noqa: S704 - escaped


def asset(name: str) -> str:
    """Return the path of a file that pages load; it changes with what is in the file."""
    return f"/static/{name}?{DIGESTS[name]}"


def _digests() -> dict[str, str]:
    folder = files("ringback.monitor.web").joinpath("static")
    return {file.name: sha256(file.read_bytes()).hexdigest()[:12] for file in folder.iterdir()}


DIGESTS = _digests()  # Files that pages load, each with the beginning of its SHA-256

_TYPES: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_YEAR: Final = "public, max-age=31536000, immutable"


async def static_file(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in DIGESTS:
        raise HTTPProblem(404, "there is no such file")
    content = files("ringback.monitor.web").joinpath("static", name).read_bytes()
    current = request.url.query == DIGESTS[name]
    return Response(
        content,
        media_type=_TYPES[name.rpartition(".")[2]],
        headers={"cache-control": _YEAR if current else "no-cache"},
    )
