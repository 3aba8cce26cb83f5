"""What small devices, telephones and printers say: esp-tls, mbedTLS, Tasmota, Asterisk, CUPS.

Sources: ESP-IDF's ``esp_tls_errors.h`` and ``esp_http_client.h``; mbedTLS's ``net_sockets.h``,
``ssl.h`` and ``x509.h`` (2.x and 3.x), and what ``mbedtls_strerror`` makes of them; lwIP's
``netdb.h``; PubSubClient's states; Arduino's HTTPClient; Asterisk's chan_sip and res_pjsip; the
backends of CUPS.
"""

from ringback.failure.clue import SPECIFIC, TEXT, TIMEOUT, ClueKind
from ringback.failure.text.rule import HINT, OVERRIDE, PHRASE, SENTENCE, TextRule, say_each, says

_MBEDTLS: dict[str, tuple[ClueKind, int]] = {
    "0x0044": ("tcp.failed", TEXT),
    "0x004c": ("tcp.closed", TEXT),
    "0x004e": ("tcp.closed", TEXT),
    "0x0050": ("tcp.reset", SPECIFIC),
    "0x0052": ("dns.name_not_resolved", SENTENCE),
    "0x2700": ("tls.cert.invalid", TEXT),  # the lines after it name the reason
    "0x2780": ("config.tls_files_invalid", SENTENCE),
    "0x6800": ("tls.timed_out", SENTENCE),
    "0x6980": ("tls.version_or_cipher_mismatch", SENTENCE),
    "0x6e00": ("tls.version_or_cipher_mismatch", SENTENCE),
    "0x6e80": ("tls.version_or_cipher_mismatch", SENTENCE),
    "0x7200": ("tls.protocol.error.not_tls", TEXT),
    "0x7280": ("tls.closed", SENTENCE),
    "0x7680": ("config.tls_files_invalid", SENTENCE),
    "0x7700": ("tls.protocol.error", SENTENCE),
    "0x7780": ("tls.failed", TEXT),
    "0x7880": ("tls.closed", SENTENCE),
    "0x7900": ("tls.protocol.error", TEXT),
    "0x7980": ("tls.protocol.error", TEXT),
    "0x7a00": ("tls.cert.invalid", TEXT),
    "0x7f00": ("client.resources_exhausted", SPECIFIC),
}
_MBEDTLS_WORDS: dict[str, tuple[ClueKind, int]] = {
    "net - connection was reset by peer": ("tcp.reset", SPECIFIC),
    "net - the connection to the given server / port failed": ("tcp.failed", SENTENCE),
    "net - failed to get an ip address for the given hostname": (
        "dns.name_not_resolved",
        SENTENCE,
    ),
    "net - reading information from the socket failed": ("tcp.closed", SENTENCE),
    "net - sending information through the socket failed": ("tcp.closed", SENTENCE),
    "ssl - memory allocation failed": ("client.resources_exhausted", SPECIFIC),
}
_ESP: dict[str, tuple[ClueKind, int]] = {
    "esp_err_esp_tls_cannot_resolve_hostname": ("dns.failed", SENTENCE),
    "esp_err_esp_tls_failed_connect_to_host": ("tcp.failed", SENTENCE),
    "esp_err_esp_tls_connection_timeout": ("tcp.timed_out", SENTENCE),
    "esp_err_esp_tls_tcp_closed_fin": ("tcp.closed", SENTENCE),
    "esp_err_mbedtls_ssl_handshake_failed": ("tls.failed", PHRASE),
    "esp_err_http_connect": ("tcp.failed", PHRASE),
    "esp_err_http_fetch_header": ("http.response.invalid.empty", PHRASE),
    "esp_err_http_max_redirect": ("http.response.redirect_loop", SENTENCE),
    "failed to open new connection in specified timeout": ("tcp.timed_out", SENTENCE),
    "failed to open a new connection: 32769": ("dns.failed", SENTENCE),
    "failed to open a new connection: 32772": ("tcp.failed", SENTENCE),
    "failed to open a new connection: 32774": ("tcp.timed_out", SENTENCE),
    "couldn't get hostname for": ("dns.failed", PHRASE),
    "connection failed, sock < 0": ("tcp.failed", PHRASE),
}
_SIGN = r"(?:mbedtls|ssl|tls|net_|handshake|returned)[^\n]{0,60}"

_EMBEDDED: list[TextRule] = [
    *[
        rule
        for code, said in _MBEDTLS.items()
        for rule in says(*said)(f"-{code}", before=_SIGN, then=r"\b")
    ],
    *[
        rule
        for code, said in _MBEDTLS.items()
        if code.startswith("0x00")
        for rule in says(*said)(f"-0x{code[4:]}", before=_SIGN, then=r"\b")
    ],
    *[rule for words, said in {**_MBEDTLS_WORDS, **_ESP}.items() for rule in says(*said)(words)],
    # Arduino's HTTPClient names what its codes -1 to -11 are
    *says("tcp.failed", TEXT, "connect")(
        "connection refused", before=r"\[HTTPS?\] [^\n]{1,80}error: "
    ),
    *says(TIMEOUT, SENTENCE, "wait")("read timeout", before=r"\[HTTPS?\] [^\n]{1,80}error: "),
    *says("tcp.closed", PHRASE)(
        "send header failed",
        "send payload failed",
        "connection lost",
        before=r"\[HTTPS?\] [^\n]{1,80}",
    ),
    # MQTT: brokers' words, and Arduino's PubSubClient (its state codes)
    *says("tcp.timed_out.established", SENTENCE, "wait")("has exceeded timeout, disconnecting"),
    *say_each(
        {"rc=-4": "http.response.timed_out", "rc=-3": "tcp.closed", "rc=-2": "tcp.failed"},
        rank=HINT,
        before=r"(?:MQTT|connect|failed)[^\n]{0,60}",
    ),
    # Tasmota
    *say_each(
        {"rc -5": "dns.failed", "rc -4": "http.response.timed_out", "rc -3": "tcp.closed"},
        rank=HINT,
        before=r"connect[^\n]{0,60}",
    ),
    *says("tcp.failed", HINT, "connect")("rc -2", before=r"connect[^\n]{0,60}"),
    *says("service.rejected", OVERRIDE, "wait")(
        "connection refused: not authorized",
        "connection refused, not authori",
        "bad connack return code",
    ),
    *says("service.rejected", OVERRIDE, "wait")(
        "connection refused, bad user",
        "connection refused, server unavailable",
        "connection refused, identifier rejected",
        "connection refused, bad protocol",
    ),
]


