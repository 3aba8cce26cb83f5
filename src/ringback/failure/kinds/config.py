"""Reference data: kinds of config failures."""

from ringback.failure.kind import Kind

KINDS = (
    Kind(
        name="url.scheme_invalid",
        layer="config",
        delivered="no",
        retry="no",
        meaning="URL has no scheme or one the client cannot speak",
    ),
    Kind(
        name="url.invalid",
        layer="config",
        delivered="no",
        retry="no",
        meaning="URL or host part malformed (port, IPv6 brackets, empty/too long label, illegal character, IDNA)",
    ),
    Kind(
        name="request.invalid",
        layer="config",
        delivered="no",
        retry="no",
        meaning="Request or options cannot be sent as given (header with newline/non-latin1, wrong timeout type, missing optional package)",
    ),
    Kind(
        name="config.proxy_invalid",
        layer="config",
        delivered="no",
        retry="no",
        meaning="Proxy URL unusable (no host, unknown scheme, no scheme)",
    ),
    Kind(
        name="config.tls_files_invalid",
        layer="config",
        delivered="no",
        retry="no",
        meaning="CA bundle or client certificate/key file missing, empty, unreadable, or not matching",
    ),
    Kind(
        name="config.tls_unavailable",
        layer="config",
        delivered="no",
        retry="no",
        meaning="The interpreter has no ssl module, so no https call can be made",
    ),
)
