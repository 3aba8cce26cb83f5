"""What plain requests takes for a success is raised as its callers catch failures."""

import pytest
import requests
import urllib3
from requests import exceptions

TRUNCATED = {
    "http.response.headers.truncated:mid_headers": requests.ConnectionError,
    "http.response.invalid.content_decoding:truncated_gzip": exceptions.ContentDecodingError,
    "tls.closed:without_close_notify": exceptions.ChunkedEncodingError,
}
if urllib3.__version__.startswith("1."):
    short = "http.response.invalid.content_length_mismatch:mid_body"
    TRUNCATED[short] = exceptions.ChunkedEncodingError


@pytest.mark.parametrize("name", TRUNCATED)
def test_a_response_that_breaks_off_is_none(lab, session, name):
    endpoint = lab.start(name)
    with pytest.raises(TRUNCATED[name]) as caught:
        session.get(endpoint.url, verify=endpoint.verify or True)
    assert caught.value.failure.kind == name.partition(":")[0]
