"""What further TLS servers of the worlds insist on; each takes the server's context."""

import ssl

from ringback.testing.lab.tls import old_protocol


def only_old(context):
    """Speak TLS 1.0 and 1.1 only."""
    old_protocol(context, None)


def curve(name, most=ssl.TLSVersion.MAXIMUM_SUPPORTED):
    """Return what limits a server to one curve, and to TLS versions up to one."""

    def prepare(context):
        context.maximum_version = most
        context.set_ecdh_curve(name)

    return prepare
