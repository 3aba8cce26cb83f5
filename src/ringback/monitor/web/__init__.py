"""The monitor's web page: pages for people, an API for programs, metrics for Prometheus."""
