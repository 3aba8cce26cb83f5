"""Reference data: a certificate is unacceptable, or one side of TLS does not trust the other."""

from ringback.failure.kind import new_kind

# The server's certificate itself is unacceptable.

CERTIFICATE = (
    new_kind("tls.cert.date_invalid.expired", layer="tls", delivered="no", retry="no")(
        meaning="The server's certificate, or one that signed it, has expired.",
        looks_like={
            "python": "`[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired` (verify code 10)",
            "requests": "`SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired'))`",
            "aiohttp": "`ClientConnectorCertificateError: Cannot connect to host localhost:443 ssl:True [SSLCertVerificationError: (1, '… certificate has expired')]`",
            "curl": "`curl: (60) SSL certificate problem: certificate has expired`",
        },
        causes=(
            "The certificate was not renewed.",
            "It was renewed, but the server was not reloaded and still shows the old one.",
            "An intermediate certificate in the chain has expired, or the client's CA bundle is years old.",
            "This machine's clock is ahead.",
        ),
        do=(
            "Read the dates: `openssl s_client -connect HOST:443 </dev/null | openssl x509 -noout -dates`.",
            "Compare this machine's clock with another: `date -u`, and `curl -sI http://HOST` shows `Date`.",
            "If the server is yours, renew the certificate and reload the server; check every node behind the balancer.",
            "If only old clients fail, update certifi or the system's CA certificates.",
        ),
        dont=(
            "Do not set `verify=False`: then anybody on the path can read and change the traffic.",
            "Do not retry: the certificate does not become valid again.",
        ),
        related=(
            "tls.cert.date_invalid.not_yet_valid",
            "tls.cert.authority_invalid.unknown_issuer",
            "tls.bad_client_auth_cert",
        ),
        also_known_as={
            "curl": "60",
            "chromium": "ERR_CERT_DATE_INVALID",
            "ooni": "ssl_invalid_certificate",
            "grpc": "UNAVAILABLE",
        },
    ),
    new_kind("tls.cert.date_invalid.not_yet_valid", layer="tls", delivered="no", retry="no")(
        meaning="The server's certificate is not valid yet according to this machine's clock.",
        looks_like={
            "python": "`[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate is not yet valid` (verify code 9)",
            "curl": "`curl: (60) SSL certificate problem: certificate is not yet valid`",
        },
        causes=(
            "This machine's clock is behind: a resumed virtual machine, an empty battery, no NTP.",
            "The certificate was issued just now by a machine whose clock is ahead.",
            "The certificate was installed before its first day.",
        ),
        do=(
            "Compare this machine's clock with another: `date -u`, and `curl -sI http://HOST` shows `Date`.",
            "Set the clock: `timedatectl set-ntp true`, or `chronyc makestep`.",
            "Read the dates: `openssl s_client -connect HOST:443 </dev/null | openssl x509 -noout -dates`.",
        ),
        dont=("Do not set `verify=False`: set the clock right.",),
        related=("tls.cert.date_invalid.expired",),
        also_known_as={
            "curl": "60",
            "chromium": "ERR_CERT_DATE_INVALID",
            "ooni": "ssl_invalid_certificate",
        },
    ),
    new_kind("tls.cert.name_invalid", layer="tls", delivered="no", retry="no")(
        meaning="The server's certificate is for another name or address than the one that was called.",
        looks_like={
            "python": "`certificate verify failed: Hostname mismatch, certificate is not valid for 'localhost'.` (62), `IP address mismatch, certificate is not valid for '192.0.2.1'.` (64)",
            "urllib3": "`CertificateError: hostname 'example.test' doesn't match either of '*.example.org', 'example.org'`",
            "curl": "`curl: (60) SSL: no alternative certificate subject name matches target host name 'localhost'`",
        },
        causes=(
            "The service is called by its IP address or by an internal alias.",
            "The server serves its default site because it does not know this name.",
            "The name points to another server: an old DNS record, a hosts file, a captive portal.",
            "The certificate has the name only as Common Name, without a Subject Alternative Name.",
            "A wildcard covers only one level: `*.example.com` is not valid for `a.b.example.com`.",
        ),
        do=(
            "Call the service by a name that its certificate lists (`-ext subjectAltName` of `openssl x509` shows them).",
            "See what is served: `openssl s_client -connect HOST:443 -servername NAME </dev/null | openssl x509 -noout -ext subjectAltName`.",
            "Check where the name leads: `dig +short NAME` and `/etc/hosts`.",
            "If the server is yours, issue a certificate with this name as Subject Alternative Name.",
        ),
        dont=(
            "Do not set `check_hostname=False` or `verify=False`: it may really be another server.",
        ),
        related=("tls.unrecognized_name_alert", "dns.bogus_address", "http.error.captive_portal"),
        also_known_as={
            "curl": "60",
            "chromium": "ERR_CERT_COMMON_NAME_INVALID",
            "ooni": "ssl_invalid_hostname",
        },
    ),
    new_kind("tls.cert.revoked", layer="tls", delivered="no", retry="no")(
        meaning="The server's certificate has been revoked by the authority that issued it.",
        looks_like={
            "python": "`[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate revoked` (verify code 23), where a CRL is checked",
            "curl": "`curl: (60) SSL certificate problem: certificate revoked`",
        },
        causes=(
            "The private key was lost or stolen, and the owner had the certificate revoked.",
            "The authority revoked it because it had been issued in error.",
            "A renewal revoked the old certificate, and a node still shows it.",
        ),
        do=(
            "Tell the owner of the service: the certificate must be replaced.",
            "If the server is yours, issue a certificate with a new key and reload every node.",
            "Compare the serial number with the list: `openssl crl -noout -text -in crl.pem`.",
        ),
        dont=("Do not go on without verification: a revoked key may be in someone else's hands.",),
        related=("tls.cert.invalid", "tls.bad_client_auth_cert"),
        also_known_as={
            "curl": "60",
            "chromium": "ERR_CERT_REVOKED",
            "ooni": "ssl_invalid_certificate",
        },
    ),
    new_kind("tls.cert.invalid", layer="tls", delivered="no", retry="no")(
        meaning="The server's certificate breaks a rule: a weak key, a wrong purpose, a bad chain or a missing extension.",
        looks_like={
            "python": "`certificate verify failed: EE certificate key too weak` (66), `CA signature digest algorithm too weak` (68), `unsuitable certificate purpose` (26), `invalid CA certificate` (79)",
            "python 3.13": "`certificate verify failed: Missing Authority Key Identifier` (85), `Basic Constraints of CA cert not marked critical` (89)",
            "curl": "`curl: (60) SSL certificate problem: CA signature digest algorithm too weak`",
        },
        causes=(
            "An older private CA misses extensions that Python 3.13 and later demand (strict checks are the default there).",
            "The key has under 2048 bits, or the signature uses SHA-1.",
            "The certificate is not meant for servers, or the signer is not a CA.",
            "Name constraints of the CA exclude this host, or the chain is longer than it permits.",
            "A CRL check is on, but no CRL was loaded (3).",
        ),
        do=(
            "Read the certificate: `openssl s_client -connect HOST:443 </dev/null | openssl x509 -noout -text`.",
            "Have the certificate or the CA issued anew, with 2048 bits or more, SHA-256 and the usual extensions.",
            "Until then, clear `ssl.VERIFY_X509_STRICT` in a context that only this host uses.",
        ),
        dont=(
            "Do not set `verify=False` for a rule about one extension.",
            "Do not go back to an old Python to hide a weak CA.",
        ),
        related=(
            "tls.cert.authority_invalid.untrusted_root",
            "tls.cert.revoked",
            "config.tls_files_invalid",
        ),
        also_known_as={
            "curl": "60",
            "chromium": "ERR_CERT_INVALID, ERR_CERT_WEAK_KEY, ERR_CERT_WEAK_SIGNATURE_ALGORITHM",
            "ooni": "ssl_invalid_certificate",
        },
    ),
)


