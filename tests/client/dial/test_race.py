import socket
import time

from client.dial.conftest import DELAY

from ringback.client.dial.tcp import Race


def address(port, host="127.0.0.1"):
    return (socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))


def opened(address):
    return socket.socket(*address[:3])


def test_of_two_that_answer_the_earlier_wins_and_the_other_is_closed(place, unhurried):
    place.silent("127.0.0.1")
    late = [place.accepting("127.0.0.2"), place.accepting("127.0.0.3")]
    race = Race(
        [address(place.port, f"127.0.0.{n}") for n in (1, 2, 3)], opened, time.monotonic() + 30
    )

    sock, winner = race.run()

    assert winner[4][0] == late[0].getsockname()[0]
    assert [entry[4][0] for entry in race.pending.values()] == ["127.0.0.1"]
    assert all(sock.fileno() == -1 for sock in race.pending)
    sock.close()


def test_with_little_time_every_address_gets_its_chance(place, unhurried):
    hosts = [f"127.0.0.{n}" for n in range(1, 7)]
    for host in hosts[:5]:
        place.silent(host)
    place.accepting(hosts[5])
    addresses = [address(place.port, host) for host in hosts]
    race = Race(addresses, opened, unhurried.now + 2.5 * DELAY)

    sock, winner = race.run()

    assert winner[4][0] == hosts[5]
    sock.close()


def test_a_failure_starts_the_next_at_once(place, unhurried):
    """Only the first, which is silent, is waited for: the clock of the others does not move."""
    place.silent("127.0.0.1")
    refusing = [f"127.0.0.{n}" for n in range(2, 22)]
    for host in refusing:
        place.refusing(host)
    place.accepting("127.0.0.99")
    everyone = ["127.0.0.1", *refusing, "127.0.0.99"]
    began = unhurried.now
    race = Race([address(place.port, host) for host in everyone], opened, began + 30)

    sock, winner = race.run()

    assert winner[4][0] == "127.0.0.99"
    assert unhurried.now == began
    assert len(race.failed) == len(refusing)
    sock.close()
