import pytest

from ringback.diagnosis.layer import path
from ringback.testing.lab.network import SERVER
from tests.diagnosis.layer.worlds import World, scene_of, told
from tests.requires import requires


@pytest.fixture(scope="module")
def world():
    requires("root", "netns", "ip", "iptables")
    with World() as hosts:
        yield hosts


def seen(world, port, version=4):
    with world.inside("client"):
        context = scene_of(port)
        path.measure_refusal(context, SERVER[version])
    [facts] = told(context, "path", "refusal")
    return facts


@pytest.mark.netns
@pytest.mark.parametrize("version", [4, 6])
def test_as_far_as_another_port(world, version):
    assert seen(world, 8081, version) == {
        "address": SERVER[version],
        "port": 8081,
        "hops": 2,
        "other_port": 80,
        "other_hops": 2,
        "other_passed": 1,
        "near": False,
    }


@pytest.mark.netns
def test_this_host_refuses(world):
    with world.rule("client", "OUTPUT -p tcp --dport 8083 -j REJECT --reject-with tcp-reset"):
        facts = seen(world, 8083)
    assert (facts["hops"], facts["near"]) == (1, True)


@pytest.mark.netns
def test_whoever_answers_for_every_port_is_not_taken_for_a_firewall(world):
    with world.rule("client", "OUTPUT -p tcp --syn -j REJECT --reject-with tcp-reset"):
        facts = seen(world, 8084)
    assert (facts["hops"], facts["other_hops"], facts["near"]) == (1, 1, False)


@pytest.mark.netns
def test_the_other_port_is_silent_beyond_the_refusal(world):
    reset = "OUTPUT -p tcp --dport 8085 -j REJECT --reject-with tcp-reset"
    with world.rule("client", reset), world.rule("router", "FORWARD -p tcp --dport 80 -j DROP"):
        facts = seen(world, 8085)
    assert (facts["other_hops"], facts["other_passed"], facts["near"]) == (None, 1, True)


@pytest.mark.netns
def test_a_refusal_that_is_gone_by_now(world):
    with world.rule("router", "FORWARD -p tcp --dport 8086 -j DROP"):
        facts = seen(world, 8086)
    assert (facts["hops"], facts["near"]) == (None, None)
