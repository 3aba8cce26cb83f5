import pytest

from ringback.diagnosis.layer.path import port_beside
from ringback.diagnosis.model import Asked


@pytest.mark.parametrize(
    ("scheme", "port", "beside"),
    [("http", 80, 443), ("https", 443, 80), ("http", 8080, 80), ("tcp", 80, 443), ("tcp", 22, 80)],
)
def test_port_beside(scheme, port, beside):
    assert port_beside(Asked(text="", scheme=scheme, port=port)) == beside
