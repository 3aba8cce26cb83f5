"""On macOS and Windows ringback is imported, and says what cannot be had there; simulated.

What these platforms do otherwise than without what they lack is not tested here.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from nightly import rest_nightly

NAMESPACES = "network namespaces, which only Linux has"
LINUX_ONLY = "links, routers, neighbours and what the other kernel has got: on Linux only"


@pytest.mark.parametrize("platform", rest_nightly(["win32", "darwin"]))
def test_it_is_imported_and_says_in_a_line_what_only_linux_has(
    tmp_path: Path, platform: str, unused_port: int
) -> None:
    url = f"http://127.0.0.1:{unused_port}/"
    commands = {
        "lab": ["lab", "tcp.timed_out:dropped"],
        "demo": ["demo", "--places", "3"],
        "reproduced": ["lab", "tcp.refused", "--json"],
        "explained": ["explain", "Connection refused"],
        "diagnosed": ["diagnose", "-v", url],
        "machine": ["diagnose", "-v"],
        "up": ["up", url, "--port", "0"],
        "backed up": ["backup", "copy.db"],
        "icmp": ["check-config", "icmp.toml"],
    }
    (tmp_path / "icmp.toml").write_text('[[endpoint]]\nname = "a"\nurl = "icmp://127.0.0.1"\n')
    script = Path(__file__).with_name("elsewhere.py")
    done = subprocess.run(
        [sys.executable, "-W", "error", script, platform, json.dumps([*commands.values()])],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    ends = dict(zip(commands, map(json.loads, done.stdout.splitlines()), strict=True))
    assert ends["lab"] == [2, f"ringback: tcp.timed_out:dropped needs {NAMESPACES}\n"]
    said = f"ringback: --places needs {NAMESPACES}; ringback demo shows two agents without\n"
    assert ends["demo"] == [2, said]
    reproduced = [json.loads(line) for line in ends["reproduced"][1].splitlines()]
    assert len(reproduced) > 3
    assert {client["kind"] for client in reproduced} == {"tcp.refused"}
    assert ends["explained"][1].startswith("tcp.refused\n")
    assert ends["diagnosed"][0] == 1
    assert ends["machine"][0] == (1 if platform == "win32" else 0)  # no nameserver is registered
    for name in ("diagnosed", "machine"):
        assert " ".join(LINUX_ONLY.split()) in " ".join(ends[name][1].split())
        assert "defect" not in ends[name][1]
    assert ends["up"][0] in {0, 130}
    assert "ringback watches 1 endpoint" in ends["up"][1]
    assert (ends["backed up"][0], ends["icmp"][0]) == (0, 0)
    assert not any("Traceback" in text for _, text in ends.values())
