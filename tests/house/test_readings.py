"""The reference of the readings names what diagnoses hold."""

import pytest
from documented import PAGE, readings, undocumented

from ringback import Proxies, Trust
from ringback.diagnosis import diagnose
from ringback.diagnosis.fact_values import IcmpFacts
from ringback.diagnosis.model import STAGES
from ringback.diagnosis.sorts import SORTS


def test_it_has_every_stage_in_order():
    stages = list(dict.fromkeys(stage for stage, _ in readings()))

    assert tuple(stages) == STAGES


def test_it_has_a_row_for_each_type_of_facts():
    further = {("http", "connection")}  # made of the same facts as that of TLS

    assert set(SORTS.values()) | further == set(readings())


@pytest.mark.parametrize("sort", SORTS, ids=lambda sort: sort.__name__)
def test_it_names_each_fact_of_a_type(sort):
    assert set(sort.__annotations__) - readings()[SORTS[sort]] == set()


def test_it_names_what_an_icmp_fact_holds():
    text = PAGE.read_text("utf-8")

    assert [key for key in IcmpFacts.__annotations__ if f"`{key}`" not in text] == []


@pytest.mark.parametrize(
    "kind",
    [
        "ok:tls",
        "ok:proxy",
        "tcp.refused",
        "tcp.reset",
        "tls.cert.date_invalid.expired",
        "tls.cert.name_invalid",
        "http.error.unavailable",
        "http.response.redirect_loop",
        "proxy.auth_required",
    ],
)
def test_it_names_what_a_diagnosis_holds(fault, kind):
    endpoint = fault(kind)
    proxies = Proxies(endpoint.proxies) if endpoint.proxies else None
    trust = Trust.of(endpoint.verify) if isinstance(endpoint.verify, str) else None

    assert undocumented(diagnose(endpoint.url, trust=trust, proxies=proxies)) == []
