"""Rules about the name: it has an address, but not the right one."""

from ipaddress import ip_address

from ringback.diagnosis.model import Alternative, Reading
from ringback.diagnosis.verdict.evidence import Evidence, family, is_loopback, is_unusable
from ringback.diagnosis.verdict.lookup import configured, servers_of, with_addresses, with_lookup
from ringback.diagnosis.verdict.rule import Finding, Rule
from ringback.diagnosis.verdict.rules.resolver import TRY_ANOTHER


def _search_trap(evidence: Evidence) -> Finding | None:
    found = evidence.first("name", "search_domain")
    if found is None or not evidence.addresses or evidence.served:
        return None
    if not found.facts.get("answered"):
        return None
    return Finding(
        f"{evidence.host} was answered as {found.facts['answered']}: a search domain was added.",
        (found,),
    )


def _hosts_file(evidence: Evidence) -> Finding | None:
    entry = evidence.first("host", "hosts_file")
    if entry is None or evidence.served:
        return None
    known = with_addresses(evidence.all("name", "nameserver"))
    real = {a for one in known for a in one.facts["answers"]} or _by_definition(evidence.host)
    listed = {_usual(address) for address in entry.facts.get("addresses") or ()}
    if not real or listed & real or not listed & set(evidence.addresses):
        return None
    return Finding(
        f"Line {entry.facts.get('line')} of {entry.facts.get('path')} sends {evidence.host} to "
        f"{' and '.join(sorted(listed)[:3])}; {'DNS says' if known else 'it is to be'} "
        f"{' and '.join(sorted(real)[:3])}.",
        with_lookup(evidence, [entry, *known]),
    )


def _by_definition(host: str) -> set[str]:
    """The addresses that a name has by itself (RFC 6761, section 6.3)."""
    local = host.lower().rstrip(".").rpartition(".")[2] == "localhost"
    return {"127.0.0.1", "::1"} if local else set()


def _usual(address: str) -> str:
    """An address as ``getaddrinfo`` writes it."""
    return str(ip_address(address)) if family(address) else address


def _bogus(evidence: Evidence) -> Finding | None:
    if not evidence.named or evidence.served or evidence.host.rstrip(".").endswith("localhost"):
        return None
    bogus = [one for one in evidence.addresses if _cannot_be(one)]
    if not bogus or evidence.first("host", "hosts_file"):
        return None
    return Finding(
        f"{evidence.host} resolves to {bogus[0]}, which cannot be the service.",
        with_lookup(evidence, with_addresses(configured(evidence))),
    )


def _cannot_be(address: str) -> bool:
    return address == "127.0.53.53" or is_unusable(address) or is_loopback(address)


def _inventing(evidence: Evidence) -> list[Reading]:
    """The resolvers that give the used address for names that do not exist, too."""
    lies = evidence.all("name", "hijack", hijacked=True)
    used = set(evidence.addresses)
    return [one for one in lies if used & set(one.facts.get("answers") or ())]


def _portal(evidence: Evidence) -> Finding | None:
    """The answer for an invented address is that of whoever invents it, but for a certificate."""
    lies = _inventing(evidence)
    answers = [one for one in evidence.all("http", "request") if one.facts.get("status")]
    if not lies or not answers or evidence.asked.get("tls"):
        return None
    return Finding(
        f"Not {evidence.host} answers: the resolver {servers_of(lies)} gives the address "
        f"{evidence.addresses[0]} for every name, as a network does before the login.",
        (*with_lookup(evidence, lies), *answers),
        alternatives=(
            Alternative(
                kind="dns.bogus_address",
                cause="dns_hijacked",
                where="DNS",
                summary="The resolver invents addresses for names that do not exist.",
                check="ask another resolver: `dig NAME @ADDRESS`",
            ),
        ),
    )


def _hijacked(evidence: Evidence) -> Finding | None:
    lies = _inventing(evidence)
    if not lies or evidence.served:
        return None
    return Finding(
        f"The resolver {servers_of(lies)} invents addresses for names that do not exist.",
        with_lookup(evidence, lies),
        alternatives=(
            Alternative(
                kind="http.error.captive_portal",
                cause="captive_portal",
                where="this network",
                summary="The network sends every name to its login page (captive portal).",
                check="open any `http://` page in a browser: it asks to log in",
            ),
        ),
    )


def _lied(evidence: Evidence) -> Finding | None:
    """The address that was used leads nowhere, another resolver knows one that is open."""
    if evidence.reached or not evidence.addresses:
        return None
    better = evidence.all("neighbours", "connect", role="other_answer", outcome="open")
    if not better:
        return None
    good = {one.facts.get("address") for one in better}
    known = with_addresses(evidence.all("name", "nameserver"))
    right = [one for one in known if good & set(one.facts["answers"])]
    wrong = [one for one in known if set(one.facts["answers"]) & set(evidence.addresses)]
    return Finding(
        f"{servers_of(wrong)} sends {evidence.host} to {evidence.addresses[0]}, which does not "
        f"work; {servers_of(right)} to {better[0].facts.get('address')}, which does.",
        (*better, *wrong, *right),
    )


WRONG_ADDRESS = (
    Rule(
        cause="hosts_file_override",
        kind="dns.bogus_address",
        where="this host",
        meaning="An entry of the hosts file sends the name elsewhere than DNS does.",
        decided_by="the address is in the hosts file and in no nameserver's answer, and fails",
        when=_hosts_file,
        advice=("Remove or correct the line in the hosts file, then try again.",),
    ),
    Rule(
        cause="captive_portal",
        kind="http.error.captive_portal",
        where="this network",
        meaning="The network sends every name to its login page.",
        decided_by="a random name gets the same address, which answers plain HTTP",
        when=_portal,
        confidence=0.8,
    ),
    Rule(
        cause="dns_hijacked",
        kind="dns.bogus_address",
        where="DNS",
        meaning="The resolver invents addresses for names that do not exist.",
        decided_by="a random name of the same zone gets the same address",
        when=_hijacked,
        advice=TRY_ANOTHER,
    ),
    Rule(
        cause="bogus_address",
        kind="dns.bogus_address",
        where="DNS",
        meaning="The name resolves to an address that cannot be the service.",
        decided_by="0.0.0.0, ::, 127.0.53.53, a multicast, reserved, IPv6 link-local or loopback "
        "address, and the name is not localhost",
        when=_bogus,
    ),
    Rule(
        cause="resolvers_disagree",
        kind="dns.bogus_address",
        where="DNS",
        meaning="The configured resolvers give different addresses, and those that were used fail.",
        decided_by="another resolver's answer is open, the one that was used is not",
        when=_lied,
        advice=TRY_ANOTHER,
    ),
    Rule(
        cause="search_domain_trap",
        kind="dns.bogus_address",
        where="this host",
        meaning="A search domain made another name of the one that was asked for.",
        decided_by="the name was answered only with a search domain behind it, and fails",
        when=_search_trap,
        advice=("Write the whole name, with a dot at its end where the client allows it.",),
    ),
)
