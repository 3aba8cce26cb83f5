"""What Windows says, and .NET on any system: schannel, WinINet, WinHTTP, SSPI, HttpClient.

Sources: ``winerror.h`` (SEC_E_*, CERT_E_*, and Win32 numbers as ``0x8007`` and four digits),
``wininet.h`` and ``winhttp.h`` (12001 and on), ``wuerror.h`` and ``bitsmsg.h`` (HTTP statuses),
.NET's ``Strings.resx`` and ``HttpRequestError``.
"""

from ringback.failure.clue import EXACT, GENERIC, SPECIFIC, TEXT, TIMEOUT, UMBRELLA, ClueKind
from ringback.failure.codes import KIND_OF_EAI, KIND_OF_ERRNO, WIN32_ERROR, WINDOWS_ERRNO
from ringback.failure.names import KindName
from ringback.failure.text.rule import (
    HINT,
    NARROWER,
    OVERRIDE,
    PHRASE,
    SENTENCE,
    VERDICT,
    TextRule,
    say_each,
    says,
)

# .NET: HttpClient, its sockets, Npgsql and SqlClient.

_REQUEST_ERRORS: dict[str, tuple[ClueKind, int]] = {
    "nameresolutionerror": ("dns.name_not_resolved", PHRASE),
    "connectionerror": ("tcp.failed", GENERIC),
    "secureconnectionerror": ("tls.failed", UMBRELLA),
    "httpprotocolerror": ("http.protocol.error", PHRASE),
    "proxytunnelerror": ("proxy.upstream_failed", GENERIC),
    "invalidresponse": ("http.response.invalid.not_http", UMBRELLA),
    "userauthenticationerror": ("http.error.auth", PHRASE),
    "versionnegotiationerror": ("http.protocol.error", PHRASE),
}
"""``HttpRequestError`` behind a message; most cover several kinds."""
_SOCKET_ERRORS: dict[str, KindName] = {
    "connectionrefused": "tcp.refused",
    "connectionreset": "tcp.reset",
    "connectionaborted": "tcp.aborted",
    "hostunreachable": "tcp.address_unreachable.host",
    "hostdown": "tcp.address_unreachable.host",
    "networkunreachable": "tcp.address_unreachable.network",
    "networkdown": "tcp.address_unreachable.network",
    "addressalreadyinuse": "client.local_address",
    "addressnotavailable": "client.local_address",
    "hostnotfound": "dns.name_not_resolved",
    "tryagain": "dns.temporary_failure",
    "norecovery": "dns.failed",
    "nobufferspaceavailable": "client.resources_exhausted",
    "toomanyopensockets": "client.resources_exhausted",
    "networkreset": "tcp.reset",
    "nodata": "dns.no_address",
    "accessdenied": "tcp.address_unreachable.prohibited",
    "shutdown": "tcp.closed",
    "operationaborted": "abandoned",
}
"""``SocketError``, as ``SocketException.SocketErrorCode`` shows it."""

_WEB_STATUS: dict[str, tuple[ClueKind, int]] = {
    "nameresolutionfailure": ("dns.failed", SENTENCE),
    "proxynameresolutionfailure": ("proxy.unreachable", SENTENCE),
    "connectfailure": ("tcp.failed", PHRASE),
    "receivefailure": ("tcp.closed", PHRASE),
    "sendfailure": ("tcp.closed", HINT),
    "trustfailure": ("tls.cert.invalid", VERDICT),
    "securechannelfailure": ("tls.failed", SENTENCE),
    "requestcanceled": ("abandoned", SENTENCE),
    "requestprohibitedbyproxy": ("proxy.denied", SENTENCE),
    "pipelinefailure": ("tcp.closed", SENTENCE),
    "keepalivefailure": ("tcp.closed.stale", SENTENCE),
    "serverprotocolviolation": ("http.protocol.error", SENTENCE),
    "gatewaytimeout": ("http.error.gateway", SENTENCE),
    "badgateway": ("http.error.gateway", SENTENCE),
    "serviceunavailable": ("http.error.unavailable", SENTENCE),
    "toomanyrequests": ("http.error.rate_limited", SENTENCE),
    "unauthorized": ("http.error.auth", SENTENCE),
    "forbidden": ("http.error.auth", SENTENCE),
    "internalservererror": ("http.error", SENTENCE),
}

