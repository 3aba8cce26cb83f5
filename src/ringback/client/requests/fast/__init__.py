"""The fast path: what requests, urllib3 and http.client do for each request, without the waste.

Theory of operation
===================

A plain request is nearly every request: an ordinary URL, headers of printable text, a body of bytes
or none, over a connection that is kept, answered with a head that comes in one piece. For it the
libraries spend most of their time on finding out again what is known: they quote a URL that needs
no quoting, parse it four times, ask the environment for proxies, compute the key of a pool, build
an e-mail message from the headers. Here each of these steps has a twin that first asks whether the
case is plain, then does what the step would do, and otherwise leaves everything to the step itself.

What takes the place of what::

    request     Session.prepare_request, PreparedRequest.prepare*, merge_environment_settings,
                get_netrc_auth, get_environ_proxies; http.client's putrequest … endheaders
    sending     Session.send, HTTPAdapter.send, get_connection_with_tls_context, request_url;
                urlopen and _make_request of the pool
    connection  urllib3's HTTPConnection: request, getresponse, is_connected, connect
    response    http.client's HTTPResponse.begin and parse_headers, urllib3's HTTPResponse(…),
                HTTPAdapter.build_response, Response.content

Why that is equal:

* A twin handles only input for which the step has one possible result, which it computes from the
  same values: a URL that matches ``_match_url`` is one that ``prepare_url`` returns unchanged; a
  head that ``parsed_head`` takes has no folding, no repeated framing field and no bare line feed,
  so there is one way to read it (RFC 9112).
* It changes nothing before it knows that the case is plain. What it read from the socket by then it
  only peeked at, so that ``http.client`` reads it again.
* It never raises in a library's stead. What goes wrong half-way is handed over with the state that
  it has left behind: ``hand_over`` gives urllib3 the connection, ``exchange`` keeps the error for
  ``request`` or ``getresponse`` to raise, and ``_Reread`` lets a body that breaks off be read once
  more, to break off again. So each exception comes out of the library's own code, in its words.
* Objects are made from an example that the library's constructor has made (``Template``): what a
  release adds to them is there.
* ``tests/client/requests/fast`` sends the same requests both ways, generated ones too, and compares
  what is on the wire and what comes back; ``conformance/run.py`` runs requests' own tests on top.

What turns it off:

* ``RINGBACK_FAST=0`` in the environment, or ``guard.on = False``: all of it.
* **Another release of requests or urllib3** than those it was written for: all of it. The fast path
  must not outlive what it copies, or a fix of a security defect upstream would be bypassed. The
  modules that it stands in for are known by fingerprints of their source, helpers and constants
  included (``fingerprints.json``). Whatever is not in that table goes through requests' own code,
  and one debug line of the logger ``ringback`` says so and names it. The comparison is made once in
  a process, at the first request: it reads some thirty files and takes about four milliseconds.
* **Another function in the standard library** than those it was written for: what stands in for
  it. Python has more releases than anybody can list, and most change nothing here; so it is known
  function by function, and each ``PatchGuard`` asks for its own.
* A function that a mock, a tracer or a recorder has put in the place of a library's: what stands
  in for it, for as long as it is there (``PatchGuard.holds``, at each request). The same for a
  subclass that overrides a method, a hook, a proxy, or a log that wants urllib3's debug lines.

A release is added by reading what has changed in these modules, following it here, running
``tests/client/requests`` with it, and ``python conformance/fingerprints.py --add``.
"""

from ringback.client.requests.fast.connection import FastPools, Unconnected
from ringback.client.requests.fast.response import FastResponse
from ringback.client.requests.fast.sending import FastAdapter, FastSession

__all__ = ["FastAdapter", "FastPools", "FastResponse", "FastSession", "Unconnected"]
