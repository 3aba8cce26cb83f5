"""What further TLS servers of the worlds insist on; each takes the server's context."""

import ssl

from e2e import certificates

from ringback.testing.lab.tls import old_protocol


def name_required(context):
    """Refuse whoever names no server (SNI)."""
    context.sni_callback = lambda connection, called, _: (
        None if called else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    )


def certificate_welcome(context):
    """Ask for a client certificate, and shake hands without one."""
    context.load_verify_locations(certificates.root_file())
    context.verify_mode = ssl.CERT_OPTIONAL


def only_old(context):
    """Speak TLS 1.0 and 1.1 only."""
    old_protocol(context, None)


def only_new(context):
    """Speak TLS 1.3 only."""
    context.minimum_version = ssl.TLSVersion.TLSv1_3


def curve(name, most=ssl.TLSVersion.MAXIMUM_SUPPORTED):
    """Return what limits a server to one curve, and to TLS versions up to one."""

    def prepare(context):
        context.maximum_version = most
        context.set_ecdh_curve(name)

    return prepare
