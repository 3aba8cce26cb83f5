"""The exceptions people catch; each has ``failure``, the precise reason.

What a ringback client raises is at once one of these, the client library's own class and
the built-in that says the same::

    RingbackError
        RequestInvalid
            URLInvalid
        ConfigurationError
            ProxySettingInvalid
            TLSFilesInvalid
        ClientError
            ClientClosed
            PoolExhausted
            CircuitOpen
            ResourcesExhausted
            DeadlineExceeded
            Abandoned
        ConnectFailed
            ResolutionError
                NameNotResolved
                NameHasNoAddress
                ResolverFailed
            ConnectionRefused
            ConnectTimeout
            AddressUnreachable
            ConnectionForbidden
            SocketNotFound
        ConnectionLost
            ConnectionReset
            ConnectionClosed
                ConnectionStale
            ConnectionAborted
            PeerVanished
        TLSError
            CertificateError
                CertificateExpired
                CertificateNotYetValid
                CertificateNameMismatch
                CertificateUntrusted
                CertificateRevoked
                CertificateNotPinned
            ClientCertificateRejected
            TLSVersionMismatch
            NotTLS
            TLSClosed
            HandshakeTimeout
        ProxyError
            ProxyUnreachable
            ProxyAuthRequired
            ProxyDenied
            ProxyUpstreamFailed
            ProxyNoResponse
        HTTPError
            WriteTimeout
            ReadTimeout
            NoResponse
            IncompleteResponse
            ContentInvalid
            HTTPProtocolError
            RedirectFailed
            StatusError
                AccessDenied
                RateLimited
                ServiceUnavailable
                GatewayFailed
                CaptivePortal
        ServiceRejected
"""

from ringback.errors import tree
from ringback.errors.problem import ProblemResponse, problem_of
from ringback.errors.specialise import note, specialise
from ringback.errors.tree import *  # noqa: F403 - what its __all__ lists

__all__ = ["ProblemResponse", "note", "problem_of", "specialise"]
__all__ += tree.__all__
