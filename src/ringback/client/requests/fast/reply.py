"""requests' response object, made without parsing again what is known."""

from collections import OrderedDict
from functools import lru_cache
from time import time
from typing import Any

import requests
import urllib3.response
from requests import PreparedRequest, adapters, utils
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from urllib3._collections import HTTPHeaderDict

from ringback.client.requests.fast.template import Template
from ringback.client.requests.fast.watch import Watch

WATCH = Watch(
    {
        adapters: "Response CaseInsensitiveDict extract_cookies_to_jar get_encoding_from_headers",
        HTTPAdapter: "build_response",
        requests.Response: "__init__",
        utils: "_parse_content_type_header",
        RequestsCookieJar: "extract_cookies make_cookies",
    }
)
_ADAPTERS: Any = adapters
TEMPLATE = Template(requests.Response(), fresh="headers history cookies")


def built(adapter: HTTPAdapter, request: PreparedRequest, raw: Any) -> requests.Response | None:
    """Return what ``HTTPAdapter.build_response`` does; ``None``: let it do so.

    Args:
        adapter: Which sent the request.
        request: What was sent.
        raw: The response of urllib3.
    """
    if not isinstance(raw, urllib3.response.HTTPResponse) or type(request.url) is not str:
        return None
    if type(raw.headers) is not HTTPHeaderDict or not vars(raw)["_original_response"]:
        return None
    if not TEMPLATE.usable or not WATCH.holds():
        return None
    fields = vars(raw.headers)["_container"]
    store: OrderedDict[str, tuple[str, str]] = OrderedDict()
    for key, field in fields.items():
        store[key] = field[0], field[1] if len(field) == 2 else ", ".join(field[1:])
    headers: Any = CaseInsensitiveDict.__new__(CaseInsensitiveDict)
    vars(headers)["_store"] = store
    result: Any = TEMPLATE.make()
    result.status_code = raw.status
    result.headers = headers
    result.encoding = _encoding(store["content-type"][1]) if "content-type" in store else None
    result.raw = raw
    result.reason = raw.reason
    result.url = request.url
    result.history = []
    result.cookies = jar = RequestsCookieJar()
    if "set-cookie" in fields or "set-cookie2" in fields:
        _ADAPTERS.extract_cookies_to_jar(jar, request, raw)
    else:
        # The time at which a jar last looked for cookies; it is pickled along.
        vars(jar)["_now"] = vars(vars(jar)["_policy"])["_now"] = int(time())
    result.request = request
    result.connection = adapter
    made: requests.Response = result
    return made


@lru_cache(maxsize=128)
def _encoding(content_type: str) -> str | None:
    found: str | None = get_encoding_from_headers({"content-type": content_type})
    return found