# One side of TLS does not trust the other.

TRUST = (
    new_kind("tls.cert.authority_invalid.self_signed", layer="tls", delivered="no", retry="no")(
        meaning="The server's certificate is self-signed, and this client is not configured to trust it.",
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
    new_kind("tls.cert.authority_invalid.untrusted_root", layer="tls", delivered="no", retry="no")(
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
    new_kind("tls.cert.authority_invalid.unknown_issuer", layer="tls", delivered="no", retry="no")(
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
            "`SSL_CERT_FILE` points to a file that does not exist, which `urllib` treats as an empty store.",
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
    new_kind("tls.cert.pinned_key_not_in_cert_chain", layer="tls", delivered="no", retry="no")(
        meaning="The server's certificate or key is not the one that this program expects (pinning).",
        looks_like={
            "urllib3": '`SSLError: Fingerprints did not match. Expected "…", got "…"`',
            "aiohttp": "`ServerFingerprintMismatch`",
            "curl": "`curl: (90) SSL: public key does not match pinned public key`",
        },
        causes=(
            "The certificate was renewed, and the pin was not updated.",
            "The pin is that of one node, and the balancer chose another.",
            "TLS is inspected on the path, or another machine answers in place of the server.",
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
    new_kind("tls.bad_client_auth_cert", layer="tls", delivered="no", retry="no")(
        meaning="The server requires a client certificate, and none was sent or it was rejected.",
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
            "A TLS-inspecting proxy on the path drops it.",
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
