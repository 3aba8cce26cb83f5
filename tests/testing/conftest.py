import pytest
from program import run_as_process, run_in_process


@pytest.fixture
def ringback():
    """Runs the command line within this process."""
    return run_in_process


@pytest.fixture
def process():
    """Runs the command line as a program of its own."""
    return run_as_process
