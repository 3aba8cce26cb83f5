"""Rules about the name: it has no address, or not the right one."""

from ipaddress import ip_address

from ringback.diagnosis.facts import (
    GetaddrinfoFacts,
    HijackFacts,
    NameserverFacts,
    NeighbourFacts,
    RequestFacts,
    SearchDomainFacts,
)
from ringback.diagnosis.host_facts import HostsFileFacts, ResolverConfigFacts
from ringback.diagnosis.model import Alternative
from ringback.diagnosis.sorts import ReadingOf
from ringback.diagnosis.verdict.evidence import (
    Evidence,
    answered_late,
    coded,
    configured,
    family,
    is_loopback,
    is_unresolved,
    is_unusable,
    others,
    servers_of,
    unresolved_answers,
    with_addresses,
    with_lookup,
)
from ringback.diagnosis.verdict.rule import Finding, need, new_rule

# Rules about the name: it has no address.


def _missing_here_only(evidence: Evidence) -> Finding | None:
    elsewhere = with_addresses(others(evidence))
    missing = coded(evidence, "NXDOMAIN") or coded(evidence, "NOERROR")
    if not elsewhere or not missing:
        return None
    return Finding(
        f"{evidence.host} exists according to {servers_of(elsewhere)}, but not according to "
        f"{servers_of(missing)}, which this host uses.",
        with_lookup(evidence, [*missing, *elsewhere]),
    )


def _dangling(evidence: Evidence) -> Finding | None:
    cut = need([reading for reading in unresolved_answers(evidence) if reading.facts["dangling"]])
    chain = cut[0].facts["cnames"] or ("another name",)
    return Finding(
        f"{evidence.host} is an alias of {chain[-1]}, which has no address.",
        with_lookup(evidence, cut),
        kind="dns.name_not_resolved" if cut[0].facts["rcode"] == "NXDOMAIN" else None,
    )


def _name_missing(evidence: Evidence) -> Finding | None:
    missing = need(coded(evidence, "NXDOMAIN"))
    return Finding(
        f"The name {evidence.host} does not exist (NXDOMAIN from {servers_of(missing)}).",
        with_lookup(evidence, missing),
    )


def _missing_late(evidence: Evidence) -> Finding | None:
    """The system's lookup waits longer than the questions beside it, and has an answer."""
    asked = need(answered_late(evidence))
    lookup = evidence.all(GetaddrinfoFacts)[0]
    gone = lookup.kind == "dns.name_not_resolved"
    return Finding(
        f"The name {evidence.host} {'does not exist' if gone else 'has no address'}, says this "
        f"host's own lookup after {lookup.seconds:.1f} s; {servers_of(asked)} is slow.",
        with_lookup(evidence, asked),
        kind=lookup.kind,
        confidence=0.8,
        alternatives=(
            Alternative(
                kind="dns.unreachable",
                cause="resolver_silent",
                where="DNS",
                summary="The resolver does not answer, and this system treats that as NXDOMAIN.",
                check="`dig NAME @ADDRESS` with a long `+time`",
            ),
        ),
    )


def _without_address(evidence: Evidence) -> Finding | None:
    empty = need(coded(evidence, "NOERROR"))
    return Finding(
        f"The name {evidence.host} exists, but has no address (neither A nor AAAA).",
        with_lookup(evidence, empty),
    )


def _disagree(evidence: Evidence) -> Finding | None:
    """The first resolver says there is no such name, and another knows it."""
    if not is_unresolved(evidence):
        return None
    asked = configured(evidence)
    known = with_addresses(asked)
    denied = [reading for reading in asked if reading.facts["rcode"] in {"NXDOMAIN", "NOERROR"}]
    servers = {reading.facts["server"] for reading in known}
    denied = [reading for reading in denied if reading.facts["server"] not in servers]
    if not known or not denied:
        return None
    return Finding(
        f"{servers_of(denied)} says that {evidence.host} does not exist; {servers_of(known)} resolves it.",
        with_lookup(evidence, [*denied, *known]),
    )


