import pytest

from ringback.diagnosis.protocols import PROTOCOLS, partners_of, protocol_of


@pytest.mark.parametrize(
    ("scheme", "name", "port", "tls"),
    [
        ("https", "http", 443, True),
        ("HTTP", "http", 80, False),
        ("wss", "http", 443, True),
        ("tls", "none", 443, True),
        ("tcp", "none", 0, False),
        ("postgresql+psycopg", "postgres", 5432, False),
        ("mysql+pymysql", "mysql", 3306, False),
        ("mqtt+ssl", "mqtt", 8883, True),
        ("mongodb+srv", "mongodb", 27017, False),
    ],
)
def test_a_scheme_has_a_protocol_and_a_port(scheme, name, port, tls):
    protocol = protocol_of(scheme)

    assert (protocol.name, protocol.port, protocol.tls) == (name, port, tls)


@pytest.mark.parametrize(
    ("scheme", "port", "partners"),
    [
        ("https", 443, (80,)),
        ("https", 8443, (443, 80)),
        ("http", 443, (80,)),
        ("smtp", 25, (587,)),
        ("tcp", 22, ()),
        ("unknown", 22, ()),
    ],
)
def test_the_service_may_be_behind_its_other_usual_ports(scheme, port, partners):
    assert partners_of(scheme, port) == partners


def test_lengths_inside_the_openings_are_right():
    mongodb, ldap = PROTOCOLS["mongodb"].opening, PROTOCOLS["ldap"].opening
    mqtt = PROTOCOLS["mqtt"].opening

    assert int.from_bytes(mongodb[:4], "little") == len(mongodb)
    assert int.from_bytes(mongodb[21:25], "little") == len(mongodb[21:])
    assert ldap[1] == len(ldap[2:])
    assert mqtt[1] == len(mqtt[2:])