# Telephony: Asterisk, PJSIP, FreeSWITCH.

_TELEPHONY: list[TextRule] = [
    *says("http.response.timed_out", SENTENCE, "wait")(
        "no response received from '", then=r"sips?:[^\n]{1,200}"
    ),
    *says("http.response.timed_out", SENTENCE, "wait")(
        " timed out, trying again (attempt", before=r"registration for[^\n]{1,120}"
    ),
    *says("http.response.timed_out", TEXT, "wait")(
        "retransmission timeout reached on transmission", "recovery_on_timer_expire"
    ),
    *says("http.response.timed_out", TEXT, "wait")(
        " is now unreachable", before=r"(?:peer|contact|endpoint|aor)[^\n]{1,120}"
    ),
    *says("service.rejected", SPECIFIC, "wait")(
        "wrong password on authentication", "no matching endpoint found", before=r"\b"
    ),
    *says("service.rejected", SPECIFIC, "wait")(
        " - wrong password",
        "failed to authenticate",
        before=r"(?:registration|request|sip)[^\n]{1,200}",
    ),
    *says("http.error.auth", SENTENCE, "wait")("got sip response 401", "got sip response 403"),
    *says("http.error.unavailable", SENTENCE, "wait")("got sip response 503"),
    *says("http.response.timed_out", SENTENCE, "wait")("request timeout [408]"),
    *says("dns.failed", SENTENCE, "dns")("(pj_eresolve)"),
    *says("dns.name_not_resolved", SPECIFIC, "dns")("pjlib_util_edns_nxdomain"),
    *says(TIMEOUT, TEXT)("(pj_etimedout)"),
    *says("tcp.failed", TEXT)("network_out_of_order", "gateway_down"),
]


# Printing: CUPS and its backends.

_PRINTING: list[TextRule] = [
    *says("dns.name_not_resolved", TEXT, "dns")("unable to locate printer"),
    *says("tcp.timed_out", TEXT, "connect")("the printer is not responding"),
    *says("tcp.address_unreachable.host", SENTENCE, "connect")(
        "the printer is unreachable at this time"
    ),
    *says("tcp.failed", HINT, "connect")(
        "unable to connect to printer", "the printer is not connected", "scheduler not responding"
    ),
    *says("tls.cert.date_invalid.expired", SPECIFIC, "tls")("cups-pki-expired"),
    *says("tls.cert.invalid", SENTENCE, "tls")("cups-pki-invalid", "cups-certificate-error"),
    *says("tls.cert.pinned_key_not_in_cert_chain", SENTENCE, "tls")("cups-pki-changed"),
    *says("http.error.unavailable", SENTENCE, "wait")("server-error-service-unavailable"),
]

# Industry: Modbus, OPC UA (its status codes begin with "Bad").

_OPC_UA: dict[str, tuple[ClueKind, int]] = {
    "badtimeout": ("http.response.timed_out", SENTENCE),
    "badrequesttimeout": ("http.response.timed_out", SENTENCE),
    "badconnectionclosed": ("tcp.closed", SENTENCE),
    "badsecurechannelclosed": ("tcp.closed", SENTENCE),
    "badcommunicationerror": ("tcp.failed", TEXT),
    "badnotconnected": ("tcp.failed", TEXT),
    "badservernotconnected": ("tcp.failed", TEXT),
    "badhostunknown": ("dns.name_not_resolved", SENTENCE),
    "badtcpendpointurlinvalid": ("url.invalid", SENTENCE),
    "badcertificateuntrusted": ("tls.cert.authority_invalid.unknown_issuer", TEXT + 5),
    "badcertificatetimeinvalid": ("tls.cert.date_invalid.expired", TEXT),
    "badcertificatehostnameinvalid": ("tls.cert.name_invalid", SENTENCE),
    "badcertificaterevoked": ("tls.cert.revoked", SENTENCE),
    "badsecuritychecksfailed": ("tls.failed", PHRASE),
    "badidentitytokenrejected": ("service.rejected", SENTENCE),
    "badidentitytokeninvalid": ("service.rejected", SENTENCE),
    "baduseraccessdenied": ("service.rejected", SENTENCE),
    "badtoomanysessions": ("service.rejected", SENTENCE),
}

_INDUSTRY: list[TextRule] = [
    *[rule for name, said in _OPC_UA.items() for rule in says(*said)(name, then=r"\b")],
    *says("http.response.timed_out", SENTENCE, "wait")("no response received from the remote unit"),
]

DEVICES: list[TextRule] = [*_INDUSTRY, *_EMBEDDED, *_TELEPHONY, *_PRINTING]