def _nsswitch(evidence: Evidence) -> Finding | None:
    known = with_addresses(configured(evidence))
    if not known or not is_unresolved(evidence):
        return None
    config = evidence.first(ResolverConfigFacts)
    order = config.facts["hosts_order"] if config else None
    if config is not None and config.facts["dns_in_order"] is False:
        return Finding(
            f"The name service of this host does not ask DNS (hosts: {' '.join(order or ())}), "
            f"although {servers_of(known)} resolves {evidence.host}.",
            (*with_lookup(evidence, known), config),
        )
    return Finding(
        f"The system's lookup of {evidence.host} fails, although {servers_of(known)} resolves it.",
        with_lookup(evidence, known),
        confidence=0.7,
    )


def _unknown_here(evidence: Evidence) -> Finding | None:
    """A name that is this host's own business, of which nobody else is asked: localhost."""
    if not is_unresolved(evidence) or evidence.all(NameserverFacts):
        return None
    lookup = evidence.all(GetaddrinfoFacts)
    return Finding(
        f"This host does not know the name {evidence.host}: it is neither in the hosts file nor "
        f"known to its name service ({lookup[0].result}).",
        tuple(lookup),
        kind=lookup[0].kind,
    )


NAME = (
    new_rule("resolvers_disagree", "dns.name_not_resolved", "DNS")(
        meaning="One configured resolver says that the name does not exist, another resolves it.",
        decided_by="NXDOMAIN or no address from one, addresses from another",
        when=_disagree,
        advice=(
            "Have `{resolv_conf}` name only resolvers that know the same names: the first answer counts, also NXDOMAIN.",
            "Names of a VPN or office need its resolver first, or split DNS.",
        ),
    ),
    new_rule("nsswitch_broken", "dns.name_not_resolved", "this host")(
        meaning="The system's lookup fails although DNS has the name.",
        decided_by="getaddrinfo fails while a configured nameserver answers",
        when=_nsswitch,
        advice=(
            "Put `dns` into the line `hosts:` of `/etc/nsswitch.conf`, which reads `hosts: {hosts_order}`.",
            "Check the line `hosts:` of `/etc/nsswitch.conf` ({hosts_order}), and the modules that it names.",
            "{else}Check the line `hosts:` of `/etc/nsswitch.conf`: it must contain `dns`.",
        ),
    ),
    new_rule("name_missing_here_only", "dns.name_not_resolved", "DNS")(
        meaning="The name exists, but not according to the resolvers that this host uses.",
        decided_by="the configured resolvers deny it, one named in addition resolves it",
        when=_missing_here_only,
        advice=(
            "Connect the VPN whose resolver knows {host}, or have `{resolv_conf}` name that resolver.",
            "{else}Use the resolver that knows it.",
        ),
    ),
    new_rule("dangling_cname", "dns.no_address", "DNS")(
        meaning="The name is an alias for a name without an address.",
        decided_by="a CNAME chain that ends without A or AAAA",
        when=_dangling,
        advice=(
            "Tell the owner of the zone that the alias points to a name without an address.",
            "If the zone of {host} is yours, give {alias} an address, or remove the alias.",
        ),
    ),
    new_rule("name_missing", "dns.name_not_resolved", "DNS")(
        meaning="The name does not exist.",
        decided_by="NXDOMAIN from the configured resolvers",
        when=_name_missing,
        advice=(
            "Write `{looks_like}`: this name has letters of another script that look like it.",
            "Check the spelling of {host} where the program is configured.",
            "{if_one_label}Write the whole name: {host} alone needs a search domain in `{resolv_conf}`, or in a container's network the service of that name.",
            "{if_dot_local}Names in .local are announced by multicast DNS: look with `avahi-resolve -n NAME`.",
            "If it is a name of an office or a VPN, connect to it: {resolver} does not know it.",
            "A record that was added just now is seen after {negative_ttl} s.",
            "{else}Check the spelling of the name.",
        ),
    ),
    new_rule("name_missing", "dns.name_not_resolved", "DNS")(
        meaning="The name does not exist, and the resolver is slow to say so.",
        decided_by="getaddrinfo denies the name after the direct queries had timed out",
        when=_missing_late,
        advice=(
            "Check the spelling of {host} where the program is configured.",
            "Have {resolver} repaired, which is slow.",
        ),
    ),
    new_rule("name_without_address", "dns.no_address", "DNS")(
        meaning="The name exists, but has neither an IPv4 nor an IPv6 address.",
        decided_by="an answer without A and AAAA",
        when=_without_address,
        advice=(
            "If the name is yours, add the missing A or AAAA record.",
            "Otherwise ask the owner of {host} which name the service has.",
        ),
    ),
    new_rule("name_missing", "dns.name_not_resolved", "this host")(
        meaning="This host does not resolve a local name such as localhost.",
        decided_by="getaddrinfo fails for localhost or a name below it",
        when=_unknown_here,
        advice=(
            "Add the line `127.0.0.1 {host}` to the hosts file.",
            "Or use the address; names below localhost need `myhostname` in `/etc/nsswitch.conf` or a line of their own.",
        ),
    ),
)


