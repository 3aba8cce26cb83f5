"""Virtual environments for the peers, made once and kept."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SOURCE = HERE.parent.parent / "src"
VARIABLES = 25
KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH")


def default_directory():
    """Where the environments are kept."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "ringback-bench"


def interpreter(name, directory, python=sys.executable):
    """The interpreter of the environment with what ``requirements-NAME.txt`` lists.

    Args:
        name: Of the list.
        directory: Where the environments are.
        python: The interpreter that it is made with.
    """
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    version = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
    digest = hashlib.sha256(_listed(name).read_bytes()).hexdigest()[:8]
    return directory / f"{name}-{version.stdout.strip()}-{digest}" / "bin" / "python"


def prepared(name, directory, python):
    """The interpreter of an environment, which is made where it is missing.

    What cannot be installed is said and left out.

    Args:
        name: As in `interpreter`.
        directory: The same.
        python: The same.
    """
    made = interpreter(name, directory, python)
    where = made.parent.parent
    if not (where / "complete").exists():
        print(f"making {where}", file=sys.stderr)
        subprocess.run([python, "-m", "venv", "--clear", str(where)], check=True)
        _install(made, _listed(name))
        (where / "complete").touch()
    return made


def _listed(name):
    return HERE / f"requirements-{name}.txt"


def _install(python, listed):
    pip = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    if subprocess.run([*pip, "-r", str(listed)], check=False).returncode == 0:
        return
    for line in listed.read_text("utf-8").splitlines():
        requirement = line.partition("#")[0].strip()
        if requirement and subprocess.run([*pip, requirement], check=False).returncode:
            print(f"could not be installed: {requirement}", file=sys.stderr)


def variables(home):
    """The environment variables that the clients are measured under.

    Always the same number of them: requests goes through all of them twice a request, so that
    the figures would depend on who runs them. No proxy, no netrc and no certificates of the
    machine are among them.

    Args:
        home: An empty directory.
    """
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    kept |= {"HOME": str(home), "PYTHONPATH": str(SOURCE)}
    fill = range(max(0, VARIABLES - len(kept)))
    return kept | {f"SETTING_{i}": "a value" for i in fill}
