"""The reference of the readings names what diagnoses hold."""

import pytest
from documented import readings, undocumented

from ringback import Proxies, Trust
from ringback.diagnosis import diagnose
from ringback.diagnosis.model import STAGES


def test_it_has_every_stage_in_order():
    stages = list(dict.fromkeys(stage for stage, _ in readings()))

    assert tuple(stages) == STAGES


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
