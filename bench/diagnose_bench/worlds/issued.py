"""Certificates of the corpus; they are added to those of the worlds of the gate.

The tables name them as they name those of ``e2e.certificates``.
"""

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from e2e.certificates import (
    AUTHORITIES,
    BRIEF,
    ISSUED,
    NAME,
    authority,
    chain,
    issue,
    pem_file,
)


def chain_to(subject, *issuers):
    above = [authority(issuer) for issuer in issuers]
    return issue(subject, above[0]).pem(*above)


AUTHORITIES |= {
    "company root": lambda: issue(
        "Acme Internal Root", authority=True, organisation="Acme Ltd", days=(-900, 900)
    ),
    "company": lambda: issue(
        "Acme Internal Issuing CA 3",
        authority("company root"),
        authority=True,
        organisation="Acme Ltd",
        days=(-900, 900),
    ),
    "expired intermediate": lambda: issue(
        "Example Trust Issuing CA 1", authority("root"), authority=True, days=(-900, -3)
    ),
    "cloud proxy": lambda: issue(
        "ca.acme.goskope.com", authority=True, organisation="Netskope Inc", days=(-900, 900)
    ),
    "old root": lambda: issue("Example Old Root", authority=True, days=(-3000, -2)),
    "policy": lambda: issue(
        "Example Trust Policy CA", authority("root"), authority=True, days=(-900, 900)
    ),
    "lower": lambda: issue(
        "Example Trust TLS CA G3", authority("policy"), authority=True, days=(-900, 900)
    ),
    "old policy": lambda: issue(
        "Example Trust Policy CA 0", authority("root"), authority=True, days=(-900, -5)
    ),
    "under old policy": lambda: issue(
        "Example Trust TLS CA G1", authority("old policy"), authority=True, days=(-900, 900)
    ),
    "elsewhere only": lambda: issue(
        "Example Trust Partner CA",
        authority("root"),
        authority=True,
        days=(-900, 900),
        further=[
            x509.NameConstraints(
                permitted_subtrees=[x509.DNSName("example.net")], excluded_subtrees=None
            )
        ],
    ),
    "weak intermediate": lambda: issue(
        "Example Trust Old CA",
        authority("root"),
        authority=True,
        days=(-900, 900),
        key=rsa.generate_private_key(65537, 1024),
    ),
    "eset": lambda: issue("ESET SSL Filter CA", authority=True, organisation="ESET, spol. s r. o."),
    "cato": lambda: issue("Cato Networks CA", authority=True, organisation="Cato Networks"),
    "crossed root": lambda: issue(
        "Example Trust Root",
        authority("old root"),
        authority=True,
        days=(-900, -2),
        key=authority("root").key,
    ),
    "no authority": lambda: issue("host.example.org", authority("root")),
    "next intermediate": lambda: issue(
        "Example Trust Issuing CA 9", authority("root"), authority=True, days=(3, 900)
    ),
    "short": lambda: issue(
        "Example Trust Short CA", authority("root"), authority=True, days=(-9, 900), length=0
    ),
    "below short": lambda: issue(
        "Example Trust Lower CA", authority("short"), authority=True, days=(-9, 900)
    ),
    "debugger": lambda: issue("mitmproxy", authority=True, organisation="mitmproxy"),
    "virus scanner": lambda: issue(
        "Kaspersky Anti-Virus Personal Root Certificate",
        authority=True,
        organisation="AO Kaspersky Lab",
    ),
    "appliance": lambda: issue(
        "FGT60F1234567890", authority=True, organisation="Fortinet", days=(-900, 900)
    ),
}

