"""The parts of bench/monitor.py: the rows, the target, the monitors that are measured."""
