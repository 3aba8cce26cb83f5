"""What directories, shares, block devices and name servers say: LDAP, Kerberos, SMB, NFS, DNS.

Said by: OpenLDAP's ``ldap_err2string``; MIT Kerberos's ``krb5_err.et``; SSSD's ``fail_over.c``;
Samba's and the kernel's ``cifs``; nfs-utils; open-iscsi's ``iscsi_err.c``; Ceph's ``MonClient``
and ``libceph``; BIND's ``resolver.c`` and ``dighost.c``; Unbound, dnsmasq, systemd-resolved.
"""

from typing import Final

from ringback.failure.clue import SPECIFIC, TEXT, TIMEOUT, ClueKind
from ringback.failure.text.rule import (
    HINT,
    NARROWER,
    OVERRIDE,
    PHRASE,
    SENTENCE,
    TextRule,
    say_each,
    says,
)

REJECTED: Final = "service.rejected"

_OF_LDAP = r"(?:ldap\w{0,30}|slap\w{0,20}|error)[^\n]{0,80}"
_LDAP: dict[str, ClueKind] = {
    "server is busy (51)": REJECTED,
    "server is unavailable (52)": "http.error.unavailable",
    "server is unwilling to perform (53)": REJECTED,
    "strong(er) authentication required": REJECTED,
    "confidentiality required (13)": REJECTED,
    "inappropriate authentication (48)": REJECTED,
    "insufficient access (50)": REJECTED,
    "timed out (-5)": "http.response.timed_out",
}
"""Results of LDAP (RFC 4511 appendix A) as OpenLDAP words them."""

_KERBEROS: dict[str, ClueKind] = {
    "has no support for encryption type": REJECTED,
    "password has expired while getting": REJECTED,
    "credentials have been revoked": REJECTED,
    "ticket expired": REJECTED,
    "cannot resolve network address for kdc": "dns.failed",
    "looping detected inside krb5_get_in_tkt": REJECTED,
    "generic preauthentication failure": REJECTED,
    "cannot find kdc for requested realm": "dns.failed",
}

_SMB: dict[str, ClueKind] = {
    "nt_status_account_locked_out": REJECTED,
    "nt_status_account_disabled": REJECTED,
    "nt_status_account_restriction": REJECTED,
    "nt_status_password_expired": REJECTED,
    "nt_status_password_must_change": REJECTED,
    "nt_status_wrong_password": REJECTED,
    "nt_status_logon_type_not_granted": REJECTED,
    "nt_status_network_access_denied": REJECTED,
    "nt_status_request_not_accepted": REJECTED,
    "nt_status_invalid_network_response": "http.protocol.error",
    "nt_status_no_logon_servers": "tcp.failed",
    "nt_status_domain_controller_not_found": "dns.failed",
    "nt_status_bad_network_path": "tcp.failed",
    "nt_status_network_name_deleted": "tcp.closed",
    "nt_status_connection_aborted": "tcp.aborted",
    "nt_status_pipe_broken": "tcp.closed",
    "nt_status_local_disconnect": "tcp.closed",
    "nt_status_remote_disconnect": "tcp.closed",
    "nt_status_virtual_circuit_closed": "tcp.closed",
}
_ERRNO_OF_MOUNT: dict[str, ClueKind] = {
    "13": REJECTED,
    "101": "tcp.address_unreachable.network",
    "104": "tcp.reset",
    "110": "tcp.timed_out",
    "111": "tcp.refused",
    "112": "tcp.address_unreachable.host",
    "113": "tcp.address_unreachable.host",
    "115": "tcp.failed",
}
"""The kernel's numbers, which ``mount`` prints without words and ``cifs`` and ``libceph`` below
zero."""

