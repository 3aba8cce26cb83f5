"""Errors that a library or a browser names by a symbol alone, without a sentence.

Said by: NSS' ``SSLerrs.h``, NSPR's ``prerr.h``, Gecko's ``ErrorList.py``; Chromium's
``net_error_list.h``; ``gnutls.h``; Node's, undici's and got's codes. Those with a rule beside the
sentences of their program stand there.
"""

from ringback.failure.clue import SPECIFIC, TEXT, TIMEOUT, ClueKind
from ringback.failure.names import KindName
from ringback.failure.text.rule import PHRASE, SENTENCE, TextRule, say_each, says

_NSS: dict[KindName, str] = {
    "tls.version_or_cipher_mismatch": (
        "export_only_server us_only_server no_ciphers_supported ssl2_disabled ssl_disabled"
        " unknown_cipher_suite insufficient_security_alert export_restriction_alert"
        " next_protocol_no_protocol no_supported_signature_algorithm"
        " unsupported_signature_algorithm missing_extended_master_secret missing_key_share"
    ),
    "tls.cert.invalid": (
        "bad_certificate wrong_certificate unsupported_certificate_type weak_server_cert_key"
        " pub_key_size_limit_exceeded"
    ),
    "tls.bad_client_auth_cert": "no_certificate no_certificate_alert unsupported_cert_alert",
    "tls.protocol.error": (
        "bad_client bad_server bad_block_padding tx_record_too_long rx_unknown_record_type"
        " rx_unknown_handshake rx_unknown_alert handshake_unexpected_alert decompression_failure"
        " decompression_failure_alert illegal_parameter illegal_parameter_alert"
        " decode_error_alert decrypt_error_alert no_renegotiation_alert renegotiation_not_allowed"
        " unsupported_extension_alert decryption_failure mac_computation_failure"
        " bad_cert_status_response_alert bad_cert_hash_value_alert rx_short_dtls_read"
    ),
    "tls.closed": "close_notify_alert",
    "tls.failed": (
        "generate_random_failure sign_hashes_failure extract_public_key_failure"
        " server_key_exchange_failure client_key_exchange_failure encryption_failure"
        " init_cipher_suite_failure session_key_gen_failure user_canceled_alert"
    ),
    "tcp.closed": "socket_write_failure",
}
_GECKO: dict[str, ClueKind] = {
    "pr_connect_timeout_error": "tcp.timed_out",
    "pr_host_unreachable_error": "tcp.address_unreachable.host",
    "pr_io_timeout_error": TIMEOUT,
    "pr_not_connected_error": "tcp.closed",
    "pr_connect_aborted_error": "tcp.aborted",
    "pr_directory_lookup_error": "dns.name_not_resolved",
    "pr_network_down_error": "tcp.address_unreachable.network",
    "pr_socket_shutdown_error": "tcp.closed",
    "ns_error_net_http3_protocol_error": "http.protocol.error",
    "ns_error_corrupted_content": "http.protocol.error",
    "ns_error_not_connected": "tcp.closed",
    "ns_error_dns_lookup_queue_full": "client.resources_exhausted",
    "ns_error_port_access_not_allowed": "tcp.address_unreachable.prohibited",
    "ns_error_too_many_requests": "http.error.rate_limited",
    "ns_error_proxy_too_many_requests": "proxy.upstream_failed",
}
_CHROMIUM: dict[str, KindName] = {
    "alpn_negotiation_failed": "tls.version_or_cipher_mismatch",
    "tls13_downgrade_detected": "tls.protocol.error",
    "cert_symantec_legacy": "tls.cert.invalid",
    "cert_known_interception_blocked": "tls.cert.invalid",
    "ech_not_negotiated": "tls.failed",
    "ech_fallback_certificate_invalid": "tls.failed",
    "client_auth_cert_type_unsupported": "tls.bad_client_auth_cert",
    "ws_protocol_error": "http.protocol.error",
    "incomplete_http2_headers": "h2.protocol.error",
    "content_decoding_init_failed": "http.response.invalid.content_decoding",
    "no_buffer_space": "client.resources_exhausted",
    "pac_script_failed": "config.proxy_invalid",
    "proxy_http_1_1_required": "proxy.protocol_error",
    "unsupported_auth_scheme": "http.error.auth",
    "missing_auth_credentials": "http.error.auth",
    "misconfigured_auth_environment": "http.error.auth",
    "blocked_by_administrator": "tcp.address_unreachable.prohibited",
}
_GNUTLS: dict[str, KindName] = {
    "fatal_alert_received": "tls.failed",
    "unexpected_packet_length": "tls.protocol.error.not_tls",
    "unsupported_version_packet": "tls.version_or_cipher_mismatch",
    "push_error": "tcp.closed",
    "pull_error": "tls.closed",
    "timedout": "tls.timed_out",
    "certificate_verification_error": "tls.cert.invalid",
    "certificate_error": "tls.cert.invalid",
    "no_cipher_suites": "tls.version_or_cipher_mismatch",
    "dh_prime_unacceptable": "tls.version_or_cipher_mismatch",
    "decryption_failed": "tls.protocol.error",
    "unexpected_packet": "tls.protocol.error",
    "no_certificate_found": "tls.bad_client_auth_cert",
}
_NODE: dict[str, ClueKind] = {
    "eai_family": "dns.failed",
    "eai_service": "dns.failed",
    "err_tls_dh_param_size": "tls.version_or_cipher_mismatch",
    "err_stream_premature_close": "tcp.closed",
    "err_non_2xx_3xx_response": "http.error",
    "err_unsupported_protocol": "url.scheme_invalid",
    "err_body_parse_failure": "http.response.unexpected_content",
    "und_err_invalid_arg": "request.invalid",
}
_WHOLE = r"(?!\w)"

SYMBOLS: list[TextRule] = [
    *[
        rule
        for kind, names in _NSS.items()
        for rule in says(kind, SPECIFIC, "tls")(
            *(f"ssl_error_{name}" for name in names.split()), then=_WHOLE
        )
    ],
    *say_each(_GECKO, rank=SPECIFIC, then=_WHOLE),
    *say_each(
        {f"err_{name}": kind for name, kind in _CHROMIUM.items()}, rank=SENTENCE, then=_WHOLE
    ),
    *say_each(
        {f"gnutls_e_{name}": kind for name, kind in _GNUTLS.items()},
        rank=SENTENCE,
        phase="tls",
        then=_WHOLE,
    ),
    *say_each(_NODE, rank=PHRASE, then=_WHOLE),
    *says(TIMEOUT, SPECIFIC, "connect")("err_socket_connection_timeout"),
    # Rust's io::ErrorKind, beside which the words usually say more
    *says(TIMEOUT, PHRASE)("kind: timedout"),
    *says("tcp.closed", PHRASE)("kind: unexpectedeof", "kind: brokenpipe"),
    *says("tls.cert.name_invalid", TEXT, "tls")("code: 'hostname_mismatch'"),
]
