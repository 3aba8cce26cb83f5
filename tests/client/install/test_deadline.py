"""`ringback run --retry --deadline`: a call ends by it, whatever patience the program has."""

import subprocess
import sys

PROGRAM = """
import requests, sys

session = requests.Session()
session.trust_env = False
try:
    session.get(sys.argv[1], timeout=30)
except requests.RequestException as error:
    print(error.failure.kind)
"""


def test_a_call_ends_by_its_deadline_and_says_why(lab):
    """Each way to keep a client waiting is in the contract of the clients."""
    url = lab.start("http.response.timed_out:trickling_headers").url
    options = ["--retry", "--deadline", "1", "--quiet", "--", sys.executable, "-c", PROGRAM, url]
    done = subprocess.run(
        [sys.executable, "-m", "ringback", "run", *options],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("http.response.timed_out\n", "")
