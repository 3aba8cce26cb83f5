import json

import pytest
from diagnosis.compare.reports import report
from diagnosis.compare.test_compare import CASES, DROPS

from ringback.diagnosis.record import record_of
from tests.testing.terminal import width_of


@pytest.fixture
def write(tmp_path):
    """Writes reports, and returns the paths."""

    def files(**reports):
        for name, one in reports.items():
            text = one if isinstance(one, str) else json.dumps(record_of(one))
            (tmp_path / f"{name}.json").write_text(text)
        return [str(tmp_path / f"{name}.json") for name in reports]

    return files


def plight(case):
    _, works, fails, found, said = CASES[case]
    return report(*works), report(*fails, found=found), said


def test_what_explains_it_is_said_and_exits_1(ringback, write):
    here, there, said = plight("allow list")
    done = ringback("compare", *write(here=here, there=there), env={"COLUMNS": "300"})

    assert (done.returncode, done.stderr) == (1, "")
    assert "✓ here   Everything" in done.stdout
    assert said in done.stdout
    assert "  ▶ Answer\n      here: 200\n      there: 403\n" in done.stdout


def test_the_outcome_is_the_exit_status(ringback, write):
    done = ringback("compare", *write(**{f"m{n}": report() for n in range(20)}))
    assert done.returncode == 0
    assert "Nothing that was read differs." in done.stdout
    assert "It works on all 20 machines." in done.stdout

    assert ringback("compare", *write(a=report(found=DROPS), b=report(found=DROPS))).returncode == 1
    unexplained = CASES["allow list"][3]
    assert ringback("compare", *write(a=report(), b=report(found=unexplained))).returncode == 3


def test_what_two_diagnoses_print_can_be_compared(ringback, write, fault):
    url = fault("ok").url
    here = ringback("diagnose", "--json", url).stdout
    there = ringback("diagnose", "--json", "--proxy", "http://127.0.0.1:9", url).stdout
    done = ringback("compare", "--json", *write(here=here, there=there))

    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert (found["names"], found["outcome"]) == (["here", "there"], "explained")
    assert found["explanations"][0]["difference"] == "proxy"
    assert len(found["verdicts"]) == 2


@pytest.mark.parametrize(
    ("reports", "said"),
    [
        ({"a": report()}, "give 2 to 20 files"),
        ({"a": report(), "b": ""}, "b.json: not JSON (line 1, column 1)"),
        ({"a": report(), "b": '{"a": 1}'}, "b.json: not a report of ringback diagnose --json"),
        ({"a": report(), "b": '{"format": 1}\n{"format": 1}'}, "more than one JSON object"),
        ({f"m{n}": report() for n in range(21)}, "give 2 to 20 files"),
    ],
)
def test_what_cannot_be_compared_is_one_line(ringback, one_line, write, reports, said):
    assert said in one_line(ringback("compare", *write(**reports)))


def test_different_targets_and_a_missing_file_are_one_line(ringback, one_line, write):
    record = record_of(report())
    files = write(a=report(), b=json.dumps({**record, "target": "http://b\x1b[2J.example/"}))
    line = one_line(ringback("compare", *files))

    assert "of different targets: a of https://api.example.com/, b of http://b" in line
    assert "\x1b" not in line
    missing = ringback("compare", files[0], files[1].replace("b.json", "bb.json"))
    assert "did you mean b.json" in one_line(missing)


def test_files_of_the_same_name_are_told_apart(ringback, write, tmp_path):
    (path,) = write(report=report())
    (tmp_path / "there").mkdir()
    other = tmp_path / "there" / "report.json"
    other.write_text(json.dumps(record_of(report())))

    found = json.loads(ringback("compare", "--json", path, other).stdout)
    assert found["names"] == [f"{tmp_path.name}/report", "there/report"]


def test_what_is_said_fits_the_width(ringback, write):
    here, there, _ = plight("split horizon")
    done = ringback("compare", *write(here=here, there=there), env={"COLUMNS": "60"})

    assert done.returncode == 1
    assert width_of(done.stdout) <= 60
    assert "▶ Name resolves" in map(str.strip, done.stdout.splitlines())
