from ringback.testing.clock import FakeClock


def test_only_sleeping_moves_it():
    fake = FakeClock()
    clock = fake.clock
    before = clock.monotonic(), clock.time()
    clock.sleep(2.5)
    fake.now += 1
    assert (clock.monotonic() - before[0], clock.time() - before[1]) == (3.5, 3.5)
    assert fake.slept == [2.5]


def test_chance_is_what_it_is_reported():
    fake = FakeClock(chance=0.25)
    assert fake.clock.random() == 0.25
