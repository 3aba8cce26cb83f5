"""Port changes: a service that refuses where it was, and answers elsewhere as the same one."""