_SHARES: list[TextRule] = [
    *say_each(_SMB, SENTENCE, "wait", then=r"\b"),
    *[
        rule
        for number, kind in _ERRNO_OF_MOUNT.items()
        for rule in (
            *says(kind, SPECIFIC, "connect")(f"mount error {number} = "),
            *says(kind, SENTENCE, "connect")(
                f"return code = -{number}",
                f"sesssetup = -{number}",
                f"cifs_mount failed rc = -{number}",
                then=r"\b",
            ),
        )
    ],
    *says("dns.failed", PHRASE, "dns")("mount error: could not resolve address for"),
    *says(REJECTED, SENTENCE, "wait")(
        "reason given by server: ", "requested nfs version or transport protocol is not supported"
    ),
    *says(REJECTED, TEXT, "wait")("mount.nfs: protocol not supported"),
    *says("tcp.timed_out", SENTENCE, "connect")("port mapper failure - timed out"),
    *says("http.response.timed_out", SENTENCE, "wait")("rpc: timed out"),
    *says(REJECTED, SENTENCE, "wait")(
        "rpc: program not registered",
        "rpc: program/version mismatch",
        "rpc: program unavailable",
        "rpc: authentication error",
    ),
    *says("tcp.failed", PHRASE, "connect")("rpc: unable to receive", "rpc: unable to send"),
    *says("tcp.failed", PHRASE, "connect")("no hosts available", before=r"automount[^\n]{0,60}"),
    *says("tcp.timed_out.established", SENTENCE)(
        "has not responded in ", before=r"[Ss]erver |CIFS[^\n]{0,80}", then=r"\d{1,5} sec"
    ),
    # Windows, which names the number of the system error
    *says(REJECTED, SENTENCE, "wait")("system error 86 has"),
    # iSCSI
    *says("tcp.timed_out", SENTENCE, "connect")(
        "iscsiadm: connect", then=r"(?:ion)? to [^\n]{1,80} timed out"
    ),
    *says("tcp.timed_out", SENTENCE, "connect")("(8 - connection timed out)"),
    *says("tcp.failed", PHRASE, "connect")(
        "(4 - encountered connection failure)", "encountered connection failure"
    ),
    *says(REJECTED, SPECIFIC, "wait")(
        "iscsi login failed due to authorization failure", "(24 - iscsi login failed"
    ),
    *says("tcp.failed", PHRASE)("iscsi_err_conn_failed", "detected conn error ("),
    *says("tcp.closed", SENTENCE)("iscsi_err_tcp_conn_close"),
    *says("tcp.timed_out.established", SENTENCE)("iscsi_err_nop_timedout"),
    # Ceph, GlusterFS
    *says(REJECTED, NARROWER, "wait")(
        "rados permission error", "handle_auth_bad_method server allowed_methods"
    ),
    *says(REJECTED, SENTENCE, "wait")(
        "[errno 13] ", "[errno 1] ", then=r"[^\n]{0,40}error connecting to the cluster"
    ),
    *says("not_a_connection_failure", SENTENCE)(
        "rados object not found", then=r"[^\n]{0,20}error connecting to the cluster"
    ),
    *says("http.response.timed_out", SENTENCE, "wait")("rados timed out", "session lost, hunting"),
    *says("tcp.closed", SENTENCE)("socket closed (con state "),
    *says("tcp.closed", SENTENCE)("(no data available)", before=r"readv on [^\n]{1,80}failed "),
    *says("unknown", PHRASE)("probe returned with transport endpoint is not connected"),
]

_DIRECTORIES: list[TextRule] = [
    *say_each(_LDAP, SENTENCE, "wait", before=_OF_LDAP),
    *say_each(_KERBEROS, SENTENCE, "wait"),
    *says("tcp.failed", PHRASE, "connect")(
        "no available servers for service '", "marking port 0 of server"
    ),
    *says("http.response.timed_out", TEXT, "wait")("issuing timeout for message id"),
    *says(REJECTED, SENTENCE, "wait")("80090308: ldaperr: ", "acceptsecuritycontext error, data "),
]

