"""Reference data: a redirect leads nowhere."""

from ringback.failure.kind import Kind

HTTP_REDIRECT = (
    Kind(
        name="http.response.redirect_loop",
        layer="http",
        delivered="yes",
        retry="no",
        meaning="The server keeps redirecting, and the client stopped following.",
        looks_like={
            "requests": "`TooManyRedirects: Exceeded 30 redirects.`",
            "httpx": "`TooManyRedirects: Exceeded maximum allowed redirects.` (20)",
            "aiohttp": "`TooManyRedirects: 0, message='', url='http://127.0.0.1:8080/'` (10)",
            "urllib": "`HTTP Error 302: The HTTP server returned a redirect error that would lead to an infinite loop.`",
            "curl": "`curl: (47) Maximum (50) redirects followed`",
        },
        causes=(
            "The load balancer ends TLS, and the application behind it redirects to https for ever.",
            "The site redirects from `www.` to the bare name and back.",
            "The site sets a cookie and checks it, and the client does not keep cookies.",
            "Logging in fails, and the login page leads back to itself.",
        ),
        do=(
            "Follow the hops: `curl -sSIL --max-redirs 5 URL | grep -iE '^(HTTP|location)'`.",
            "Behind a load balancer, let the application trust `X-Forwarded-Proto`.",
            "Use a session, so that cookies are kept.",
            "Call the final URL directly, with the right scheme and host.",
        ),
        dont=(
            "Do not raise the limit: a loop has no end.",
            "Do not retry: the loop is still there.",
        ),
        related=("http.response.redirect_invalid", "http.error.auth"),
        also_known_as={"curl": "47", "chromium": "ERR_TOO_MANY_REDIRECTS"},
    ),
    Kind(
        name="http.response.redirect_invalid",
        layer="http",
        delivered="yes",
        retry="no",
        meaning="The server redirects to a URL that cannot be used.",
        looks_like={
            "requests": "a bare `ValueError: Invalid IPv6 URL`, or `InvalidSchema: No connection adapters were found for 'myapp://callback'`",
            "httpx": "`RemoteProtocolError: Invalid URL in location header: Invalid port: ':1'.`",
            "aiohttp": "`InvalidUrlRedirectClientError: http://[::1/ - Server attempted redirecting to a location that does not look like a URL`",
            "urllib": "`ValueError: Invalid IPv6 URL`, `HTTPError: … Redirection to url 'file:///etc/passwd' is not allowed`",
            "curl": "`curl: (3) The redirect target URL could not be parsed: Bad IPv6 address`",
        },
        causes=(
            "The server builds the `Location` from parts, and one of them is empty or wrong.",
            "The redirect leads to an application's own scheme, as at the end of a login.",
            "The server does not encode spaces or other characters.",
        ),
        do=(
            "Read where it leads: `curl -sSI URL | grep -i '^location'`.",
            "Do not follow automatically (`allow_redirects=False`), and take what you need from `Location`.",
            "Report it to the service.",
        ),
        dont=(
            "Do not follow redirects to `file:` or other schemes.",
            "Do not catch only `requests.RequestException`: this can leave as a bare `ValueError`.",
        ),
        related=("http.response.redirect_loop", "url.invalid", "url.scheme_invalid"),
        also_known_as={
            "curl": "3",
            "chromium": "ERR_INVALID_REDIRECT, ERR_UNSAFE_REDIRECT",
            "ooni": "http_invalid_redirect_location_host",
        },
    ),
)
