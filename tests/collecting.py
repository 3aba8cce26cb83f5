"""How tests are compiled once and not in each run: to be imported before all that is large."""

import os
import sys
from pathlib import Path

CACHE = Path(__file__).parents[1] / ".pytest_cache"
BYTECODE = str(CACHE / "bytecode")

if sys.dont_write_bytecode:
    # Somebody wants none beside the sources: without any, each Python that a test starts would
    # compile everything, and each worker would rewrite every assertion again.
    sys.pycache_prefix, sys.dont_write_bytecode = BYTECODE, False
    os.environ["PYTHONPYCACHEPREFIX"] = BYTECODE
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
