"""The Pythons that are named in several places are the same ones."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_classifiers_nox_and_the_tools_agree_with_the_oldest_that_is_allowed():
    named = re.findall(r":: Python :: (3\.\d+)", "\n".join(PROJECT["project"]["classifiers"]))
    oldest = PROJECT["project"]["requires-python"].removeprefix(">=")
    assert named[0] == oldest == PROJECT["tool"]["mypy"]["python_version"]
    assert PROJECT["tool"]["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"
    nox = (ROOT / "noxfile.py").read_text("utf-8")
    assert re.findall(r'"([\d.]+)"', re.search(r"^PYTHONS = (.*)$", nox, re.MULTILINE)[1]) == named

    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text("utf-8"))
    tried = workflow["jobs"]["pythons"]["strategy"]["matrix"]["python"]
    assert tried[: len(named)] == named
