import dataclasses

from diagnosis.values import diagnosis, reading, refused, verdict

from ringback.cli.diagnosis.watch import WatchedTarget


def test_another_verdict_or_deciding_reading_is_a_change():
    def one(subject):
        return diagnosis(reading(subject=subject), found=verdict(evidence=(0,)))

    watched = WatchedTarget()
    assert watched.see(diagnosis())  # the first round is news, and no change
    assert watched.see(refused())
    assert watched.see(one("192.0.2.1:1"))
    assert watched.see(one("192.0.2.2:1"))
    assert (watched.rounds, watched.changes) == (4, 3)


def test_other_times_and_words_are_none():
    watched, before = WatchedTarget(), refused()
    watched.see(before)
    slower = [dataclasses.replace(reading, seconds=9.0, result="x") for reading in before.readings]

    assert not watched.see(dataclasses.replace(before, readings=tuple(slower), elapsed=9.0))
    assert not watched.see(dataclasses.replace(before, at=before.at + 60))
    assert watched.since == before.at