DOTNET: list[TextRule] = [
    # the words of a failed look-up are the system's, its frame is .NET's
    *says("dns.failed", SENTENCE, "dns")("at system.net.dns.internalgethostby"),
    *says("config.tls_files_invalid", SPECIFIC, "config")("bio_new_file", "bio_ctrl"),
    *says("client.deadline_exceeded", PHRASE)(
        "the operation was canceled",
        before=r"(?:TaskCanceled|OperationCanceled|Message=)[^\n]{0,80}",
    ),
    *says("client.deadline_exceeded", SPECIFIC)(
        "the request was canceled due to the configured httpclient.timeout"
    ),
    *says("http.response.timed_out", SPECIFIC, "wait")("timeout during reading attempt"),
    *says("tcp.closed", SENTENCE)("attempted to read past the end of the stream"),
    *says("client.pool_exhausted", VERDICT, "pool")(
        "the connection pool has been exhausted",
        "prior to obtaining a connection from the pool",
    ),
    *says("http.response.invalid.empty", SPECIFIC, "wait")(
        "the underlying connection was closed: the connection was closed unexpectedly",
    ),
    *says("http.response.invalid.empty", NARROWER + 1, "wait")(
        "the response ended prematurely", then=r"(?!, with)"
    ),
    *says("http.response.invalid.content_length_mismatch", NARROWER + 1, "body")(
        " additional bytes expected"
    ),
    # on Linux the errors of the resolver have the system's words for their numbers
    *says("dns.temporary_failure", SENTENCE, "dns")(
        "resource temporarily unavailable", before=r"SocketException \((?:0{7}\w, )?11\): "
    ),
    *says("dns.temporary_failure", TEXT, "dns")(
        "resource temporarily unavailable",
        before=r"HttpRequestException: ",
        then=r" \([\w.\-]{1,120}:\d{1,5}\)",
    ),
    *says("dns.name_not_resolved", SENTENCE, "dns")(
        "no such device or address",
        before=r"(?:SocketException \((?:0{7}\w, )?6\)|RequestException): ",
    ),
    *says("tls.protocol.error.not_tls", SPECIFIC, "tls")(
        "cannot determine the frame size or a corrupted frame was received",
        "the handshake failed due to an unexpected packet format",
    ),
    *says("http.protocol.error", SPECIFIC, "wait")("the server committed a protocol violation"),
    *says("http.response.redirect_loop", SPECIFIC, "wait")(
        "too many automatic redirections were attempted"
    ),
    *says("url.invalid", SPECIFIC, "config")(
        "invalid uri: the hostname could not be parsed",
        "invalid uri: invalid port specified",
        "invalid uri: the uri is empty",
        "an invalid request uri was provided",
    ),
    *says("url.invalid", TEXT, "config")("invalid uri: the format of the uri"),
    *says("url.scheme_invalid", SPECIFIC, "config")(
        "the uri prefix is not recognized", "only 'http' and 'https' schemes are allowed"
    ),
    *says("url.scheme_invalid", SPECIFIC, "config")(
        "' scheme is not supported", before=r"[Tt]he '[\w+.\-]{1,20}"
    ),
    *[
        rule
        for error, (kind, rank) in _REQUEST_ERRORS.items()
        for rule in says(kind, rank)(f"({error})")
    ],
    *[
        rule
        for error, kind in _SOCKET_ERRORS.items()
        for rule in says(kind, TEXT)(
            error, before=r"(?:SocketError(?:Code)?\W{1,5}|error code: ?)", then=r"\b"
        )
    ],
    # SqlClient
    *says("tcp.failed", PHRASE, "connect")(
        "could not open a connection to sql server",
        "error locating server/instance specified",
        "the server was not found or was not accessible",
    ),
    *says("http.response.timed_out", SENTENCE, "wait")("execution timeout expired"),
    *says(TIMEOUT, TEXT, "connect")(
        "connection timeout expired. the timeout period elapsed",
        "attempting to consume the pre-login handshake",
    ),
    *says("tcp.closed", PHRASE)("a transport-level error has occurred when"),
    *says("tls.failed", HINT, "tls")("an error occurred during the pre-login handshake"),
    *says("http.response.invalid.not_http", SPECIFIC, "wait")(
        "server returned an invalid or unrecognized response"
    ),
    *says("tcp.closed", SENTENCE)("a connection that was expected to be kept alive was closed"),
    *says("tls.closed", SENTENCE, "tls")(
        "received an unexpected eof or 0 bytes from the transport stream",
        "authentication failed because the remote party has closed the transport stream",
    ),
    *says("tls.cert.invalid", SENTENCE, "tls")(
        "geschützten ssl/tls-kanal konnte keine vertrauensstellung hergestellt",
        "the remote certificate is invalid",
        "remotecertificatechainerrors",
        "could not establish trust relationship for the ssl/tls secure channel",
    ),
    *says("tls.cert.date_invalid.expired", SPECIFIC, "tls")("nottimevalid"),
    # WebExceptionStatus and HttpStatusCode by name, as Mono's messages have them
    *[
        rule
        for name, said in _WEB_STATUS.items()
        for rule in says(*said)(
            name, before=r"(?:Error: |\(Error |Status: |WebException[^\n]{0,60}\()", then=r"\b"
        )
    ],
    *says("http.response.timed_out", TEXT, "wait")(
        "operation timed out", before=r"502\.3 - Bad Gateway .{0,20}"
    ),
    # HttpClient and its sockets
    *says("client.deadline_exceeded", HINT + 2)(
        "a task was canceled", then=r"[^\n]{0,300}(?:Http|Socket|Grpc)"
    ),
    *says("http.response.invalid.not_http", SENTENCE, "wait")("received an invalid status line"),
    *says("http.protocol.error", SENTENCE, "wait")(
        "received an invalid header ", "received an invalid chunk ", "received an invalid folded "
    ),
    *says("h2.protocol.error", SENTENCE, "wait")("server did not complete the http/2 handshake"),
    *says("http.error.auth", SPECIFIC, "wait")("aadsts", then=r"\d{5,7}"),
    *says("http.error.auth", NARROWER + 1, "wait")(
        "credential authentication failed", before=r"\b[A-Z]\w{3,40}"
    ),
    *says("abandoned", TEXT)(
        "the i/o operation has been aborted because of either a thread exit",
        "socketexception (125): operation canceled",
    ),
    *says("client.closed", SENTENCE)(
        "cannot access a disposed object",
        then=r"[^\n]{0,60}(?:HttpClient|Socket|NetworkStream|SslStream|TcpClient|HttpConnection)",
    ),
    *says("request.invalid", SPECIFIC, "config")("misused header name, "),
    *says("request.invalid", SENTENCE, "config")(
        "the header name '", then=r"[^'\n]{0,80}' has an invalid format"
    ),
    *say_each(
        {
            "failed to authenticate with the socks server": "proxy.auth_required",
            "did not return a suitable authentication method": "proxy.auth_required",
            "socks server failed to connect to the destination": "proxy.upstream_failed",
            "unexpected socks protocol version": "proxy.protocol_error",
        },
        rank=SPECIFIC,
        phase="proxy",
    ),
    *says("tcp.closed", PHRASE)("closed the websocket connection without completing"),
    *says("http.response.unexpected_content", SPECIFIC, "wait")(
        "' when status code '101' was expected"
    ),
    # SslStream
    *says("tls.failed", TEXT + 1, "tls")("system.security.authentication.authenticationexception"),
    *says("tls.cert.revoked", SPECIFIC + 5, "tls")(
        "errors in the certificate chain: ", then=r"(?:\w{1,30}, ){0,1}Revoked\b"
    ),
    *says("tls.failed", TEXT + 2, "tls")("authentication failed, see inner exception"),
    *says("config.tls_files_invalid", SPECIFIC, "config")(
        "must use a certificate with the associated private key"
    ),
    *says("proxy.unreachable", SPECIFIC, "proxy")("the proxy name could not be resolved"),
    # gRPC, Redis, mail, SSH, NuGet
    *says("abandoned", PHRASE)('statuscode="cancelled"'),
    *says("http.response.unexpected_content", SENTENCE, "wait")(
        "bad grpc response. invalid content-type value"
    ),
    *says("tcp.closed", SENTENCE)("socketclosed (", "server has unexpectedly disconnected"),
    *says("tcp.reset", TEXT)('" reset.', before=r"Connection id \"\w{1,30}"),
    *says("tls.failed", TEXT, "tls")("attempting to establish an ssl or tls connection"),
    *says("unknown", HINT)("smtpexception: failure sending mail"),
    *says("unknown", HINT)(
        "failed to retrieve information about '", then=r"[^\n]{1,120} from remote source"
    ),
    *says("service.rejected", SPECIFIC, "wait")(
        "secure connection or the client was not authenticated"
    ),
    *says("tcp.closed", SPECIFIC)("an established connection was aborted by the server"),
    *says(TIMEOUT, SENTENCE, "body")("timed out because no data was received"),
    # Windows Communication Foundation
    *says("tcp.failed", SENTENCE, "connect")("there was no endpoint listening at"),
    *says(TIMEOUT, SENTENCE, "wait")("has exceeded the allotted timeout"),
    *says(TIMEOUT, SPECIFIC, "wait")("the request channel timed out"),
    *says(TIMEOUT, SENTENCE, "send")(
        "did not complete within the allotted timeout",
        before=r"\b(?:send|write)\b[^\n]{0,40}",
    ),
    *says(TIMEOUT, TEXT, "wait")("did not complete within the allotted timeout"),
    *says("tcp.closed", TEXT - 2)("the socket connection was aborted"),
    *says("tcp.closed", SENTENCE)("the connection was inactive for more than the allowed"),
    *says("tcp.timed_out.established", SENTENCE)(
        "elapsed without receiving a message from the server"
    ),
    *says("service.rejected", SENTENCE, "wait")(
        "is not currently available. please retry the connection later"
    ),
    *says("http.error.auth", SPECIFIC, "wait")(
        "request is unauthorized with client authentication scheme",
        "request was forbidden with client authentication scheme",
    ),
    *says("tls.failed", PHRASE, "tls")("an error occurred while making the http request to https:"),
    *says("http.error.unavailable", SPECIFIC, "wait")(
        "the http service located at ", then=r"[^ \n]{1,200} is (?:unavailable|too busy)"
    ),
]


