"""Whom a failed call was for, read from the functions it stood in.

``socket``, ``asyncio``, ``urllib`` and some errors of other clients name no target; the functions
they left still hold it.
"""

from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

from ringback.failure.model import NO_TARGET, Target
from ringback.failure.target import fill, target_of_url

_MOST_FRAMES = 100


def target_of_frames(traceback: TracebackType | None) -> Target:
    """Return the target that the functions of a traceback held; the outermost comes first.

    Further in stands the same host with its address, or a proxy, which is not the target.
    """
    found = NO_TARGET
    for _ in range(_MOST_FRAMES):
        if traceback is None:
            break
        frame = traceback.tb_frame
        traceback = traceback.tb_next
        read = _READERS.get(frame.f_code.co_name)
        if read is None:
            continue
        held = read(frame)
        if found.host in {None, held.host}:
            found = fill(found, held)
    return found


def _socket(frame: FrameType) -> Target:
    """``socket.create_connection`` and its relatives in urllib3 and asyncio."""
    known = frame.f_locals
    host, port = _pair(known.get("address"))
    host, port = host or known.get("host"), port or known.get("port")
    if not isinstance(host, str) or not isinstance(port, int):
        return NO_TARGET
    return Target(host=host, port=port, address=_pair(known.get("sa"))[0])


def _pair(value: object) -> tuple[Any, Any]:
    if isinstance(value, tuple) and len(value) >= 2 and isinstance(value[0], str):
        return value[0], value[1]
    return None, None


def _url_in(local: str, attribute: str = "") -> Callable[[FrameType], Target]:
    def read(frame: FrameType) -> Target:
        held = frame.f_locals.get(local)
        url = getattr(held, attribute, None) if attribute else held
        return target_of_url(str(url)) if url is not None else NO_TARGET

    return read


def _client(frame: FrameType) -> Target:
    """A botocore client keeps the URL of its service."""
    endpoint = getattr(frame.f_locals.get("self"), "_endpoint", None)
    return target_of_url(str(getattr(endpoint, "host", "")))


def _connection(frame: FrameType) -> Target:
    """A connection or a pool that keeps its host and port."""
    held = frame.f_locals.get("self")
    host, port = getattr(held, "host", None), getattr(held, "port", None)
    if not isinstance(host, str) or not isinstance(port, int):
        return NO_TARGET
    scheme = getattr(held, "scheme", None)
    return Target(scheme=scheme if isinstance(scheme, str) else None, host=host, port=port)


_READERS: dict[str, Callable[[FrameType], Target]] = {
    "create_connection": _socket,
    "open_connection": _socket,
    "dial": _socket,
    "do_open": _url_in("req", "full_url"),
    "http_error_default": _url_in("req", "full_url"),
    "urlopen": _connection,
    "connect": _connection,
    "getresponse": _connection,
    "_make_api_call": _client,
    "_send_single_request": _url_in("request", "url"),
    "_request": _url_in("url"),
    "_connect_and_send_request": _url_in("url"),
    "iter_content": _url_in("self", "url"),
    "generate": _url_in("self", "url"),
    "json": _url_in("self", "url"),
    "resolve_redirects": _url_in("resp", "url"),
}
"""Function → how to read the target from its locals."""
