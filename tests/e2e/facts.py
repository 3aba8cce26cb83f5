"""What the text of a tool must say for a person to know the cause; searched without case."""

FACTS = {
    "service_down": "refused",
    "wrong_port": "open on|speaks|answers on",
    "firewall_drops": "timed out|timeout",
    "firewall_rejects": r"icmp\W|prohibited|filtered|firewall",
    "ipv4_dead": r"198\.51\.100\.2\b.*(timed out|timeout)",
    "ipv6_dead": "2001:db8:2::2.*(timed out|timeout|unreachable)",
    "one_resolver_dead": r"192\.0\.2\.154",
}
"""First cause of a world to the pattern, where the world itself names none."""
