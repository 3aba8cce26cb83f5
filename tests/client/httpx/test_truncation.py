"""No part of a body is taken for the whole."""

import ssl

import pytest

from ringback import errors
from ringback.testing.lab.healthy import over_tls
from ringback.testing.lab.proxy import proxy

pytestmark = pytest.mark.usefixtures("no_connection_is_lost")


def handed_in(endpoint):
    return ssl.create_default_context(cafile=endpoint.verify)


@pytest.mark.usefixtures("lenient_python")
def test_nor_with_a_context_of_the_programs_own(lab, lenient, integration, policy):
    endpoint = lab.start("tls.closed:without_close_notify")
    trusted = handed_in(endpoint)
    client = integration.client(policy=policy, sinks=[], verify=trusted)
    with pytest.raises(errors.TLSClosed):
        client.get(endpoint.url)
    assert trusted.options & lenient


@pytest.mark.usefixtures("lenient_python")
def test_nor_through_a_proxy_over_tls(lab, integration, policy):
    endpoint = lab.start("tls.closed:without_close_notify")
    carrier = lab.listen(over_tls(lab.certificates.server("good"), proxy), scheme="https")
    through = integration.library.Proxy(carrier.url, ssl_context=handed_in(endpoint))
    client = integration.client(policy=policy, sinks=[], verify=handed_in(endpoint), proxy=through)
    with pytest.raises(errors.TLSClosed):
        client.get(endpoint.url)
