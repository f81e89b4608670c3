"""Snapshots and requests that are built to collide.

The alphabets are tiny on purpose: rules share prefixes, hosts and ages, and requests are made
from the rules of the snapshot they go to, then bent a little.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from hypothesis import strategies as st

from gwroute import ir
from support.more_strategies import CORS, external_auth, mirrors
from support.oracle import Query, host_matches

HOSTS = ("a.com", "b.a.com", "c.b.a.com", "ba.com", "x.org")
HOSTNAMES = (None, "a.com", "b.a.com", "c.b.a.com", "*.com", "*.a.com", "*.b.a.com", "x.org")
PATHS = ("/", "/a", "/a/", "/a/b", "/a/b/", "/a/b/c", "/ab", "/A", "/a%20b", "/b")
VALUES = ("1", "2", "1,2", "a b", "A")
# Patterns, each with something that it takes.
PATTERNS = {
    "/a.*": "/ab",
    "/a/[bc]+": "/a/b",
    "/.*": "/",
    "/(a|b)(/.*)?": "/a/b",
    "/a/b": "/a/b",
    "/[^/]*": "/b",
}
VALUE_PATTERNS = {"[12]": "2", "1.*": "1,2", ".*": "A", "[a-z ]+": "a b"}
HEADERS = ("x-a", "x-b", "x-c")
PARAMETERS = ("q", "r", "Q", "a b", "ä")
METHODS = ("GET", "POST", "HEAD", "get", "OPTIONS")
GATEWAYS = ("infra/one", "infra/two")
PORTS = {80: "HTTP", 8080: "HTTP", 443: "HTTPS"}
SERVICES = ("a/s:80", "a/t:80", "a-b/s:80", "a/assumed:80", "a/u:80", "a/none:80")

UPSTREAMS = tuple(
    ir.Upstream(
        key=name,
        service=name,
        endpoints=() if "none" in name or "assumed" in name else (ir.Endpoint("127.0.0.1", 3000),),
        assumed="assumed" in name,
    )
    for name in SERVICES
)


def intersection(listener: str | None, route: str | None) -> list[str | None]:
    """The hosts both take: one, or none. Kept apart from the package's own."""
    if listener is None or route is None or listener == route:
        return [route if listener is None else listener]
    for wide, narrow in ((listener, route), (route, listener)):
        if wide.startswith("*.") and host_matches(wide, narrow.removeprefix("*.")):
            return [narrow]
        if wide.startswith("*.") and narrow.startswith("*.") and narrow.endswith(wide[1:]):
            return [narrow]
    return []


@st.composite
def listeners(draw: st.DrawFn) -> tuple[ir.Listener, ...]:
    """One to five listeners that are distinct, as resolution leaves them."""
    chosen = draw(
        st.lists(
            st.tuples(
                st.sampled_from(GATEWAYS), st.sampled_from(tuple(PORTS)), st.sampled_from(HOSTNAMES)
            ),
            min_size=1,
            max_size=5,
            unique=True,
        )
    )
    return tuple(
        ir.Listener(f"{gateway}/l{n}", gateway, f"l{n}", port, PORTS[port], hostname)
        for n, (gateway, port, hostname) in enumerate(chosen)
    )


ALL_PATHS = tuple(
    ir.PathMatch(kind, value)  # type: ignore[arg-type]
    for kind, values in (("PathPrefix", PATHS), ("Exact", PATHS), ("RegularExpression", PATTERNS))
    for value in values
)


