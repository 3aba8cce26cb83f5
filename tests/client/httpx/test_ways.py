"""Through proxies, around what failed, and whom is trusted."""

import ssl

import pytest
from client.proxies.environ import environ

from ringback import Policy, errors
from ringback.client.trust import Trust
from ringback.client.trust.context import certifi_bundle
from ringback.testing.lab import proxy as lab_proxy
from ringback.testing.lab.healthy import over_tls, secured


def at(endpoint, scheme="http"):
    return f"{scheme}://{endpoint.host}:{endpoint.port}"


@pytest.mark.parametrize(
    ("options", "used"),
    [
        ({"trust_env": True}, 1),
        ({"trust_env": False}, 0),
        ({"proxies": {}}, 0),
        ({"trust_env": True, "port": 0}, 0),
        ({"trust_env": True, "port": 1}, 1),
    ],
)
def test_the_environments_proxy_is_used_unless_nobody_wants_it(
    integration, policy, target, works, options, used
):
    options = dict(options)
    off = options.pop("port", None)  # from the one that is excepted
    excepted = "" if off is None else f"{target.host}:{target.port + off}"
    with environ(http_proxy=at(works), no_proxy=excepted):
        client = integration.client(policy=policy, sinks=[], **options)
        assert client.get(target.url).json()["ok"]
    assert works.requests == used


def test_a_proxy_that_fails_comes_last(integration, policy, target, works, dead):
    client = integration.client(policy=policy, sinks=[], proxies=[at(dead), at(works)])
    for _ in range(2):
        assert client.get(target.url).status_code == 200
    assert works.requests == 2


def test_a_tunnel_through_a_proxy_that_is_called_over_tls(lab, integration, policy):
    """TLS within TLS."""
    if integration.asynchronous and integration.library.__version__.startswith("0.27"):
        pytest.skip("httpx 0.27 forgets the context for the proxy in asynchronous code")
    proxy = lab.listen(over_tls(lab.certificates.server("good"), lab_proxy.proxy))
    endpoint = secured()(lab)
    trust = Trust(ca=(endpoint.verify,))
    client = integration.client(policy=policy, sinks=[], proxy=at(proxy, "https"), verify=trust)
    for _ in range(2):
        assert client.post(endpoint.url, content=bytes(300_000)).json()["size"] == 300_000
    assert proxy.requests == 1
    assert endpoint.requests == 2


@pytest.mark.parametrize("verify", ["context", "file", "trust", "not at all"])
def test_whom_to_trust_is_said_as_to_httpx_or_as_a_trust(lab, integration, policy, verify):
    endpoint = lab.start("ok:tls")
    named = {
        "context": ssl.create_default_context(cafile=endpoint.verify),
        "file": endpoint.verify,
        "trust": Trust(ca=(endpoint.verify,)),
        "not at all": False,
    }
    client = integration.client(policy=policy, sinks=[], verify=named[verify])
    assert client.get(endpoint.url).status_code == 200


@pytest.mark.parametrize("proxied", [False, True])
def test_a_failure_names_the_variable_that_decided(lab, integration, policy, works, proxied):
    endpoint = lab.start("ok:tls")
    options = {"policy": policy, "sinks": [], "trust_env": True}
    through = {"http_proxy": at(works), "https_proxy": at(works)} if proxied else {}
    with environ(SSL_CERT_FILE=certifi_bundle(), **through):
        for verify, named in ((True, True), (Trust(certifi=True), False)):
            client = integration.client(**options, verify=verify)
            with pytest.raises(errors.CertificateUntrusted) as caught:
                client.get(endpoint.url)
            assert ("which SSL_CERT_FILE names" in caught.value.failure.message) is named
            assert ("SSL_CERT_FILE=" in caught.value.__notes__[0]) is named
    with environ(SSL_CERT_FILE="/no/such/file.pem"):
        with pytest.raises(errors.TLSFilesInvalid) as caught:
            integration.client(**options)
        assert "which SSL_CERT_FILE names" in caught.value.failure.message
        assert "SSL_CERT_FILE=" in caught.value.__notes__[-1]


def test_the_callers_own_transport_gives_its_settings(lab, integration, policy, target, works):
    inner = integration.plain(proxy=at(works), limits=integration.library.Limits(max_connections=7))
    client = integration.client(inner, policy=policy, sinks=[])
    assert client.get(target.url).status_code == 200
    assert works.requests == 1
    assert client._transport._inner._settings.most == 7


def test_options_that_do_not_go_together_are_refused(integration):
    with pytest.raises(TypeError, match="policy="):
        integration.transport(Policy())
    with pytest.raises(TypeError, match="http2"):
        integration.transport(integration.plain(), http2=True)
