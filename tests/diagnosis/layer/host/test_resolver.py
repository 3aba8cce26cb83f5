import pytest

from ringback.diagnosis.layer.host_resolver import ResolverConfig, configured_resolver, parsed

ORDER = ("files", "dns")


def test_the_first_three_nameservers_are_asked():
    config = parsed(
        "# written by hand\nnameserver 192.0.2.1\nnameserver 192.0.2.2 # second\n"
        "nameserver nonsense\nnameserver 2001:db8::1\nnameserver 192.0.2.4\n"
    )

    assert config.nameservers == ("192.0.2.1", "192.0.2.2", "2001:db8::1")
    assert config.ignored == ("192.0.2.4",)


def test_the_last_search_line_counts():
    config = parsed("domain a.test\nsearch b.test c.test.\noptions ndots:5 rotate timeout:1\n")

    assert config.search == ("b.test", "c.test")
    assert config.ndots == 5
    assert config.options == {"ndots": "5", "rotate": "", "timeout": "1"}


def test_variables_go_before_the_file():
    environ = {"LOCALDOMAIN": "x.test y.test", "RES_OPTIONS": "ndots:3"}

    config = parsed("search a.test\noptions ndots:2\n", ORDER, environ)

    assert (config.search, config.ndots) == (("x.test", "y.test"), 3)


@pytest.mark.parametrize("value", ["x", "", "-1", "²"])
def test_an_odd_ndots_is_one(value):
    assert parsed(f"options ndots:{value}\n").ndots == 1


def test_a_dot_alone_is_no_search_domain():
    assert parsed("search .\n").search == ()


@pytest.mark.parametrize(
    ("order", "asks"),
    [
        (("files", "dns"), True),
        (("files", "resolve", "[!UNAVAIL=return]", "dns"), True),
        (("files", "mdns4_minimal", "[NOTFOUND=return]", "dns"), True),
        (("files",), False),
        (("files", "myhostname"), False),
        (("files", "[NOTFOUND=return]", "dns"), False),
        (("files", "[!SUCCESS=return]", "dns"), False),
    ],
)
def test_whether_the_name_service_comes_to_dns(order, asks):
    assert ResolverConfig(order=order).asks_dns is asks


@pytest.mark.parametrize(
    ("server", "stub"), [("127.0.0.53", True), ("::1", True), ("192.0.2.53", False)]
)
def test_a_resolver_on_this_host_is_a_stub(server, stub):
    assert parsed(f"nameserver {server}\n").stub is stub


def test_the_configuration_of_this_machine_can_be_read():
    assert configured_resolver().path
