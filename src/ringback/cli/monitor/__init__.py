"""Commands that ask a running monitor, or start one."""
