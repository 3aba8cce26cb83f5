"""The REST API, version 1: one table of operations, from which the OpenAPI document is written."""