# Windows itself: schannel, WinHTTP and WinINet.

_SCHANNEL: dict[str, KindName] = {
    "sec_e_untrusted_root": "tls.cert.authority_invalid.untrusted_root",
    "0x80090325": "tls.cert.authority_invalid.untrusted_root",
    "cert_e_untrustedroot": "tls.cert.authority_invalid.untrusted_root",
    "0x800b0109": "tls.cert.authority_invalid.untrusted_root",
    "sec_e_cert_expired": "tls.cert.date_invalid.expired",
    "0x80090328": "tls.cert.date_invalid.expired",
    "cert_e_expired": "tls.cert.date_invalid.expired",
    "sec_e_wrong_principal": "tls.cert.name_invalid",
    "0x80090322": "tls.cert.name_invalid",
    "cert_e_cn_no_match": "tls.cert.name_invalid",
    "0x800b010f": "tls.cert.name_invalid",
    "sec_e_cert_unknown": "tls.cert.invalid",
    "0x80090327": "tls.cert.invalid",
    "sec_e_illegal_message": "tls.protocol.error",
    "0x80090326": "tls.protocol.error",
    "sec_e_algorithm_mismatch": "tls.version_or_cipher_mismatch",
    "0x80090331": "tls.version_or_cipher_mismatch",
    "sec_e_unsupported_function": "tls.version_or_cipher_mismatch",
    "sec_e_invalid_token": "tls.protocol.error.not_tls",
    "0x80090308": "tls.protocol.error.not_tls",
    "sec_e_decrypt_failure": "tls.protocol.error",
    "sec_i_incomplete_credentials": "tls.bad_client_auth_cert",
    "sec_e_no_credentials": "config.tls_files_invalid",
    "crypt_e_revocation_offline": "tls.cert.invalid",
    "0x80092013": "tls.cert.invalid",
    "crypt_e_no_revocation_check": "tls.cert.invalid",
    "0x80092012": "tls.cert.invalid",
    "crypt_e_revoked": "tls.cert.revoked",
    "0x80092010": "tls.cert.revoked",
    "0x800b0101": "tls.cert.date_invalid.expired",
    "cert_e_chaining": "tls.cert.authority_invalid.unknown_issuer",
    "0x800b010a": "tls.cert.authority_invalid.unknown_issuer",
    "cert_e_revoked": "tls.cert.revoked",
    "0x800b010c": "tls.cert.revoked",
    "cert_e_wrong_usage": "tls.cert.invalid",
    "trust_e_cert_signature": "tls.cert.invalid",
    "0x8009030d": "config.tls_files_invalid",
    "0x8009030e": "config.tls_files_invalid",
    "sec_e_logon_denied": "service.rejected",
    "0x8009030c": "service.rejected",
}
_WININET: dict[int, tuple[ClueKind, int]] = {
    12002: ("http.response.timed_out", TEXT),  # of connecting as well
    12005: ("url.invalid", EXACT),
    12006: ("url.scheme_invalid", EXACT),
    12007: ("dns.name_not_resolved", EXACT),
    12015: ("http.error.auth", SENTENCE),
    12017: ("abandoned", SENTENCE),
    12029: ("tcp.failed", SENTENCE),
    12030: ("tcp.closed", SENTENCE),
    12031: ("tcp.reset", EXACT),
    12037: ("tls.cert.date_invalid.expired", SENTENCE),
    12038: ("tls.cert.name_invalid", EXACT),
    12044: ("tls.bad_client_auth_cert", EXACT),
    12045: ("tls.cert.authority_invalid.unknown_issuer", SENTENCE),
    12055: ("tls.cert.invalid", SENTENCE),
    12057: ("tls.cert.invalid", SENTENCE),
    12152: ("http.response.invalid.not_http", SENTENCE),
    12156: ("http.response.redirect_loop", PHRASE),
    12157: ("tls.failed", SENTENCE),
    12163: ("tcp.address_unreachable.network", SENTENCE),
    12164: ("tcp.failed", SENTENCE),
    12165: ("proxy.unreachable", SENTENCE),
    12169: ("tls.cert.invalid", EXACT),
    12170: ("tls.cert.revoked", EXACT),
    12153: ("http.protocol.error", SENTENCE),
    12160: ("http.response.redirect_invalid", SENTENCE),
    12166: ("config.proxy_invalid", SENTENCE),
    12167: ("config.proxy_invalid", SENTENCE),
    12180: ("config.proxy_invalid", SENTENCE),
    12182: ("http.protocol.error", SENTENCE),
    12185: ("config.tls_files_invalid", SENTENCE),
    12186: ("config.tls_files_invalid", SENTENCE),
    12175: ("tls.cert.invalid", TEXT),  # of no TLS version in common as well
}
"""Numbers of WinINet and WinHTTP; their names say no more than a few of these."""
_WININET_NAMES: dict[str, tuple[ClueKind, int]] = {
    f"error_{library}_{name}": _WININET[number]
    for library in ("internet", "winhttp")
    for name, number in {
        "timeout": 12002,
        "invalid_url": 12005,
        "unrecognized_scheme": 12006,
        "name_not_resolved": 12007,
        "cannot_connect": 12029,
        "connection_aborted": 12030,
        "connection_error": 12030,
        "connection_reset": 12031,
        "sec_cert_date_invalid": 12037,
        "sec_cert_cn_invalid": 12038,
        "client_auth_cert_needed": 12044,
        "invalid_ca": 12045,
        "invalid_server_response": 12152,
        "secure_failure": 12175,
        "secure_channel_error": 12157,
    }.items()
}


