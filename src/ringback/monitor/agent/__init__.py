"""A further place that checks: it probes by the hub's plan, keeps what it finds and sends it."""
