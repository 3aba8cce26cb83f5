"""``ringback compare``: reports of one target from several machines."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from ringback.cli.input import InputError, open_file
from ringback.cli.terminal import plain
from ringback.diagnosis.compare import MAX_REPORTS, Comparison, NotComparable, compare
from ringback.diagnosis.model import Diagnosis
from ringback.diagnosis.record import MAX_RECORD_BYTES, RecordError, diagnosis_from

_HELP = """Compare diagnoses of one URL from several machines, and explain the failure.

Each FILE is the output of `ringback diagnose --json URL` on one machine, for the same URL; give 2
to 20. A machine is shown by the name of its file.

\b
Examples:
  ringback diagnose --json https://api.example.com > here.json
  ringback compare here.json there.json
  ringback compare --json *.json | jq -r .summary

\b
Exit status:
  0  it works on all machines
  1  a difference explains why it fails, or it fails on all
  2  the files cannot be compared
  3  it fails, and no difference explains why
"""

_STATUS = {
    "healthy": 0,
    "explained": 1,
    "same_failure": 1,
    "different_failures": 1,
    "unexplained": 3,
    "unknown": 3,
}


@click.command("compare", help=_HELP)
@click.argument("files", nargs=-1, required=True, type=click.Path(), metavar="FILE FILE...")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def compare_command(context: click.Context, /, *, files: tuple[str, ...], as_json: bool) -> int:
    """Compare reports."""
    if not 2 <= len(files) <= MAX_REPORTS:
        raise click.UsageError(f"give 2 to {MAX_REPORTS} files, one per machine", context)
    found = _compared([_read(file) for file in files], names_of(files))
    if as_json:
        click.echo(json.dumps(asdict(found)))
    else:
        from ringback.cli.diagnosis.show import show_comparison  # noqa: PLC0415 - rich is slow to import

        show_comparison(found)
    return _STATUS[found.outcome]


def names_of(files: Sequence[str]) -> list[str]:
    """Return what stands for each file: the shortest ends of the paths that tell them apart."""
    paths = [Path(file).with_suffix("") for file in files]
    for parts in range(1, 5):
        names = ["/".join(path.parts[-parts:]) for path in paths]
        if len(set(names)) == len(names):
            return names
    return [f"{file} ({number})" for number, file in enumerate(files, 1)]


def _read(file: str) -> Diagnosis:
    with open_file(file) as stream:
        try:
            return diagnosis_from(stream.read(MAX_RECORD_BYTES + 1))
        except RecordError as error:
            raise InputError(f"{plain(file)}: {error}") from error
        except OSError as error:
            raise InputError(f"cannot read {plain(file)}: {error.strerror}") from error


def _compared(reports: Sequence[Diagnosis], names: Sequence[str]) -> Comparison:
    try:
        return compare(reports, names)
    except NotComparable as error:
        raise InputError(str(error)) from error
