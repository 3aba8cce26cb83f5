import ssl

import pytest

from ringback.client.trust.shared import SharedContext


@pytest.fixture
def context():
    made = SharedContext(ssl.PROTOCOL_TLS_CLIENT)
    made.seal(("http/1.1", "h2"))
    return made


SETTINGS = {
    "verify_mode": ssl.CERT_NONE,
    "check_hostname": False,
    "verify_flags": ssl.VERIFY_CRL_CHECK_LEAF,
    "minimum_version": ssl.TLSVersion.TLSv1_3,
    "options": ssl.OP_NO_TICKET,
    "keylog_filename": "/dev/null",
    "post_handshake_auth": True,
    "sni_callback": print,
    "of_my_own": 1,
    "sealed": False,
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_cannot_be_changed(context, name):
    before = getattr(context, name, None)
    with pytest.raises(RuntimeError, match=f"{name}: this SSL context is shared"):
        setattr(context, name, SETTINGS[name])
    assert getattr(context, name, None) == before


@pytest.mark.parametrize("name", ["verify_mode", "check_hostname", "minimum_version", "options"])
def test_a_setting_can_be_set_to_what_it_is(context, name):
    before = getattr(context, name)
    setattr(context, name, before)
    assert getattr(context, name) == before


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("load_verify_locations", ("/etc/hosts",)),
        ("load_cert_chain", ("/etc/hosts",)),
        ("set_ciphers", ("ALL",)),
        ("set_alpn_protocols", (["http/1.1"],)),
    ],
)
def test_a_method_that_changes_it_is_refused(context, name, arguments):
    with pytest.raises(RuntimeError, match=f"{name}: this SSL context is shared"):
        getattr(context, name)(*arguments)


def test_the_same_protocols_can_be_set_in_any_order(context):
    before = vars(context).copy()
    context.set_alpn_protocols(["h2", "http/1.1"])
    assert vars(context) == before


def test_every_public_method_is_used_or_refused(context):
    """A method that a new Python adds must be looked at here."""
    reading = {
        "cert_store_stats", "get_ca_certs", "get_ciphers", "session_stats", "wrap_bio",
        "wrap_socket", "seal",
    }  # fmt: skip
    offered = {
        name for name in dir(context)
        if not name.startswith("_") and name.islower() and callable(getattr(context, name))
    } - {"sslobject_class", "sslsocket_class"}  # fmt: skip
    assert offered - reading <= set(vars(context))
