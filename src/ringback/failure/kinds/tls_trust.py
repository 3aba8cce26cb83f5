"""Reference data: one side of TLS does not trust the other."""

from ringback.failure.kind import Kind

TRUST = (
    Kind(
        name="tls.cert.authority_invalid.self_signed",
        layer="tls",
        delivered="no",
        retry="no",
        meaning="The server's certificate is signed by itself, and this client has not been told to trust it.",
        looks_like={
            "python": "`[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate` (verify code 18; OpenSSL 1.1 wrote `self signed certificate`)",
            "curl": "`curl: (60) SSL certificate problem: self-signed certificate`",
        },
        causes=(
            "It is a development server, an appliance or a fresh installation.",
            "The server shows its default certificate because the real one is not configured.",
            "Something between here and the server answers in its place.",
        ),
        do=(
            "Get the certificate from the server's owner and trust that file: `verify='server.pem'`.",
            "Give the service a certificate from a CA: your own, or a public one.",
            "In development, use a local CA such as mkcert, and trust that CA.",
        ),
        dont=(
            "Do not set `verify=False`: it accepts any certificate, not only this one.",
            "Do not trust a certificate fetched over the connection in question without comparing its fingerprint.",
        ),
        related=(
            "tls.cert.authority_invalid.untrusted_root",
            "tls.cert.authority_invalid.unknown_issuer",
        ),
        also_known_as={
            "curl": "60",
            "chromium": "ERR_CERT_AUTHORITY_INVALID",
            "ooni": "ssl_unknown_authority",
        },
    ),
    Kind(
        name="tls.cert.authority_invalid.untrusted_root",
        layer="tls",
        delivered="no",
        retry="no",
        meaning="The certificate chain ends in a root that this client does not trust.",
        looks_like={
            "python": "`[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in certificate chain` (verify code 19)",
            "requests": "`SSLError(SSLCertVerificationError(1, '… self-signed certificate in certificate chain'))`",
            "curl": "`curl: (60) SSL certificate problem: self-signed certificate in certificate chain`",
        },
        causes=(
            "The company inspects TLS, and its root is in the system's store but not in certifi.",
            "The service uses a private CA.",
            "A captive portal or an attacker answers in place of the server.",
        ),
        do=(
            "Read who signed it: `openssl s_client -connect HOST:443 </dev/null`; a company's name means inspection.",
            "Use the system's trust store, where the company's root usually is: `pip install truststore`.",
            "Or point to a bundle with that root: `REQUESTS_CA_BUNDLE=/path/ca.pem`, `SSL_CERT_FILE=/path/ca.pem`.",
            "In containers, add the root to the image: `update-ca-certificates`.",
        ),
        dont=(
            "Do not set `verify=False`: it would also accept the attacker.",
            "Do not edit certifi's own file: the next update overwrites it.",
        ),
        related=(
            "tls.cert.authority_invalid.unknown_issuer",
            "tls.cert.authority_invalid.self_signed",
            "http.error.captive_portal",
        ),
        also_known_as={
            "curl": "60",
            "chromium": "ERR_CERT_AUTHORITY_INVALID",
            "ooni": "ssl_unknown_authority",
        },
    ),
    Kind(
        name="tls.cert.authority_invalid.unknown_issuer",
        layer="tls",
        delivered="no",
        retry="no",
        meaning="The certificate of the authority that issued the server's certificate could not be found.",
        looks_like={
            "python": "`[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate` (verify code 20), `unable to verify the first certificate` (21)",
            "requests": "`SSLError(SSLCertVerificationError(1, '… unable to get local issuer certificate'))`",
            "curl": "`curl: (60) SSL certificate problem: unable to get local issuer certificate`",
        },
        causes=(
            "The server does not send its intermediate certificate; browsers fetch it, Python does not.",
            "The CA bundle is missing or empty, so that every site fails (a slim container, python.org's macOS Python).",
            "The service uses a private CA, or the company inspects TLS.",
            "`SSL_CERT_FILE` points to a file that is not there, which `urllib` takes as an empty store.",
        ),
        do=(
            "Try another https site: if all fail, this machine's CA bundle is missing; if one, its server's chain.",
            "For the bundle: `apt-get install ca-certificates`, `pip install -U certifi`, or on macOS `Install Certificates.command`.",
            "For the chain: `openssl s_client -connect HOST:443 -showcerts </dev/null` must list more than one certificate.",
            "If the server is yours, configure the full chain (`fullchain.pem`).",
            "For a private CA, set `REQUESTS_CA_BUNDLE` or `SSL_CERT_FILE`, or use `truststore`.",
        ),
        dont=("Do not set `verify=False`: it hides a missing file by giving up the protection.",),
        related=(
            "tls.cert.authority_invalid.untrusted_root",
            "config.tls_files_invalid",
            "tls.cert.authority_invalid.self_signed",
        ),
        also_known_as={
            "curl": "60",
            "chromium": "ERR_CERT_AUTHORITY_INVALID",
            "ooni": "ssl_unknown_authority",
        },
    ),
    Kind(
        name="tls.cert.pinned_key_not_in_cert_chain",
        layer="tls",
        delivered="no",
        retry="no",
        meaning="The server's certificate or key is not the one that this program was told to expect.",
        looks_like={
            "urllib3": '`SSLError: Fingerprints did not match. Expected "…", got "…"`',
            "aiohttp": "`ServerFingerprintMismatch`",
            "curl": "`curl: (90) SSL: public key does not match pinned public key`",
        },
        causes=(
            "The certificate was renewed, and the pin was not updated.",
            "The pin is that of one node, and the balancer chose another.",
            "TLS is inspected on the way, or someone answers in place of the server.",
        ),
        do=(
            "Ask the owner whether the certificate changed, and compare fingerprints over another channel.",
            "Show the present one: `openssl s_client -connect HOST:443 </dev/null | openssl x509 -noout -fingerprint -sha256`.",
            "Pin the public key and keep a second pin for the next key, so that a renewal does not break the call.",
        ),
        dont=(
            "Do not take the new fingerprint from the connection itself without comparing: that is what pinning is for.",
        ),
        related=(
            "tls.cert.authority_invalid.untrusted_root",
            "tls.cert.name_invalid",
        ),
        also_known_as={
            "curl": "90",
            "chromium": "ERR_SSL_PINNED_KEY_NOT_IN_CERT_CHAIN",
        },
    ),
    Kind(
        name="tls.bad_client_auth_cert",
        layer="tls",
        delivered="no",
        retry="no",
        meaning="The server wants a client certificate, and none was sent or it was rejected.",
        looks_like={
            "python": "`[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required` (alert 116), `[SSL: TLSV1_ALERT_UNKNOWN_CA] tlsv1 alert unknown ca` (48), `[SSL: SSLV3_ALERT_BAD_CERTIFICATE]` (42), `[SSL: SSLV3_ALERT_CERTIFICATE_EXPIRED]` (45)",
            "httpx": "`ReadError: [SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] …`; asynchronous: `ReadError` with an empty text",
            "aiohttp": "`ClientOSError: [Errno 1] [SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required`",
            "curl": "`curl: (56) OpenSSL SSL_read: … tlsv13 alert certificate required, errno 0`",
        },
        causes=(
            "The client certificate was not given to this session.",
            "It has expired or was revoked.",
            "It was issued by another CA than the one that the server trusts, or its chain is incomplete.",
            "A TLS-inspecting proxy on the way drops it.",
        ),
        do=(
            "Give the certificate and its key: `cert=('client.pem', 'client.key')`, or `load_cert_chain()`.",
            "Read its dates and issuer: `openssl x509 -noout -dates -issuer -in client.pem`.",
            "Try it outside Python: `openssl s_client -connect HOST:443 -cert client.pem -key client.key </dev/null`.",
            "Send the intermediates too, by appending them to the certificate's file.",
            "Ask the owner of the server which CA it accepts, and exempt the host from TLS inspection.",
        ),
        dont=(
            "Do not take it for a fault of the server's certificate: `verify` and CA bundles do not matter here.",
            "Do not retry: in TLS 1.3 the rejection comes after the handshake and looks like a read error.",
        ),
        related=(
            "tls.version_or_cipher_mismatch",
            "tls.closed",
            "tcp.reset",
            "config.tls_files_invalid",
        ),
        also_known_as={
            "curl": "98, 56, 58",
            "chromium": "ERR_BAD_SSL_CLIENT_AUTH_CERT, ERR_SSL_CLIENT_AUTH_CERT_NEEDED",
            "ooni": "ssl_failed_handshake",
        },
    ),
)
