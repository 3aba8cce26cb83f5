"""Rules about what was asked: nothing can be tried with it."""

from ringback.diagnosis.verdict.evidence import Evidence
from ringback.diagnosis.verdict.rule import Finding, Rule


def _fatal(evidence: Evidence, kind: str) -> Finding | None:
    parsed = evidence.first("url", "parse")
    if parsed is None or not parsed.facts.get("fatal") or parsed.kind != kind:
        return None
    problems = "; ".join(parsed.facts.get("problems") or ()) or parsed.result
    hint = parsed.facts.get("hint")
    advice = (f"Write `{hint}`.",) if hint else ()
    return Finding(f"Nothing can be called by this text: {problems}.", (parsed,), advice=advice)


def _scheme(evidence: Evidence) -> Finding | None:
    return _fatal(evidence, "url.scheme_invalid")


def _malformed(evidence: Evidence) -> Finding | None:
    return _fatal(evidence, "url.invalid")


def _proxy_invalid(evidence: Evidence) -> Finding | None:
    found = evidence.first("host", "proxy_variables")
    names = (found.facts.get("invalid") or ()) if found else ()
    if found is None or not names or evidence.served:
        return None
    return Finding(f"The value of {' and '.join(names)} is no URL of a proxy.", (found,))


ASKED = (
    Rule(
        cause="scheme_invalid",
        kind="url.scheme_invalid",
        where="this program",
        meaning="The URL has no scheme, or one that nothing here speaks.",
        decided_by="the text of the URL",
        when=_scheme,
        confidence=1.0,
    ),
    Rule(
        cause="url_invalid",
        kind="url.invalid",
        where="this program",
        meaning="The URL is malformed: its host, port or brackets cannot be read.",
        decided_by="the text of the URL",
        when=_malformed,
        confidence=1.0,
    ),
    Rule(
        cause="proxy_invalid",
        kind="config.proxy_invalid",
        where="this program",
        meaning="A proxy variable that applies holds no usable URL.",
        decided_by="the proxy variables of the environment",
        when=_proxy_invalid,
    ),
)