def _conditions(names: tuple[str, ...]) -> tuple[tuple[ir.ValueMatch, ...], ...]:
    """None, each alone, and pairs of different names: enumerated, since drawing them is slow."""
    single = [ir.ValueMatch(name, "Exact", value) for name in names for value in VALUES]
    single += [
        ir.ValueMatch(name, "RegularExpression", value)
        for name in names
        for value in VALUE_PATTERNS
    ]
    pairs = [(one, two) for one in single for two in single if one.name < two.name]
    return ((), (), (), *((one,) for one in single), *pairs[:: max(1, len(pairs) // len(single))])


def _edits() -> tuple[dict[str, tuple[object, ...]], ...]:
    """Each name in one of the three only."""
    names = ("x-a", "X-B", "x-d")
    return tuple(
        {
            "set": tuple((n, "s1") for n, how in chosen if how == "set"),
            "add": tuple((n, "a1") for n, how in chosen if how == "add"),
            "remove": tuple(n for n, how in chosen if how == "remove"),
        }
        for hows in product((None, "set", "add", "remove"), repeat=len(names))
        for chosen in [list(zip(names, hows, strict=True))]
    )


def matches() -> st.SearchStrategy[ir.RouteMatch]:
    return st.tuples(
        st.sampled_from(ALL_PATHS),
        st.sampled_from((None, None, "GET", "POST")),
        st.sampled_from(_conditions(HEADERS)),
        st.sampled_from(_conditions(PARAMETERS)),
        st.sampled_from((None, None, None, None, "b")),
    ).map(lambda found: ir.RouteMatch(*found[:4], grpc_method=found[4]))


EDITS = st.sampled_from(_edits())


def modifiers(*, prefix: bool) -> st.SearchStrategy[ir.PathModifier | None]:
    kinds = ("ReplaceFullPath", "ReplacePrefixMatch") if prefix else ("ReplaceFullPath",)
    values = ("", "/", "/new", "/new/", "/n/m")
    made = [ir.PathModifier(kind, value) for kind in kinds for value in values]  # type: ignore[arg-type]
    return st.sampled_from((None, *made))


@st.composite
def filters(draw: st.DrawFn, *, prefix: bool, redirects: bool) -> tuple[ir.Filter, ...]:
    """A filter list that validation lets pass: one of a kind, no rewrite beside a redirect."""
    found: list[ir.Filter] = []
    if draw(st.booleans()):
        found.append(ir.RequestHeaderModifier(**draw(EDITS)))
    if draw(st.integers(0, 3)) == 0:
        found.append(ir.ResponseHeaderModifier(**draw(EDITS)))
    for other in (CORS, mirrors(SERVICES), external_auth(SERVICES)):
        if draw(st.integers(0, 7)) == 0:
            found.append(draw(other))
    last = draw(st.integers(0, 8))
    if last == 0:
        host = draw(st.sampled_from((None, "new.com")))
        found.append(ir.URLRewrite(host, draw(modifiers(prefix=prefix))))
    elif last == 1 and redirects:
        found.append(
            ir.RequestRedirect(
                scheme=draw(st.sampled_from((None, "http", "https"))),
                hostname=draw(st.sampled_from((None, "new.com"))),
                path=draw(modifiers(prefix=prefix)),
                port=draw(st.sampled_from((None, 80, 443, 8080))),
                status=draw(st.sampled_from((301, 302, 303, 307, 308))),
            )
        )
    elif last == 2:
        found.append(ir.Fail(500, "ExtensionRef not found"))
    return tuple(draw(st.permutations(found)))


@st.composite
def backends(draw: st.DrawFn) -> tuple[ir.Backend, ...]:
    found = []
    for _ in range(draw(st.sampled_from((1, 2, 1, 3, 2, 1, 2, 2, 0)))):
        name = draw(st.sampled_from(SERVICES))
        valid = draw(st.integers(0, 11)) > 0
        found.append(
            ir.Backend(
                name=name,
                upstream=name if valid else None,
                weight=draw(st.sampled_from((1, 1, 2, 7, 0, 1_000_000))),
                filters=(ir.RequestHeaderModifier(**draw(EDITS)),)
                if draw(st.integers(0, 3)) == 0
                else (),
                invalid=None if valid else ir.Failure(500, "BackendNotFound"),
            )
        )
    return tuple(found)


@st.composite
def routes(draw: st.DrawFn, on: tuple[ir.Listener, ...], name: str) -> list[ir.Rule]:
    """The rules of one route, attached to some of the listeners."""
    namespace = draw(st.sampled_from(("a", "a-b")))
    created = draw(st.sampled_from((None, None, 1, 2)))
    hostnames = draw(st.lists(st.sampled_from(HOSTNAMES[1:]), max_size=2, unique=True)) or [None]
    attached = draw(st.lists(st.sampled_from(on), min_size=1, max_size=3, unique=True))
    hosts = tuple(
        ir.VirtualHost(listener.key, host, hostname)
        for listener in attached
        for hostname in hostnames
        for host in intersection(listener.hostname, hostname)
    )
    if not hosts:
        return []
    rules = []
    for number in range(draw(st.integers(1, 3))):
        alternatives = tuple(draw(st.lists(matches(), min_size=1, max_size=2)))
        only = alternatives[0].path if len(alternatives) == 1 else None
        prefix = only is not None and only.type == "PathPrefix"
        rules.append(
            ir.Rule(
                key=f"httproute/{namespace}/{name}/rule/{number}",
                route=ir.RouteRef("HTTPRoute", namespace, name, number, None, created),
                hosts=hosts,
                matches=alternatives,
                filters=draw(filters(prefix=prefix, redirects=True)),
                backends=draw(backends()),
            )
        )
    return rules


@st.composite
def snapshots(draw: st.DrawFn, *, max_routes: int = 4) -> ir.Snapshot:
    """A whole snapshot, valid as resolution makes them."""
    on = draw(listeners())
    rules = [
        rule
        for name in draw(st.permutations("uvwxyz"[:max_routes]))
        for rule in draw(routes(on, name))
    ]
    return ir.Snapshot(on, tuple(rules), UPSTREAMS)


SEGMENTS = ("a", "b", "c", "ab", "A", "", ".", "..", "%2e", "%2E%2e", "%61", "a%20b", "%zz", "a;b")
RARE_SEGMENTS = ("a%2Fb", "%5c", "a\\b", "%00", "%", "%2f..", '"', "%7E", "%252e")


@st.composite
def targets(draw: st.DrawFn) -> str:
    """Paths full of what has to be cleaned."""
    rare = draw(st.integers(0, 5)) == 0
    pieces = st.sampled_from(SEGMENTS + RARE_SEGMENTS if rare else SEGMENTS)
    return "/" + "/".join(draw(st.lists(pieces, max_size=5)))


@st.composite
def query_strings(draw: st.DrawFn) -> str:
    """Queries with empty, repeated and escaped names and values."""
    if draw(st.booleans()):
        return ""
    names = ("q", "r", "Q", "%71", "a+b", "a%20b", "%C3%A4", "", "%zz")
    values = ("=1", "=2", "=1,2", "=a+b", "=a%20b", "=%41", "=", "", "=1=2", "=%2F..")
    pairs = draw(st.lists(st.tuples(st.sampled_from(names), st.sampled_from(values)), max_size=4))
    return "?" + "&".join(name + value for name, value in pairs)


ASKED_BY_BROWSERS = (("origin", "https://a.com"), ("access-control-request-method", "PUT"))


def header_lines() -> st.SearchStrategy[tuple[tuple[str, str], ...]]:
    names = st.sampled_from((*HEADERS, "X-A", "X-b", "x-other"))
    return st.lists(st.tuples(names, st.sampled_from((*VALUES, ""))), max_size=4).map(tuple)


def authorities() -> st.SearchStrategy[str]:
    spellings = [str.lower, str.upper, str.title]
    ports = st.sampled_from(("", "", ":80", ":9999"))
    made = st.builds(
        lambda host, spell, port: spell(host) + port,
        st.sampled_from((*HOSTS, "z.c.b.a.com", "com", "127.0.0.1", "a.com.")),
        st.sampled_from(spellings),
        ports,
    )
    literal = st.sampled_from(("[::1]", "[::1]:80", "[2001:DB8::1]:"))
    rare = ("[::1", "[::1]a", "a.com]", ":80", "a.com:65536", "a.com:00080", "[1.2.3.4]", "a:1:2")
    return st.one_of(made, made, made, literal, st.sampled_from(rare))


@st.composite
def requests(draw: st.DrawFn, snapshot: ir.Snapshot) -> Query:
    """A request that often meets a rule of the snapshot, or just misses it."""
    listener = draw(st.sampled_from(snapshot.listeners))
    query = Query(
        method=draw(st.sampled_from(METHODS)),
        target=draw(targets()) + draw(query_strings()),
        headers=(("host", draw(authorities())), *draw(header_lines())),
        port=listener.port,
        gateway=listener.gateway,
        draw=draw(st.floats(0, 1, exclude_max=True, allow_subnormal=False)),
    )
    if query.method == "OPTIONS":
        asked = draw(st.sampled_from((ASKED_BY_BROWSERS, ASKED_BY_BROWSERS[:1], ())))
        query = replace(query, headers=(*query.headers, *asked))
    if snapshot.rules and draw(st.integers(0, 3)) > 0:
        query = draw(aimed(query, draw(st.sampled_from(snapshot.rules)), snapshot))
    if PORTS[query.port] == "HTTPS":
        own = query.headers[0][1].partition(":")[0]
        query = replace(query, sni=draw(st.sampled_from((None, own, own, *HOSTS))))
    return query


@st.composite
def aimed(draw: st.DrawFn, query: Query, rule: ir.Rule, snapshot: ir.Snapshot) -> Query:
    """The request bent so that it meets one match of a rule, in most of its conditions."""
    match = draw(st.sampled_from(rule.matches))
    virtual = draw(st.sampled_from(rule.hosts))
    listener = next(x for x in snapshot.listeners if x.key == virtual.listener)
    below = draw(st.sampled_from(("b.", "z.y.")))
    host = (virtual.host or draw(st.sampled_from(HOSTS))).replace("*.", below)
    miss = draw(st.integers(0, 8))  # which condition is left to chance; mostly none
    lines = query.headers[1:]
    if miss != 1:
        wanted = {condition.name for condition in match.headers}
        lines = tuple((n, v) for n, v in lines if n.lower() not in wanted)
        lines += tuple((condition.name, _met(condition)) for condition in match.headers)
    path, mark, question = query.target.partition("?")
    if match.path and miss != 2:
        path = _path(match.path, path)
    if match.query_params and miss != 3:
        pairs = [f"{_escaped(p.name)}={_escaped(_met(p))}" for p in match.query_params]
        mark, question = "?", "&".join(pairs)
    return replace(
        query,
        method=match.method or query.method,
        target=path + mark + question,
        headers=(("host", host), *lines),
        port=listener.port,
        gateway=listener.gateway,
    )


def _met(condition: ir.ValueMatch) -> str:
    return condition.value if condition.type == "Exact" else VALUE_PATTERNS[condition.value]


def _path(condition: ir.PathMatch, rest: str) -> str:
    if condition.type == "PathPrefix":
        return condition.value.rstrip("/") + rest
    return condition.value if condition.type == "Exact" else PATTERNS[condition.value]


def _escaped(text: str) -> str:
    return "".join(
        f"%{byte:02X}" if byte > 127 or byte == 32 else chr(byte) for byte in text.encode()
    )


@st.composite
def successors(draw: st.DrawFn, snapshot: ir.Snapshot) -> ir.Snapshot:
    """What a few changes make of a snapshot; records that do not change stay the same objects."""
    changes = (_rule_gone, _rule_new, _rule_other, _endpoints_other, _listener_gone, _reordered)
    for change in draw(st.lists(st.sampled_from(changes), min_size=1, max_size=3)):
        snapshot = draw(change(snapshot))
    return snapshot


@st.composite
def _rule_gone(draw: st.DrawFn, snapshot: ir.Snapshot) -> ir.Snapshot:
    gone = draw(st.sampled_from((*snapshot.rules, None)))
    return replace(snapshot, rules=tuple(rule for rule in snapshot.rules if rule is not gone))


@st.composite
def _rule_new(draw: st.DrawFn, snapshot: ir.Snapshot) -> ir.Snapshot:
    known = {rule.key for rule in snapshot.rules}
    come = draw(routes(snapshot.listeners, draw(st.sampled_from("uvwxyz"))))
    return replace(
        snapshot, rules=(*snapshot.rules, *(rule for rule in come if rule.key not in known))
    )


@st.composite
def _rule_other(draw: st.DrawFn, snapshot: ir.Snapshot) -> ir.Snapshot:
    """One rule with another of its parts, under other hosts perhaps."""
    if not snapshot.rules:
        return snapshot
    old = draw(st.sampled_from(snapshot.rules))
    part = draw(st.sampled_from(("matches", "backends", "hosts", "created")))
    if part == "matches":
        new = replace(old, matches=tuple(draw(st.lists(matches(), min_size=1, max_size=3))))
    elif part == "backends":
        new = replace(old, backends=draw(backends()))
    elif part == "hosts":
        new = replace(old, hosts=draw(st.sampled_from(snapshot.rules)).hosts)
    else:
        new = replace(old, route=replace(old.route, created=draw(st.sampled_from((None, 1, 3)))))
    return replace(snapshot, rules=tuple(new if rule is old else rule for rule in snapshot.rules))


@st.composite
def _endpoints_other(draw: st.DrawFn, snapshot: ir.Snapshot) -> ir.Snapshot:
    old = draw(st.sampled_from(snapshot.upstreams))
    new = replace(old, endpoints=() if old.endpoints else (ir.Endpoint("::1", 3000, "node-1"),))
    return replace(snapshot, upstreams=tuple(new if u is old else u for u in snapshot.upstreams))


@st.composite
def _listener_gone(draw: st.DrawFn, snapshot: ir.Snapshot) -> ir.Snapshot:
    """One listener less, and the rules that stood under it alone."""
    if len(snapshot.listeners) == 1:
        return snapshot
    gone = draw(st.sampled_from(snapshot.listeners))
    moved = [
        (rule, tuple(host for host in rule.hosts if host.listener != gone.key))
        for rule in snapshot.rules
    ]
    rules = (
        rule if hosts == rule.hosts else replace(rule, hosts=hosts)
        for rule, hosts in moved
        if hosts
    )
    kept = tuple(listener for listener in snapshot.listeners if listener is not gone)
    return replace(snapshot, listeners=kept, rules=tuple(rules))


@st.composite
def _reordered(draw: st.DrawFn, snapshot: ir.Snapshot) -> ir.Snapshot:
    return replace(
        snapshot,
        rules=tuple(draw(st.permutations(snapshot.rules))),
        upstreams=tuple(draw(st.permutations(snapshot.upstreams))),
    )
