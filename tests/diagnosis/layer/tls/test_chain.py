import ssl
import sys
from dataclasses import dataclass

import pytest

from ringback.diagnosis.layer import tls_trust
from ringback.diagnosis.layer.tls_readings import certificate_path
from tests.diagnosis.layer.meeting import met_by_tls, only


def met(endpoint):
    return only(met_by_tls(endpoint), "chain").facts


def serving(lab, name, version):
    ssl_context = lab.certificates.server(name)
    ssl_context.minimum_version = ssl_context.maximum_version = version

    def handler(connection):
        try:
            connection.secure(ssl_context)
        except OSError:
            return
        connection.finish(linger=True)

    endpoint = lab.listen(handler, scheme="https")
    endpoint.verify = lab.certificates.bundle
    return endpoint


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize(("name", "sent"), [("good", 2), ("expired", 1), ("untrusted_root", 2)])
def test_the_chain_is_read_as_it_was_sent(lab, version, name, sent):
    facts = met(serving(lab, name, version))

    assert len(facts["chain"]) == sent
    assert facts["as_sent"]
    assert facts["unreadable"] == 0


@pytest.mark.skipif(sys.version_info < (3, 13), reason="Python does not tell the issuers")
@pytest.mark.parametrize(("name", "sent"), [("good", 2), ("expired", 1)])
def test_without_the_hook_python_is_asked(lab, monkeypatch, name, sent):
    monkeypatch.setattr(tls_trust, "watch_messages", lambda ssl_context: False)
    facts = met(serving(lab, name, ssl.TLSVersion.TLSv1_3))

    assert len(facts["chain"]) == sent


@dataclass(frozen=True)
class Named:
    subject: str
    issuer: str

    @property
    def self_signed(self):
        return self.subject == self.issuer


def test_those_above_the_first_are_found_in_any_order():
    leaf, lower, upper = Named("leaf", "lower"), Named("lower", "upper"), Named("upper", "root")
    other, root = Named("other", "root"), Named("root", "root")

    assert certificate_path([leaf, upper, other, lower]) == [leaf, lower, upper]
    assert certificate_path([leaf, other]) == [leaf]
    assert certificate_path([root, root]) == [root]
    assert certificate_path([]) == []
