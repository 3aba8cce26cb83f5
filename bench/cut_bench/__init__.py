"""Parts of `bench/cut.py`."""
