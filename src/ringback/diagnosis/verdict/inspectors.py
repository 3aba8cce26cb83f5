"""Who looks into TLS on behalf of a network's owner, or of this host's, by the issuer's name."""

_NAMES = """
adguard avast barracuda bitdefender bluecoat checkpoint cyberoam decryption fiddler firewall
forcepoint fortigate fortinet iboss inspection intercept interception kaspersky kerio
lightspeed mitmproxy netskope nortonlifelock portswigger proxyman qustodio sangfor securly
smoothwall sonicwall sophos squid stormshield trendmicro umbrella untangle watchguard websense
zscaler
"""
_PHRASES = (
    "anti-virus",
    "antivirus",
    "blue coat",
    "cato networks",
    "charles proxy",
    "check point",
    "cisco secure web",
    "cloudflare gateway",
    "content filter",
    "corporate proxy",
    "dr.web",
    "eset ssl",
    "gateway ca - cloudflare",
    "mail shield",
    "mcafee web",
    "menlo security",
    "norton web",
    "palo alto",
    "proxy ca",
    "skyhigh security",
    "ssl filter",
    "ssl proxy",
    "symantec web",
    "tls proxy",
    "trend micro",
    "web filter",
    "web gateway",
    "web shield",
)


def inspects(issuer: str) -> bool:
    """Return whether the name of an issuer is that of a product which ends TLS to look into it.

    Args:
        issuer: Its name, as ``CN=…, O=…``.
    """
    text = issuer.lower()
    return any(word in text for word in (*_NAMES.split(), *_PHRASES))
