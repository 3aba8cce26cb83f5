"""What is raised: httpx's own exception, the built-in and ringback's, at once."""

import pytest

from ringback import errors

pytestmark = pytest.mark.usefixtures("no_connection_is_lost")


def test_an_answer_that_is_no_success_raises_what_it_means(lab, integration, client):
    response = client.get(lab.start("http.error.rate_limited").url)
    assert response.failure.kind == "http.error.rate_limited"
    with pytest.raises(integration.library.HTTPStatusError) as caught:
        response.raise_for_status()
    assert isinstance(caught.value, errors.RateLimited)
    assert caught.value.response is response


def test_a_success_has_no_failure(lab, client):
    response = client.get(lab.start("ok").url)
    assert response.failure is None
    assert response.raise_for_status() is response
    assert response.json()["ok"] is True
    assert response.elapsed.total_seconds() > 0
    assert response.num_bytes_downloaded == len(response.content)
    assert response.is_closed
    assert response.is_stream_consumed


@pytest.mark.parametrize("url", ["gopher://localhost/", "/path"])
def test_what_is_no_http_url_is_said_as_httpx_says_it(integration, client, url):
    plain = integration.made(integration.plain(), {"trust_env": False})
    with pytest.raises(integration.library.UnsupportedProtocol) as expected:
        plain.get(url)
    with pytest.raises(integration.library.UnsupportedProtocol) as caught:
        client.get(url)
    assert str(caught.value) == str(expected.value)
    assert type(caught.value) is type(expected.value)


def test_a_port_that_is_none_is_not_called_modulo_65536(lab, integration, client):
    endpoint = lab.start("ok")
    with pytest.raises(errors.URLInvalid):
        client.get(f"http://127.0.0.1:{endpoint.port + 65536}/")
    assert endpoint.requests == 0


def test_a_redirect_to_nowhere_is_the_servers_failure(lab, client):
    with pytest.raises(errors.RedirectFailed):
        client.get(lab.start("http.response.redirect_invalid:bad_port").url)