# Rules about the name: it has an address, but not the right one.


def _search_trap(evidence: Evidence) -> Finding | None:
    found = evidence.first(SearchDomainFacts)
    if found is None or not evidence.addresses or evidence.served:
        return None
    if not found.facts["answered"]:
        return None
    return Finding(
        f"{evidence.host} was answered as {found.facts['answered']}: a search domain was added.",
        (found,),
        rival=True,
    )


def _hosts_file(evidence: Evidence) -> Finding | None:
    entry = evidence.first(HostsFileFacts)
    if entry is None or evidence.served:
        return None
    known = with_addresses(evidence.all(NameserverFacts))
    real = {a for reading in known for a in reading.facts["answers"]} or _by_definition(
        evidence.host
    )
    listed = {_usual(address) for address in entry.facts["addresses"] or ()}
    if not real or listed & real or not listed & set(evidence.addresses):
        return None
    return Finding(
        f"Line {entry.facts['line']} of {entry.facts['path']} sends {evidence.host} to "
        f"{' and '.join(sorted(listed)[:3])}; {'DNS says' if known else 'it is to be'} "
        f"{' and '.join(sorted(real)[:3])}.",
        with_lookup(evidence, [entry, *known]),
        # A line may be there on purpose: that DNS's address answers shows that it is wrong.
        rival=not evidence.all(NeighbourFacts, role="other_answer", outcome="open"),
    )


def listed_only(evidence: Evidence) -> tuple[Alternative, ...]:
    """Return that an address may be wrong which a line of the hosts file gives, and nobody else."""
    entry = evidence.first(HostsFileFacts)
    if entry is None or _by_definition(evidence.host):
        return ()
    if with_addresses(evidence.all(NameserverFacts)):
        return ()
    return (
        Alternative(
            kind="dns.bogus_address",
            cause="hosts_file_override",
            where="this host",
            summary=f"Line {entry.facts['line']} of {entry.facts['path']} gives a wrong address: no "
            f"nameserver that was asked knows one for {evidence.host}.",
            check="compare it with what the owner of the service says",
        ),
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
    bogus = [reading for reading in evidence.addresses if _cannot_be(reading)]
    if not bogus or evidence.first(HostsFileFacts):
        return None
    return Finding(
        f"{evidence.host} resolves to {bogus[0]}, which cannot be the service.",
        with_lookup(evidence, with_addresses(configured(evidence))),
        alternatives=(_SINKHOLE,) if _is_sinkhole(bogus[0]) else (),
    )


def _is_sinkhole(address: str) -> bool:
    read = ip_address(address)
    return read.is_unspecified or (read.is_loopback and address != _COLLISION)


_SINKHOLE = Alternative(
    kind="dns.blocked",
    cause="dns_blocked",
    where="DNS",
    summary="The resolver blocks the name: filters answer with such an address.",
    check="ask another resolver, or look for the name in the filter's list and log",
)


_COLLISION = "127.0.53.53"
"""What ICANN answers for names of a new top-level domain that were used privately before."""


def _cannot_be(address: str) -> bool:
    return address == _COLLISION or is_unusable(address) or is_loopback(address)


def _inventing(evidence: Evidence) -> list[ReadingOf[HijackFacts]]:
    """The resolvers that give the used address for names that do not exist, too."""
    lies = evidence.all(HijackFacts, hijacked=True)
    used = set(evidence.addresses)
    return [reading for reading in lies if used & set(reading.facts["answers"] or ())]


def _portal(evidence: Evidence) -> Finding | None:
    """The answer for an invented address is that of whoever invents it, but for a certificate."""
    lies = _inventing(evidence)
    answers = [reading for reading in evidence.all(RequestFacts) if reading.facts["status"]]
    if not lies or not answers or evidence.asked["tls"]:
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
                summary="The resolver returns addresses for names that do not exist.",
                check="ask another resolver: `dig NAME @ADDRESS`",
            ),
        ),
    )


