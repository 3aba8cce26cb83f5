"""Which issuers are known to look into TLS."""

from typing import get_args

import pytest

from ringback.diagnosis.model import Where
from ringback.diagnosis.verdict import RULES
from ringback.diagnosis.verdict.evidence import Evidence
from ringback.diagnosis.verdict.rule import VerdictRule
from ringback.diagnosis.verdict.rules import HARMLESS
from ringback.diagnosis.verdict.rules.certificate import inspects
from ringback.failure.kinds import KINDS


@pytest.mark.parametrize(
    "issuer",
    [
        "CN=Zscaler Intermediate Root CA (zscalertwo.net), O=Zscaler Inc.",
        "CN=ESET SSL Filter CA, O=ESET, spol. s r. o.",
        "CN=avast! Web/Mail Shield Root, O=avast! Web/Mail Shield",
        "CN=Acme Web Gateway CA",
    ],
)
def test_products_that_end_tls_are_known(issuer):
    assert inspects(issuer)


@pytest.mark.parametrize(
    "issuer",
    ["CN=R11, O=Let's Encrypt, C=US", "CN=DigiCert Global G2 TLS RSA SHA256 2020 CA1", ""],
)
def test_public_authorities_are_not_among_them(issuer):
    assert not inspects(issuer)


ALL_RULES = (*RULES, *HARMLESS)


def is_well_formed(rule: VerdictRule) -> bool:
    return (
        rule.kind in KINDS
        and rule.where in get_args(Where)
        and rule.cause.isidentifier()
        and bool(rule.advice or KINDS[rule.kind].do)
        and 0.5 <= rule.confidence <= 1.0
    )


def test_a_rule_names_a_kind_a_place_and_what_to_do() -> None:
    assert [rule.cause for rule in ALL_RULES if not is_well_formed(rule)] == []


def test_without_readings_no_rule_holds() -> None:
    assert [rule.cause for rule in ALL_RULES if rule.finding(Evidence(()))] == []