_RCODES: dict[str, ClueKind] = {
    "servfail": "dns.temporary_failure",
    "refused": "dns.temporary_failure",
    "notimp": "dns.failed",
    "formerr": "dns.failed",
    "nxdomain": "dns.name_not_resolved",
}
_NAME_SERVERS: list[TextRule] = [
    # dig, host, nslookup
    *[
        rule
        for code, kind in _RCODES.items()
        for rule in (
            *says(kind, NARROWER, "dns")(f"status: {code}", before=r"HEADER<<-[^\n]{0,40}"),
            *says(kind, SENTENCE, "dns")(
                f"{code} unexpected rcode resolving '",
                f"got {code} reply from ",
                f"returned error {code}",
                f"returned error: {code}",
                f"reply error is {code}",
            ),
        )
    ],
    *says("dns.no_address", SENTENCE, "dns")(": no answer", before=r"Can.t find [^\s\n]{1,255}"),
    *says("dns.timed_out", OVERRIDE, "dns")("dns request timed out", "to unknown timed-out"),
    *says("dns.timed_out", SENTENCE, "dns")(
        "no response from server", before=r"can't find [^\n]{1,255}: "
    ),
    *says("dns.timed_out", SENTENCE, "dns")(" timed-out", before=r"\*\*\* Request to [^\n]{1,255}"),
    *says("dns.failed", OVERRIDE, "dns")("udp setup with ", then=r"[^\n]{1,160}failed"),
    *says("dns.name_not_resolved", SENTENCE, "dns")(
        ": not found", before=r"get address for '[^'\n]{1,255}'"
    ),
    *says("dns.temporary_failure", SENTENCE, "dns")(
        ": failure", before=r"get address for '[^'\n]{1,255}'"
    ),
    *says("dns.timed_out", NARROWER, "dns")(
        "failed: timed out", before=r"Connection to [^\n]{1,80}#\d{1,5}\([^\n]{1,80}"
    ),
    *says("unknown", PHRASE)("; transfer failed"),
    *says("dns.failed", PHRASE, "dns")("lookup failed due to system error"),
    *says("dns.timed_out", TEXT, "dns")(
        "timeout reached", before=r"[Ff]ailed to resolve (?:host name|address) [^\n]{1,255}"
    ),
    # BIND
    *say_each(
        {
            "broken trust chain resolving '": "dns.temporary_failure",
            "no valid rrsig resolving '": "dns.temporary_failure",
            "insecurity proof failed resolving '": "dns.temporary_failure",
            "lame server resolving '": "dns.failed",
        },
        OVERRIDE,
        "dns",
    ),
    *says("dns.temporary_failure", SENTENCE, "dns")(
        "no valid signature found",
        "must be secure failure",
        "dnssec validation failed",
        "got insecure response; parent indicates",
        "failed to prime trust anchor",
        "refused to do a recursive query",
    ),
    *says("dns.timed_out", SENTENCE, "dns")(
        "): timed out", before=r"refresh: failure trying (?:primary|master) [^\n]{1,120}"
    ),
    *says("dns.failed", PHRASE, "dns")(
        "refresh: failure trying primary", "refresh: failure trying m"
    ),
    *says(REJECTED, TEXT, "wait")("' denied", before=r"zone transfer '[^\n]{1,255}"),
    # systemd-resolved
    *says("dns.temporary_failure", SENTENCE, "dns")(
        "no appropriate name servers or networks for name found", "call failed: received invalid"
    ),
    *says("dns.name_not_resolved", SENTENCE, "dns")(
        "' not found", before=r"\S: Name '[^'\n]{1,255}"
    ),
    # ACME servers, of the names they were to look up
    *says("dns.no_address", SENTENCE, "dns")("no valid a records found for"),
    *says("dns.failed", HINT, "dns")("host lookup failed", "hostname lookup failed"),
    *says(TIMEOUT, SENTENCE, "wait")("serverfail: timed out"),
]

DIRECTORIES: list[TextRule] = [*_DIRECTORIES, *_SHARES, *_NAME_SERVERS]
