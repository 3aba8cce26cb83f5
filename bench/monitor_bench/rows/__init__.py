"""The rows: one module each, and one line in monitor_bench/registry.py."""