def _signed(hresult: int) -> str:
    """As programs print it that know no unsigned numbers."""
    return str(hresult - 2**32)


def _system_errors() -> dict[int, tuple[ClueKind, int]]:
    """Winsock's and Win32's numbers, which an HRESULT holds in its last four digits."""
    found: dict[int, tuple[ClueKind, int]] = dict(_WININET)
    for number, name in {**WINDOWS_ERRNO, **WIN32_ERROR}.items():
        if name in KIND_OF_ERRNO and number > 1_000:
            found[number] = KIND_OF_ERRNO[name], EXACT
    for number, name in ((11001, "EAI_NONAME"), (11002, "EAI_AGAIN"), (11004, "EAI_NODATA")):
        found[number] = KIND_OF_EAI[name], EXACT
    return found


_STATUS: dict[str, tuple[ClueKind, int]] = {
    # Windows Update
    "80244017": ("http.error.auth", EXACT),
    "80244018": ("http.error.auth", EXACT),
    "80244019": ("http.error", EXACT),
    "8024401b": ("proxy.auth_required", EXACT),
    "8024401c": ("http.error", SENTENCE),
    "8024401f": ("http.error", EXACT),
    "80244021": ("http.error.gateway", EXACT),
    "80244022": ("http.error.unavailable", EXACT),
    "80244023": ("http.error.gateway", EXACT),
    "8024402c": ("dns.name_not_resolved", SENTENCE),
    # BITS
    "80190191": ("http.error.auth", EXACT),
    "80190193": ("http.error.auth", EXACT),
    "80190194": ("http.error", EXACT),
    "80190197": ("proxy.auth_required", EXACT),
    "801901f4": ("http.error", EXACT),
    "801901f6": ("http.error.gateway", EXACT),
    "801901f7": ("http.error.unavailable", EXACT),
    "801901f8": ("http.error.gateway", EXACT),
}
_SSPI: dict[str, tuple[KindName, int]] = {
    "do not possess a common algorithm": ("tls.version_or_cipher_mismatch", SPECIFIC),
    "certificate chain was issued by an authority that is not trusted": (
        "tls.cert.authority_invalid.untrusted_root",
        SPECIFIC,
    ),
    "the received certificate has expired": ("tls.cert.date_invalid.expired", SPECIFIC),
    "the target principal name is incorrect": ("tls.cert.name_invalid", SENTENCE),
    "unable to check revocation": ("tls.cert.invalid", SPECIFIC),
    "the message received was unexpected or badly formatted": ("tls.protocol.error", SENTENCE),
    "the token supplied to the function is invalid": ("tls.protocol.error.not_tls", TEXT),
    "the specified data could not be decrypted": ("tls.protocol.error", SENTENCE),
    "an unknown error occurred while processing the certificate": ("tls.cert.invalid", TEXT),
    "the credentials supplied to the package were not recognized": (
        "config.tls_files_invalid",
        TEXT,
    ),
    "a call to sspi failed": ("tls.failed", HINT),
    "the local security authority cannot be contacted": ("tls.failed", HINT),
}
"""How Windows words its SEC_E codes in English."""
_WINHTTP_FLAGS: dict[str, KindName] = {
    "security_channel_error": "tls.failed",
    "invalid_ca": "tls.cert.authority_invalid.unknown_issuer",
    "cert_cn_invalid": "tls.cert.name_invalid",
    "cert_date_invalid": "tls.cert.date_invalid.expired",
    "cert_revoked": "tls.cert.revoked",
    "cert_rev_failed": "tls.cert.invalid",
    "invalid_cert": "tls.cert.invalid",
}
_NET_USE: dict[int, tuple[ClueKind, int]] = {
    64: ("tcp.reset", SENTENCE),
    67: ("service.rejected", TEXT),
    86: ("service.rejected", SENTENCE),
    121: ("tcp.timed_out", SENTENCE),
    1203: ("tcp.failed", HINT),
    1219: ("service.rejected", SENTENCE),
    1231: ("tcp.address_unreachable.network", SENTENCE),
    1311: ("tcp.failed", HINT),
    1326: ("service.rejected", SPECIFIC),
    1396: ("service.rejected", SENTENCE),
}
"""What ``net`` calls a system error of a share; 5 it also says of a service."""
_LOGON = r"(?:1326|8007052e|remote|server|share|\\\\)[^\n]{0,200}"
_LOOKUP = r"(?:Resolve-DnsName|\bDNS\b|SRV record|nslookup)[^\n]{0,250}"
_NUMBER = r"(?:wininet|winhttp|internet|http)\w{0,30}\b[^\d\n/]{0,60}(?<!:)"