def _hijacked(evidence: Evidence) -> Finding | None:
    lies = _inventing(evidence)
    if not lies or evidence.served:
        return None
    return Finding(
        f"The resolver {servers_of(lies)} returns addresses for names that do not exist.",
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
    better = need(evidence.all(NeighbourFacts, role="other_answer", outcome="open"))
    good = {reading.facts["address"] for reading in better}
    known = with_addresses(evidence.all(NameserverFacts))
    right = need([reading for reading in known if good & set(reading.facts["answers"])])
    servers = {reading.facts["server"] for reading in right}
    used = [reading for reading in known if set(reading.facts["answers"]) & set(evidence.addresses)]
    # Who gives both lies about neither: the one that was used is down, or was too slow.
    wrong = need([reading for reading in used if reading.facts["server"] not in servers])
    return Finding(
        f"{servers_of(wrong)} sends {evidence.host} to {evidence.addresses[0]}, which does not "
        f"work; {servers_of(right)} to {better[0].facts['address']}, which does.",
        (*better, *wrong, *right),
        rival=True,
    )


WRONG_ADDRESS = (
    new_rule("hosts_file_override", "dns.bogus_address", "this host")(
        meaning="An entry in the hosts file gives another address than DNS.",
        decided_by="the address is in the hosts file and in no nameserver's answer, and fails",
        when=_hosts_file,
        advice=(
            "Remove or correct line {hosts_line} of `{hosts_file}`, then try again.",
            "{else}Remove or correct the line in the hosts file.",
        ),
    ),
    new_rule("captive_portal", "http.error.captive_portal", "this network")(
        meaning="The network resolves every name to its login page (captive portal).",
        decided_by="a random name gets the same address, which answers plain HTTP",
        when=_portal,
        confidence=0.8,
        advice=(
            "Open `http://neverssl.com` in a browser and log in to the network, then repeat the call.",
            "For a machine without a browser, have its address {source} allowed by the network's owner, or use another network.",
        ),
    ),
    new_rule("dns_hijacked", "dns.bogus_address", "DNS")(
        meaning="The resolver returns addresses for names that do not exist.",
        decided_by="a random name of the same zone gets the same address",
        when=_hijacked,
        advice=(
            "Use a resolver that tells the truth in place of {resolver}: its answer for {host} is made up.",
            "If {resolver} is your provider's, turn its search help off.",
            "Configure another resolver in `{resolv_conf}`, or in what writes it: DHCP, VPN, systemd-resolved.",
        ),
    ),
    new_rule("bogus_address", "dns.bogus_address", "DNS")(
        meaning="The name resolves to an address that cannot be the service.",
        decided_by="0.0.0.0, ::, 127.0.53.53, a multicast, reserved, IPv6 link-local or loopback "
        "address, and the name is not localhost",
        when=_bogus,
        advice=(
            "If the zone is yours, correct the record of {host}.",
            "If {resolver} filters names, ask whoever runs it to allow {host}.",
            "If the service is one of an office or a VPN, connect to it and look the name up again.",
        ),
    ),
    new_rule("resolvers_disagree", "dns.bogus_address", "DNS")(
        meaning="The configured resolvers give different addresses, and those that were used fail.",
        decided_by="another resolver's answer is open, the one that was used is not",
        when=_lied,
        advice=(
            "Have the resolver corrected that gives {address} for {host}, or remove it from `{resolv_conf}`.",
            "{else}Use the resolver whose address works.",
        ),
    ),
    new_rule("search_domain_trap", "dns.bogus_address", "this host")(
        meaning="A search domain turned the name into another one.",
        decided_by="the name was answered only with a search domain behind it, and fails",
        when=_search_trap,
        advice=(
            "Write the name with a dot at its end, `{host}.`, where the client allows it.",
            "Or remove the search domain from `{resolv_conf}` (search {search}), or the record of all names in it.",
            "{else}Write the whole name.",
        ),
    ),
)
