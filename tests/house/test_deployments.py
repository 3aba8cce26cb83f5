"""The unit files and manifests of the documentation, as far as tools here can tell."""

from __future__ import annotations

import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest
import yaml
from requires import requires

from ringback.cli.run import run_command_line

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "run-several-hubs.md"
COMPOSE = ROOT / "deploy" / "compose.yaml"


def blocks(language: str) -> list[str]:
    return re.findall(
        rf"^```{language}\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )


def containers() -> dict[str, list[str]]:
    """What each container of compose and of Kubernetes runs, by its name."""
    compose, manifests = blocks("yaml")
    found = {name: made["command"] for name, made in yaml.safe_load(compose)["services"].items()}
    for document in yaml.safe_load_all(manifests):
        assert {"apiVersion", "kind", "metadata", "spec"} <= document.keys()
        for made in document["spec"].get("template", {}).get("spec", {}).get("containers", ()):
            found[f"{document['metadata']['name']} {made['name']}"] = made["args"]
    return found


def units() -> list[list[str]]:
    starts = [
        re.search(r"^ExecStart=\S+/ringback (.*)$", unit, re.MULTILINE) for unit in blocks("ini")
    ]
    return [found[1].split() for found in starts if found]


def test_every_command_of_the_page_is_one_with_options_that_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    commands = [*units(), *containers().values()]
    assert [words[0] for words in commands] == [
        "up", "agent", "up", "up", "agent", "up", "agent",
    ]  # fmt: skip
    for words in commands:
        assert run_command_line([*words, "--help"]) == 0
        known = capsys.readouterr().out
        assert [word for word in words if word.startswith("-") and word not in known] == []


@pytest.mark.nightly
def test_what_reads_container_files_takes_the_image_and_both_compose_files(tmp_path: Path) -> None:
    scripts = Path(sysconfig.get_path("scripts"))
    hadolint, check_jsonschema = (scripts / name for name in ("hadolint", "check-jsonschema"))
    for tool in (hadolint, check_jsonschema):
        if not tool.exists():
            requires(tool.name)
    of_page = tmp_path / "compose.yaml"
    of_page.write_text(blocks("yaml")[0])
    schema = ["--builtin-schema", "vendor.compose-spec"]
    for command in (
        [hadolint, ROOT / "Containerfile"],
        [check_jsonschema, *schema, COMPOSE, of_page],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_is_built_of_files_that_there_are() -> None:
    taken = [
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    ]
    assert [name for name in taken if name != "dist/*.whl" and not (ROOT / name).exists()] == []


def test_what_is_mounted_is_there_and_what_is_selected_has_the_label() -> None:
    documents = list(yaml.safe_load_all(blocks("yaml")[1]))
    service, *sets = documents
    for document in sets:
        spec = document["spec"]
        pod = spec["template"]["spec"]
        assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"]
        volumes = {volume["name"] for volume in pod.get("volumes", ())}
        volumes |= {claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates", ())}
        for container in pod["containers"]:
            assert {mount["name"] for mount in container["volumeMounts"]} == volumes
    assert service["spec"]["selector"] == sets[0]["spec"]["selector"]["matchLabels"]


@pytest.mark.parametrize("number", [0, 1])
def test_systemd_takes_the_units(tmp_path: Path, number: int) -> None:
    requires("systemd-analyze")
    program = shutil.which("true")
    unit = re.sub(r"^(ExecStart=)\S+", rf"\1{program}", blocks("ini")[number], flags=re.MULTILINE)
    path = tmp_path / "ringback.service"
    path.write_text(unit.replace("User=ringback\n", "User=root\n"))
    done = subprocess.run(
        ["systemd-analyze", "verify", path], capture_output=True, text=True, check=False, timeout=60
    )
    said = [line for line in done.stderr.splitlines() if "ringback.service" in line]
    assert (done.returncode, said) == (0, []), done.stderr


@pytest.mark.parametrize("number", [0, 1])
def test_the_units_leave_little_open(tmp_path: Path, number: int) -> None:
    requires("systemd-analyze")
    path = tmp_path / "ringback.service"
    path.write_text(blocks("ini")[number])
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager"]
    done = subprocess.run([*command, path], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout.splitlines()[-1]