WINDOWS: list[TextRule] = [
    *say_each(_SCHANNEL, rank=EXACT, phase="tls"),
    *[rule for name, said in {**_WININET_NAMES, **_SSPI}.items() for rule in says(*said)(name)],
    *[
        rule
        for number, said in _system_errors().items()
        for rule in says(*said)(f"8007{number:04x}", before=r"\b(?:0x)?", then=r"\b")
    ],
    *[
        rule
        for number, said in _system_errors().items()
        for rule in says(*said)(_signed(0x80070000 + number))
    ],
    *[
        rule
        for code, kind in _SCHANNEL.items()
        if code.startswith("0x")
        for rule in says(kind, EXACT, "tls")(_signed(int(code, 16)))
    ],
    *[
        rule
        for code, said in _STATUS.items()
        for rule in says(*said)(code, before=r"\b(?:0x)?", then=r"\b")
    ],
    *[
        rule
        for number, (kind, rank) in _WININET.items()
        for rule in says(kind, min(rank, SENTENCE))(str(number), before=_NUMBER, then=r"\b")
    ],
    *says("tcp.failed", PHRASE, "connect")(
        "the rpc server is unavailable",
        "rpc_s_server_unavailable",
        "800706ba",
        "winrm cannot complete the operation",
        "the client cannot connect to the destination specified",
    ),
    *says("tcp.failed", HINT, "connect")("the network path was not found", "0x80070035"),
    *says("tcp.failed", PHRASE, "connect")("tcp connect to (", then=r"[^\n]{1,200}\) failed"),
    *says("tcp.address_unreachable.network")("the network location cannot be reached"),
    *says("tcp.failed", HINT)("unable to connect to the remote server"),
    *says("dns.name_not_resolved", SPECIFIC, "dns")("ping request could not find host"),
    *says("service.rejected", SENTENCE, "wait")("network password is not correct"),
    *says("tls.failed", OVERRIDE, "tls")("the internal error state is ", before=r"TLS [^\n]{1,80}"),
    *says("tcp.failed", PHRASE, "connect")("could not open connection to the host"),
    *says("tls.closed", SPECIFIC, "tls")("server closed abruptly (missing close_notify)"),
    *says("tls.failed", PHRASE, "tls")("sec_e_internal_error", "a security problem occurred"),
    *says("tls.protocol.error", TEXT, "tls")("sec_e_buffer_too_small", "sec_e_message_altered"),
    *say_each(
        {f"winhttp_callback_status_flag_{flag}": kind for flag, kind in _WINHTTP_FLAGS.items()},
        rank=SPECIFIC,
        phase="tls",
    ),
    # shares
    *[
        rule
        for number, said in _NET_USE.items()
        for rule in says(*said)(f"system error {number} has occurred")
    ],
    *says("service.rejected", SENTENCE, "wait")(
        "the user name or password is incorrect", before=_LOGON
    ),
    *says("service.rejected", PHRASE, "wait")("the user name or password is incorrect"),
    *says("tcp.failed", PHRASE, "connect")("no logon servers available"),
    *says("tcp.failed", HINT, "connect")("either does not exist or could not be contacted"),
    *says("tcp.reset", TEXT)("existing connection was forcibly closed"),
    *says("tls.bad_client_auth_cert", SENTENCE, "tls")("403.7 - client certificate required"),
    *says("service.rejected", SENTENCE, "wait")(
        "trust relationship between this workstation and the primary domain failed"
    ),
    # remote management and remote desktop
    *says("service.rejected", SPECIFIC, "wait")(
        "error message : access is denied", "error message: access is denied"
    ),
    *says("http.error.auth", SENTENCE, "wait")(
        "authentication mechanism requested by the client is not supported by the server"
    ),
    *says("http.error", TEXT, "wait")("saying the requested http url was not available"),
    *says("request.invalid", PHRASE, "config")("must be added to the trustedhosts"),
    *says("dns.name_not_resolved", TEXT, "dns")(
        "exists on the network and that the name provided is spelled correctly"
    ),
    *says("tcp.failed", SENTENCE, "connect")("tcptestsucceeded", then=r"\s{0,20}: False"),
    *says("dns.failed", SENTENCE, "dns")("name resolution of ", then=r"[\w.\-]{1,200} failed"),
    *says("tcp.closed", PHRASE)("the remote procedure call failed"),
    *says("dns.name_not_resolved", TEXT, "dns")("remote desktop can't find the computer"),
    *says("service.rejected", TEXT, "wait")("credssp encryption oracle remediation"),
    *says("service.rejected", SENTENCE, "wait")("your credentials did not work"),
    *says("tcp.closed", TEXT)("because of a protocol error", then=r"[^\n]{1,40}disconnected"),
    *says("tcp.closed", SENTENCE)("the connection to the remote computer was lost"),
    *says("tcp.failed", TEXT, "connect")("unable to contact the server. this may be because"),
    *says("tcp.failed", HINT, "connect")(
        "could not be contacted", before=r"[Dd]omain [Cc]ontroller[^\n]{0,120}"
    ),
    # lookups and ping
    *says("dns.timed_out", SPECIFIC, "dns")(" timed-out", before=r"[Rr]equest to [\w.\-]{1,200}"),
    *says("dns.timed_out", SPECIFIC, "dns")(
        "this operation returned because the timeout period expired", before=_LOOKUP
    ),
    *says("dns.timed_out", SPECIFIC, "dns")(
        "this operation returned because the timeout period expired",
        then=r"[^\n]{0,120}(?:SRV record|DNS)",
    ),
    *says(TIMEOUT, TEXT)("this operation returned because the timeout period expired"),
    *says("dns.temporary_failure", SENTENCE, "dns")("dns server failure", "rcode_server_failure"),
    *says("dns.name_not_resolved", SPECIFIC, "dns")("rcode_name_error"),
    *says("tcp.timed_out", SENTENCE + 2, "connect")(
        "request timed out", before=r"Pinging [^\n]{1,80} bytes of data:[^\n]{0,200}"
    ),
    *says("tcp.address_unreachable.network", TEXT)("ping: transmit failed. general failure"),
]
