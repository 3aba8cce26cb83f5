"""urllib3's response object, made without parsing again what is known."""

from typing import Any

import urllib3.response
from urllib3._collections import HTTPHeaderDict
from urllib3.response import HTTPResponse

from ringback.client.requests.fast.message import FastMessage, Head
from ringback.client.requests.fast.template import Template
from ringback.client.requests.fast.watch import Watch
from ringback.client.urllib3 import response as response_module

WATCH = Watch(
    {
        urllib3.response: "HTTPResponse HTTPHeaderDict BytesQueueBuffer",
        getattr(urllib3.response, "BaseHTTPResponse", HTTPResponse): "__init__",
        HTTPResponse: "__init__ _init_length",
        HTTPHeaderDict: "__init__ add extend",
    }
)
TEMPLATE = Template(
    response_module.HTTPResponse(b"", preload_content=False), fresh="headers _decoded_buffer"
)


def response(original: FastMessage, head: Head, options: Any, shutdown: Any) -> Any:
    """Return what ``urllib3.connection.HTTPConnection.getresponse`` makes of a plain head.

    Args:
        original: What reads the body.
        head: Of that response.
        options: What ``request`` noted for it.
        shutdown: The socket's method of this name.
    """
    headers: Any = HTTPHeaderDict.__new__(HTTPHeaderDict)
    vars(headers)["_container"] = head.fields
    made = TEMPLATE.make()
    vars(made).update(
        headers=headers,
        status=head.status,
        version=11,
        reason=head.reason,
        decode_content=options.decode_content,
        _request_url=options.request_url,
        chunked=original.chunked,
        enforce_content_length=options.enforce_content_length,
        _fp=original,
        _original_response=original,
        length_remaining=original.length,
        _decoded_buffer=urllib3.response.BytesQueueBuffer(),
    )
    if "version_string" in TEMPLATE:
        made.version_string = "HTTP/1.1"
    if "_sock_shutdown" in TEMPLATE:
        made._sock_shutdown = shutdown  # noqa: SLF001 - as the constructor does
    return made
