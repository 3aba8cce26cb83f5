"""The reference of the readings names what diagnoses hold."""

import pytest
from documented import PAGE, readings, undocumented

from ringback import Proxies, Trust
from ringback.diagnosis import diagnose
from ringback.diagnosis.fact_values import IcmpFacts
from ringback.diagnosis.model import STAGES
from ringback.diagnosis.sorts import SORTS


def test_it_has_every_stage_and_each_fact_of_every_reading():
    documented = readings()
    assert tuple(dict.fromkeys(stage for stage, _ in documented)) == STAGES
    further = {("http", "connection")}  # made of the same facts as that of TLS
    assert set(SORTS.values()) | further == set(documented)
    missing = {
        place: facts
        for sort, place in SORTS.items()
        if (facts := set(sort.__annotations__) - documented[place])
    }
    assert missing == {}
    text = PAGE.read_text("utf-8")
    assert [key for key in IcmpFacts.__annotations__ if f"`{key}`" not in text] == []


@pytest.mark.parametrize(
    "kind",
    [
        "ok:tls",
        "tcp.refused",
        "tls.cert.date_invalid.expired",
        "http.response.redirect_loop",
        "proxy.auth_required",
    ],
)
def test_it_names_what_a_diagnosis_holds(fault, kind):
    endpoint = fault(kind)
    proxies = Proxies(endpoint.proxies) if endpoint.proxies else None
    trust = Trust.of(endpoint.verify) if isinstance(endpoint.verify, str) else None

    assert undocumented(diagnose(endpoint.url, trust=trust, proxies=proxies)) == []
