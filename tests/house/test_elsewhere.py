"""On macOS and Windows ringback is imported, and says what cannot be had there; simulated."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

NAMESPACES = "network namespaces, which only Linux has"
LINUX_ONLY = "links, routers, neighbours and what the other kernel has got: on Linux only"


@pytest.mark.nightly
@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_it_is_imported_and_says_in_a_line_what_only_linux_has(tmp_path, platform, unused_port):
    commands = {
        "lab": ["lab", "tcp.timed_out:dropped"],
        "demo": ["demo", "--places", "3"],
        "reproduced": ["lab", "tcp.refused", "--json"],
        "explained": ["explain", "Connection refused"],
        "diagnosed": ["diagnose", "-v", f"http://127.0.0.1:{unused_port}/"],
        "machine": ["diagnose", "-v"],
        "icmp": ["check-config", "icmp.toml"],
    }
    (tmp_path / "icmp.toml").write_text('[[endpoint]]\nname = "a"\nurl = "icmp://127.0.0.1"\n')
    script = Path(__file__).with_name("elsewhere.py")
    done = subprocess.run(
        [sys.executable, "-W", "error", script, platform, json.dumps([*commands.values()])],
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")
    ends = dict(zip(commands, map(json.loads, done.stdout.splitlines()), strict=True))

    assert ends["lab"] == [2, f"ringback: tcp.timed_out:dropped needs {NAMESPACES}\n"]
    said = f"ringback: --places needs {NAMESPACES}; ringback demo shows two agents without\n"
    assert ends["demo"] == [2, said]
    kinds = {json.loads(line)["kind"] for line in ends["reproduced"][1].splitlines()}
    assert kinds == {"tcp.refused"}
    assert ends["explained"][1].startswith("tcp.refused\n")
    statuses = {name: ends[name][0] for name in ("diagnosed", "machine", "icmp")}
    no_nameserver = int(platform == "win32")
    assert statuses == {"diagnosed": 1, "machine": no_nameserver, "icmp": 0}
    for name in ("diagnosed", "machine"):
        assert LINUX_ONLY in " ".join(ends[name][1].split())
        assert "defect" not in ends[name][1]
    assert not any("Traceback" in text for _, text in ends.values())
