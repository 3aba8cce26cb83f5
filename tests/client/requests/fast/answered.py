"""Everything that can be told of a response, for comparing two of them."""

from __future__ import annotations

import http.client
import io

SIMPLE = (str, bytes, int, float, bool, type(None))


def described(response):
    """A response with its history, what it is made of, and what reading it has left behind."""
    return {
        "status": response.status_code,
        "reason": response.reason,
        "url": response.url,
        "headers": (type(response.headers), list(vars(response.headers)["_store"].items())),
        "encoding": response.encoding,
        "cookies": _jar(response.cookies),
        "history": [described(earlier) for earlier in response.history],
        "next": getattr(response.next, "url", None),
        "elapsed": type(response.elapsed),
        "request": _request(response.request),
        "raw": _raw(response.raw),
        "flags": (response.ok, response.is_redirect, response.is_permanent_redirect),
        "links": response.links,
        "attributes": sorted(vars(response).keys() - {"headers_after", "retry_at"}),
    }


def read(response):
    """The body, or how reading it fails."""
    try:
        return response.content
    except Exception as error:  # noqa: BLE001 - whatever is raised is compared
        return failed(error)


def failed(error):
    """An exception and what it hangs on."""
    chain = []
    while error is not None and len(chain) < 9:
        chain.append((type(error).__name__, str(error)))
        error = error.__cause__ or error.__context__
    return chain


def _jar(jar):
    return [{**vars(cookie)} for cookie in jar]


def _request(request):
    return (
        request.method,
        request.url,
        list(vars(request.headers)["_store"].items()),
        request.body,
        _jar(request._cookies),
        request.hooks,
    )


def _raw(raw):
    original = raw._original_response
    return {
        "kind": isinstance(raw, io.IOBase),
        **{name: value for name, value in vars(raw).items() if isinstance(value, SIMPLE)},
        "headers": (type(raw.headers), list(raw.headers.items())),
        "names": sorted(vars(raw)),
        "closed": (raw.closed, raw.isclosed(), raw.tell()),
        "retries": repr(raw.retries),
        "connection": raw.connection is None,
        "decoded": raw._decoder is not None,
        "buffered": len(raw._decoded_buffer),
        "shutdown": getattr(raw, "_sock_shutdown", None) is None,
        "original": isinstance(original, http.client.HTTPResponse) and _original(original),
    }


def _original(original):
    message = original.msg
    return {
        **{name: value for name, value in vars(original).items() if isinstance(value, SIMPLE)},
        "closed": (original.closed, original.isclosed()),
        "items": message.items(),
        "message": (type(message), message.get_payload(), message.get_content_type()),
        "defects": [type(defect) for defect in message.defects],
    }
