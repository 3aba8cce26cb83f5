"""What key-value and document stores, search engines and directories say.

Sources: Redis, Memcached, MongoDB, Elasticsearch, Cassandra, ZooKeeper and etcd; Jedis, Lettuce,
Redisson, go-redis, ioredis and node-redis; MongoDB's drivers for C, Go, Java and Node; Cassandra's
for Java and Go; Neo4j's.
"""

from ringback.failure.clue import BARE, EXACT, GENERIC, SPECIFIC, TEXT, TIMEOUT
from ringback.failure.text.rule import (
    HINT,
    NARROWER,
    OVERRIDE,
    PHRASE,
    SENTENCE,
    VERDICT,
    TextRule,
    says,
)
from ringback.failure.text.rules.other import OTHER
from ringback.failure.text.rules.services import REJECTED

_SELECTION = 62
"""Outweighs the bare timeout inside it."""

STORES: list[TextRule] = [
    # Redis
    *says(REJECTED, NARROWER, "wait")(
        "wrongpass", "noperm", "clusterdown", "masterdown", "misconf redis", before=r"\b"
    ),
    *says(REJECTED, NARROWER, "wait")(  # an option of mongod and of others has this name
        "noauth ", then=r"(?:authentication required|hello must be called)"
    ),
    *says(REJECTED, NARROWER, "wait")(
        "invalid username-password pair",
        "client sent auth, but no password is set",
        "without any password configured",
        "max number of clients reached",
        "loading the dataset in memory",
        "redis is running in protected mode",
        "you can't write against a read only replica",
        "you can't write against a read only slave",
        "max number of clients + cluster connections reached",
    ),
    *says(REJECTED, NARROWER, "wait")("invalid password", before=r"(?:Redis|ERR)[^\n]{0,40}"),
    *says("tcp.closed", SENTENCE)("error while reading from socket"),
    *says("client.pool_exhausted", VERDICT, "pool")(
        "too many connections", before=r"redis\.exceptions\.\w{1,30}: "
    ),
    *says("tcp.timed_out.established", SPECIFIC)("no data nor ping received"),
    # MongoDB
    *says("client.deadline_exceeded", PHRASE)("buffering timed out after"),
    *says(REJECTED, NARROWER, "wait")(
        "user is not allowed to do action",
        "not master and slaveok=false",
        "not primary and secondaryok=false",
        "because there are too many open connections",
    ),
    *says(REJECTED, NARROWER, "wait")("bad auth", then=r" ?: "),
    *says(REJECTED, NARROWER, "wait")(
        "not primary", "node is recovering", before=r"mongo[^\n]{0,160}[: ]"
    ),
    *says(REJECTED, NARROWER, "wait")("not authorized on", then=r" [^\s]{1,64} to execute"),
    *says(REJECTED, NARROWER, "wait")(
        "requires authentication", before=r"(?:command [\w.]{1,40}|mongo[^\n]{0,160}) "
    ),
    *says("tcp.timed_out", _SELECTION, "connect")(
        ": timed out", before=r"ServerSelectionTimeoutError:? [^\n]{1,120}"
    ),
    *says(REJECTED, BARE)("no primary available for writes"),
    # Cassandra, Neo4j, LDAP, Elasticsearch
    *says(REJECTED, EXACT, "wait")("protocol version", before=r"\[Server error\][^\n]{0,200}"),
    *says(REJECTED, NARROWER, "wait")(
        "the client is unauthorized due to authentication failure",
        "unsupported authentication token",
        "invalidcredentials",
        "data 52e",
        "missing authentication credentials for rest request",
    ),
    # ldap3
    *says(TIMEOUT, SENTENCE, "connect")("socket connection error while opening: timed out"),
    *says("tcp.closed", SENTENCE)("session terminated by server"),
    # Kerberos
    *says(REJECTED, SPECIFIC, "wait")(
        "preauthentication failed", "not found in kerberos database", "clock skew too great"
    ),
    *says("tcp.failed", PHRASE, "connect")("cannot contact any kdc"),
    *says("dns.failed", PHRASE, "dns")("cannot find kdc for realm"),
    # any of them
    *says(REJECTED, NARROWER, "wait")(
        "authentication failed",
        "auth failed",
        before=r"(?<![\w/])",
        # .NET says it of a handshake, and names the reason there
        then=r"(?!, see inner exception| because the remote)",
    ),
    # clients of several nodes, none of which is left
    *says("tcp.failed", SENTENCE, "connect")(
        "could not reach any contact point",
        "no connections available in the pool",
        "no elasticsearch node available",
        "no living connections",
        "no alive nodes found in your cluster",
        "no connection to node",
    ),
    *says(TIMEOUT, TEXT, "connect")(
        "timed out waiting for connection", before=r"/[\d.]{7,15}:\d{1,5}\] "
    ),
    *says(REJECTED, SENTENCE, "wait")("service_unavailable/", before=r"blocked by: \["),
    *says(REJECTED, TEXT, "wait")("no leader", before=r"etcdserver: "),
    *says("client.deadline_exceeded", PHRASE)(
        "maxretriesperrequesterror", "max retries per request limit"
    ),
    *says("http.response.timed_out", SENTENCE, "wait")("timeout performing ", then=r"[A-Z]{2,20} "),
    *says("client.pool_exhausted", SPECIFIC, "pool")("since the pool is exhausted"),
    *says("http.response.timed_out", SENTENCE, "wait")(
        " milliseconds timeout on connection http-", before=r"\d"
    ),
    # Redis, further: the server, redis-cli
    *says(REJECTED, SENTENCE, "wait")(
        "redis is busy running a script",
        "not enough good replicas to write",
        "cluster support disabled",
        "oom command not allowed",
        "force unblock from blocking operation",
    ),
    *says("http.response.invalid.not_http", SPECIFIC, "wait")(
        "protocol error, got ", then=r"[\"'][^\n]{1,8}[\"'] as (?:the )?(?:reply|initial)"
    ),
    *says("http.response.invalid.not_http", SENTENCE, "wait")(
        "sending post or host: commands to redis"
    ),
    *says("http.response.timed_out", SENTENCE, "wait")("did not respond to command during sync"),
    *says("http.response.body_timed_out", SENTENCE, "body")("timeout receiving bulk data from"),
    *says("tcp.timed_out.established", SPECIFIC)(
        "disconnecting timedout replica", "disconnecting timedout slave"
    ),
    *says("tcp.timed_out.established", PHRASE)(
        "+sdown ", "+odown ", then=r"(?:master|slave|replica|sentinel) "
    ),
    *says("tcp.timed_out.established", PHRASE)("marking node ", then=r"[^\n]{1,120} as failing"),
    *says("tcp.closed", PHRASE)(
        "connection with replica ", "connection with slave ", then=r"[^\n]{1,80} lost"
    ),
    *says("tcp.closed", SENTENCE)("for overcoming of output buffer limits"),
    *says("tls.failed", PHRASE, "tls")("could not negotiate a tls connection"),
    # Redis's clients, in Java, Go, Node, PHP and .NET
    *says("tcp.closed", SENTENCE)(
        "unexpected end of stream", before=r"(?:redis|neo4j|connection)[^\n]{0,160}[: ]"
    ),
    *says("tcp.closed", SENTENCE)(
        "from a broken connection",
        "to a broken connection",
        "connection closed prematurely",
        "stream isn't writeable and enableofflinequeue",
        "stream connection ended and command aborted",
        "error while reading line from the server",
        "error while writing bytes to the server",
    ),
    *says("tcp.closed", SENTENCE)(" went away", before=r"redis server [^\n]{1,80}"),
    *says("tcp.closed", SENTENCE)("has been disconnected", before=r"redis node [^\n]{1,80} "),
    *says("tcp.closed", PHRASE)(
        "socketfailure on ", "socketclosed on ", then=r"[\w.\-]{1,120}[:/]"
    ),
    *says("tcp.closed", HINT)("discarding bad pubsub connection"),
    *says("tcp.failed", SENTENCE, "connect")(
        "all sentinels down",
        "all sentinels are unreachable",
        "all sentinels specified in configuration are unreachable",
        "no reachable node in cluster",
        "none of startup nodes is available",
        "redis connection in broken state",
    ),
    *says("tcp.failed", PHRASE, "connect")(
        "redis node has been marked as failed",
        "no master available among the configured addresses",
        "currently not connected. commands are rejected",
        "unabletoresolvephysicalconnection on",
        "cluster isn't ready and enableofflinequeue",
        "because no connection became available",
    ),
    *says("tcp.failed", HINT, "connect")(
        "can't execute sentinel commands on",
        "no more cluster attempts left",
        "could not initialize cluster slots cache",
        "clusterallfailederror",
        "cannotconnecterror",
        "unable to init enough connections amount",
        "establish a connection to redis",
        "retrieve initial cluster partitions from",
        "cannot connect redis sentinel",
        "redis: cluster has no nodes",
        "unabletoconnect on",
    ),
    *says("tcp.failed", GENERIC, "connect")(
        "it was not possible to connect to the redis server", "cannot get jedis connection"
    ),
    *says("tcp.failed", HINT, "connect")("failed to create socket.", before=r"jedis[^\n]{0,120}"),
    *says(TIMEOUT, TEXT, "connect")("connection initialization timed out after"),
    *says(TIMEOUT, TEXT, "connect")(
        "]: timeout after ", before=r"unable to connect to \[[^\n]{1,120}"
    ),
    *says(TIMEOUT, SENTENCE, "wait")(
        "command execution timeout for", "timeout awaiting response (", "but didn't receive any in"
    ),
    *says(TIMEOUT, SENTENCE, "wait")("command timed out", before=r"redis[^\n]{0,160}"),
    *says(TIMEOUT, HINT, "wait")("read error on connection to"),
    *says("http.request.timed_out", PHRASE, "send")(
        "unable to write command into connection", "redistimeoutexception: unable to send command"
    ),
    *says("tcp.timed_out.established", SPECIFIC)("due to ping response timeout"),
    *says(REJECTED, SPECIFIC, "wait")(
        "closed due to auth error response", "authenticationfailure on"
    ),
    *says(REJECTED, SENTENCE, "wait")("seems to be not monitored", "not all slots covered!"),
    *says("tls.cert.name_invalid", SPECIFIC, "tls")("failed ssl/tls hostname verification"),
    *says("client.pool_exhausted", SPECIFIC, "pool")("unable to acquire connection!"),
    *says("client.pool_exhausted", TEXT, "pool")("increase connection pool size"),
    *says("client.closed", PHRASE, "pool")("the connection has already been closed."),
    # Memcached's clients
    *says(REJECTED, SPECIFIC, "wait")("error too many open connections"),
    *says(TIMEOUT, TEXT, "wait")("timed out waiting for operation"),
    *says(TIMEOUT, SENTENCE, "wait")("milliseconds) waiting for operation"),
    *says("tcp.failed", SENTENCE, "connect")(
        "server has failed and is disabled until timed retry",
        "server is marked dead",
        "memcache: no servers configured or available",
        "there is no available connection at this moment",
    ),
    *says("tcp.failed", SENTENCE, "connect")(
        "server at ", then=r"[\w.\-]{1,120}:\d{1,5} not available"
    ),
    *says("dns.failed", PHRASE, "dns")("host lookup failure", "host lookup error"),
    # MongoDB, further: its drivers, its own log
    *says(TIMEOUT, SENTENCE, "wait")(
        "timeout while receiving message", "timed out during socket read", "socket timeout calling "
    ),
    *says(TIMEOUT, SENTENCE, "wait")(
        "mongonetworktimeouterror: connection ", then=r"[^\s]{1,40} to [^\s]{1,120} timed out"
    ),
    *says("tcp.closed", TEXT)(
        "mongonetworkerror: connection ", then=r"[^\s]{1,40} to [^\s]{1,120} closed"
    ),
    *says("tcp.timed_out", SPECIFIC, "connect")("socket 'connect' timed out"),
    *says("tls.timed_out", SPECIFIC, "tls")("socket 'secureconnect' timed out"),
    *says("client.pool_exhausted", SPECIFIC, "pool")(
        "wait queue timeout elapsed",
        "while checking out a connection from connection pool",
    ),
    *says("client.pool_exhausted", SPECIFIC, "pool")(
        "while waiting for a connection to server", before=r"after \d{1,9} ms "
    ),
    *says("tcp.timed_out.established", SPECIFIC)("interrupted due to server monitor timeout"),
    *says("tcp.closed", SENTENCE)(
        "socket was unexpectedly closed", "because there was a socket exception raised"
    ),
    *says("tcp.closed", TEXT)(
        "incomplete read of message header", "incomplete read of full message"
    ),
    *says("tcp.closed", PHRASE)("connection closed calling "),
    *says("tcp.closed", HINT)(
        "exception sending message", "exception receiving message", "topology was destroyed"
    ),
    *says("abandoned", PHRASE)("operation as its client disconnected"),
    *says("tcp.failed", HINT, "connect")(
        "no server chosen by ", "no primary found in replicaset", "was cleared because"
    ),
    *says("tcp.timed_out", PHRASE, "connect")("couldn't get a connection within the time limit"),
    *says(REJECTED, SENTENCE, "wait")(
        "exception authenticating mongocredential",
        "sasl conversation error",
        "interrupted at shutdown",
    ),
    *says(REJECTED, SPECIFIC, "wait")("server is configured to only allow ssl connections"),
    *says("tls.protocol.error.not_tls", SPECIFIC, "tls")(
        "ssl handshake received but server is started without ssl"
    ),
    *says("tls.bad_client_auth_cert", SPECIFIC, "tls")("no ssl certificate provided by peer"),
    *says("client.closed", SENTENCE, "pool")(
        "topology is closed", "client must be connected before running operations"
    ),
    *says("url.invalid", SENTENCE, "config")(
        "uri cannot have port number", "uri must include hostname, domain name, and tld"
    ),
    *says("url.scheme_invalid", SPECIFIC, "config")(
        "expected connection string to start with", "connection strings must start with"
    ),
    # Cassandra, Scylla
    *says(TIMEOUT, SPECIFIC, "wait")(
        "no response received from cassandra within timeout",
        "no response to connection startup within timeout",
        "query timed out after pt",
        "operation timed out - received only ",
    ),
    *says(TIMEOUT, SPECIFIC, "wait")("cassandra timeout during ", then=r"[^\n]{0,60}query"),
    *says(TIMEOUT, PHRASE, "wait")("too many query timeouts on the connection"),
    *says("tcp.timed_out.established", SENTENCE)(
        "heartbeat request timed out", "heartbeat query failed", "gocql: heartbeat failed"
    ),
    *says("tcp.timed_out.established", PHRASE)(
        " is now down", before=r"(?:inetaddress|node|endpoint) [^\n]{1,60}"
    ),
    *says("tcp.failed", SENTENCE, "connect")(
        "no hosts available in the pool",
        "no connections were made when creating the session",
        "no connection was available to ",
        "unable to gossip with any",
        "unable to contact any seeds",
    ),
    *says("tcp.failed", SENTENCE, "connect")(
        "] cannot connect", before=r"\[/?[\w.\-/]{1,120}:\d{1,5}"
    ),
    *says("tcp.failed", HINT, "connect")("tried for the query failed"),
    *says("tcp.failed", GENERIC, "connect")("unable to dial control conn"),
    *says("dns.failed", SENTENCE, "dns")("failed to resolve any of the provided hostnames"),
    *says(REJECTED, SPECIFIC, "wait")(
        "authentication error on host",
        "authentication error on node",
        "authentication, but no authenticator",
        "and/or password are incorrect",
        "not enough replicas available for query",
        "cannot achieve consistency level",
        ") was overloaded",
    ),
    *says(REJECTED, PHRASE, "wait")(
        "failed to login", before=r"(?:gocql|control conn|cassandra)[^\n]{0,160}"
    ),
    *says("tcp.closed", SENTENCE)("rpc::closed_error"),  # Seastar's, as Scylla shows them
    *says(TIMEOUT, SENTENCE, "wait")("rpc::timeout_error"),
    *says("tcp.timed_out.established", PHRASE)(
        "marking raft server ", then=r"[\w\-]{1,40} as dead"
    ),
    *says("client.pool_exhausted", SPECIFIC, "pool")("pool is busy (no available connection"),
    *says("client.pool_exhausted", SENTENCE, "pool")(
        "connection has exceeded its maximum of ", then=r"\d{1,6} simultaneous"
    ),
    # Elasticsearch, OpenSearch: nodes, clients, Kibana, Logstash
    *says("tcp.failed", SENTENCE, "connect")(
        "] connect_exception", "unable to revive connection", "there are no living connections"
    ),
    *says("tcp.failed", PHRASE, "connect")("no available connections"),
    *says("tcp.failed", HINT, "connect")("unable to retrieve version information from elastic"),
    *says("tcp.closed", SENTENCE)(
        "closed by remote", before=r"transport connection to \[[^\n]{1,250}\] "
    ),
    *says("tcp.closed", SENTENCE)(
        "reason [transport disconnected]", "(reason = transport disconnected"
    ),
    *says("tcp.closed", PHRASE)("nodenotconnectedexception", "reason: disconnected"),
    *says("tcp.timed_out.established", SENTENCE)(
        "failed to ping, tried [", "followers check retry count exceeded"
    ),
    *says(TIMEOUT, SENTENCE, "wait")("receivetimeouttransportexception"),
    *says("unknown", HINT)("master not discovered"),
    *says("http.error.unavailable", SENTENCE, "wait")("master_not_discovered_exception"),
    *says("http.error.unavailable", PHRASE, "wait")("server is not ready yet"),
    *says("http.error.rate_limited", SENTENCE, "wait")("es_rejected_execution_exception"),
    *says(REJECTED, NARROWER, "wait")("unable to authenticate user ["),
    *says("tls.protocol.error.not_tls", SPECIFIC, "tls")(
        "received plaintext http traffic on an https channel",
        "received plaintext traffic on an encrypted channel",
    ),
    *says("tls.cert.authority_invalid.unknown_issuer", SENTENCE, "tls")(
        "client did not trust this server's certificate"
    ),
    # Neo4j
    *says("tcp.failed", PHRASE + 5, "connect")("serviceunavailable", before=r"neo4j[\w.]{0,60}\."),
    *says("tcp.closed", SENTENCE)("connection to the database terminated"),
    *says("tcp.failed", SENTENCE, "connect")(
        "could not perform discovery",
        "failed to obtain connection towards",
        "connection acquisition failed for all available addresses",
    ),
    *says("tcp.failed", HINT, "connect")("connection to the database failed"),
    *says("tcp.failed", PHRASE, "connect")("websocket connection failure"),
    *says(TIMEOUT, SPECIFIC, "connect")(" within connection timeout ", then=r"\d"),
    *says("client.pool_exhausted", SPECIFIC, "pool")("connection from the pool within configured"),
    *says("tls.failed", PHRASE, "tls")("failed to establish secured connection"),
    *says("http.response.invalid.not_http", SPECIFIC, "wait")("server responded http. make sure"),
    *says(REJECTED, SPECIFIC, "wait")("incorrect authentication details too many times"),
    # etcd, ZooKeeper
    *says("tcp.failed", SENTENCE, "connect")("etcd cluster is unavailable or misconfigured"),
    *says(REJECTED, SENTENCE, "wait")(
        "etcdserver: ",
        then=r"(?:too many requests|leader changed|invalid auth|permission denied)",
    ),
    *says("tcp.closed", SENTENCE)("streaming connection with ", before=r"lost (?:the )?TCP "),
    *says("tcp.closed", PHRASE)(
        "peer became inactive", "state change: lost", "state change: suspended"
    ),
    *says("tcp.failed", GENERIC, "connect")("cannot open channel to ", "unable to open socket to"),
    *says("tcp.closed", SENTENCE)("likely client has closed socket", "connection broken for id "),
    *says("tcp.closed", PHRASE)("connectionlossexception"),
    *says("tcp.timed_out.established", SENTENCE)("unable to reconnect to zookeeper service"),
    *says("tcp.timed_out.established", PHRASE)(
        "expiring session 0x", "has elapsed while suspended"
    ),
    *says("http.response.timed_out", SENTENCE, "wait")("keepererrorcode = operationtimeout"),
    *says(TIMEOUT, SPECIFIC, "connect")("waiting for connection while in state: connecting"),
    *says(TIMEOUT, SENTENCE, "connect")(
        "to zookeeper server", then=r"[^\n]{1,160} with timeout of"
    ),
    *says(REJECTED, SPECIFIC, "wait")(
        "too many connections from ", then=r"/?[\d.:a-f%]{3,60} - max is"
    ),
    *says(REJECTED, SENTENCE, "wait")("with zookeeper quorum member failed"),
    *says(OTHER, OVERRIDE)("session establishment complete on server"),
    # InfluxDB
    *says("http.error.auth", SENTENCE, "wait")(
        '"code":"unauthorized"', "unable to parse authentication credentials"
    ),
    # Redis's clients for .NET and PHP, further
    *says("tcp.failed", PHRASE, "connect")(
        "connection to redis never succeeded",
        "couldn't map cluster keyspace using any provided seed",
        "can't communicate with any node in the cluster",
    ),
    *says("tcp.failed", HINT, "connect")("is active/available to service this operation"),
    *says("tcp.closed", HINT)("error processing response from redis node"),
    *says("tcp.timed_out.established", SENTENCE)("dead socket detected, no reads in"),
    *says("http.response.timed_out", SENTENCE, "wait")(
        "timed out attempting to find data in the correct node"
    ),
    *says(REJECTED, SPECIFIC, "wait")("there was an authentication failure; check that passwords"),
    # Prisma, TypeORM
    *says(TIMEOUT, SENTENCE, "wait")("was reached but timed out"),
    *says(REJECTED, SENTENCE, "wait")("was denied access on the database"),
    *says("tcp.failed", HINT, "connect")("make sure your database server is running at"),
    *says("tls.failed", PHRASE, "tls")("error opening a tls connection"),
    *says("client.closed", SENTENCE, "pool")("connection is not yet established"),
    # Solr, Hazelcast, Infinispan, Couchbase
    *says("tcp.refused", SPECIFIC, "connect")("server refused connection at"),
    *says(TIMEOUT, SPECIFIC, "wait")("while waiting response from server at"),
    *says("tcp.failed", SENTENCE, "connect")("no live solrservers available"),
    *says(TIMEOUT, SPECIFIC, "connect")(
        "could not connect to zookeeper ", then=r"[^\n]{1,160} within \d"
    ),
    *says("http.response.timed_out", SENTENCE, "wait")(
        "operation-heartbeat-timeout", "operation-call-timeout", "waiting for responses for request"
    ),
    *says("tcp.closed", TEXT)("targetdisconnectedexception"),
    *says(REJECTED, SPECIFIC, "wait")('["authentication_error'),
]