ISSUED |= {
    "company_expired": lambda: chain(NAME, "company", days=(-400, -20)),
    "idna": lambda: chain("xn--bcher-kva.example.org"),
    "ending": lambda: chain(NAME, days=(-88, 2)),
    "expired_an_hour_ago": lambda: chain(NAME, days=(-90, -1 / 24)),
    "expired_long_ago": lambda: chain(NAME, days=(-800, -400)),
    "expired_intermediate": lambda: chain(NAME, "expired intermediate", days=(-30, 60)),
    "two_years_ago": lambda: chain(NAME, days=(-790, -700)),
    "in_an_hour": lambda: chain(NAME, days=(1 / 24, 90)),
    "wrong_name_expired": lambda: chain("other.example.net", days=(-91, -1)),
    "self_signed_expired": lambda: issue(NAME, days=(-91, -1)).pem(),
    "inspected_in_the_cloud": lambda: chain(NAME, "cloud proxy", days=(-1, 30)),
    "inspected_leaf_only": lambda: issue(NAME, authority("appliance")).pem(),
    "under_old_root": lambda: chain(NAME, "old root"),
    "without_names": lambda: chain(NAME, names=None),
    "out_of_order": lambda: issue(NAME, authority("lower")).pem(
        authority("policy"), authority("root"), authority("lower")
    ),
    "with_root": lambda: chain_to(NAME, "intermediate", "root"),
    "three": lambda: chain_to(NAME, "lower", "policy"),
    "link_missing": lambda: chain_to(NAME, "lower"),
    "wrong_intermediate": lambda: issue(NAME, authority("intermediate")).pem(authority("policy")),
    "expired_above": lambda: chain_to(NAME, "under old policy", "old policy"),
    "company": lambda: chain_to(NAME, "company"),
    "company_alone": lambda: issue(NAME, authority("company")).pem(),
    "company_with_root": lambda: chain_to(NAME, "company", "company root"),
    "partial_wildcard": lambda: chain("w*.example.org"),
    "outside_constraint": lambda: chain_to(NAME, "elsewhere only"),
    "eset": lambda: issue(NAME, authority("eset")).pem(authority("eset")),
    "cato": lambda: issue(NAME, authority("cato")).pem(),
    "edwards": lambda: issue(
        NAME, authority("root"), key=ed25519.Ed25519PrivateKey.generate()
    ).pem(),
    "many_names": lambda: chain(
        NAME, names=(NAME, *(f"n{i:04}.a-rather-long-label.example.org" for i in range(1500)))
    ),
    "crossed": lambda: issue(NAME, authority("intermediate")).pem(
        authority("intermediate"), authority("crossed root")
    ),
    "by_no_authority": lambda: chain_to(NAME, "no authority"),
    "not_yet_above": lambda: chain_to(NAME, "next intermediate"),
    "short_path": lambda: chain_to(NAME, "below short", "short"),
    "capitals": lambda: chain("x.example.org", names=("WWW.EXAMPLE.ORG",)),
    "rsa": lambda: issue(
        NAME, authority("rsa root"), key=rsa.generate_private_key(65537, 2048)
    ).pem(),
    "under_weak": lambda: chain_to(NAME, "weak intermediate"),
    "bare_domain": lambda: chain("example.org"),
    "any_name": lambda: chain("example.org", names=("*.example.org",)),
    "too_deep": lambda: chain(NAME, names=("*.www.example.org",)),
    "address_as_name": lambda: issue(NAME, authority("root"), names=("198.51.100.2.", NAME)).pem(),
    "expired_alone": lambda: issue(NAME, authority("intermediate"), days=(-91, -1)).pem(),
    "hotel": lambda: issue("login.hotel.test").pem(),
    "debugged": lambda: chain_to(NAME, "debugger"),
    "scanned": lambda: issue(NAME, authority("virus scanner"), days=(-1, 300)).pem(),
    "issued_in_ten_minutes": lambda: chain(NAME, days=(10 / 1440, 90)),
    "expired_five_minutes_ago": lambda: chain(NAME, days=(-90, -5 / 1440)),
}

BRIEF |= {"issued_in_ten_minutes", "expired_five_minutes_ago"}


def own_file(name):
    """Return the PEM file of what a server presents, for a client that trusts this very thing."""
    return pem_file(name, ISSUED[name])


_SMALL_GROUP = b"""\
-----BEGIN DH PARAMETERS-----
MIGHAoGBAP//////////yQ/aoiFowjTExmKLgNwc0SkCTgiKZ8x0Agu+pjsTmyJR
Sgh5jjQE3e+VGbPNOkMbMCsKbfJfFDdP4TVtbVHCReSFtXZiXn7G9ExC6aY37WsL
/1y29Aa37e44a/taiZ+lrp8kEXxLH+ZJKGZR7OZTgf//////////AgEC
-----END DH PARAMETERS-----
"""
"""For Diffie-Hellman: the second group of Oakley, 1,024 bits (RFC 2409)."""


def small_group():
    """Return a file with a group for Diffie-Hellman that is too small today."""
    return pem_file("small-group", lambda: _SMALL_GROUP)


def openssl_settings(text):
    """Return a configuration file of OpenSSL whose defaults for every context are ``text``."""
    whole = (
        "openssl_conf = all\n[all]\nssl_conf = tls\n[tls]\nsystem_default = defaults\n"
        f"[defaults]\n{text}\n"
    )
    return pem_file(f"openssl-{text.replace(' ', '')}", whole.encode)
