"""Strategies for what rules, listeners and upstreams say besides matching and editing."""

from __future__ import annotations

from hypothesis import strategies as st

from gwroute import ir

NAMES = st.lists(st.sampled_from(("x-a", "x-b")), max_size=2, unique=True).map(tuple)
METHODS = st.sampled_from(((), ("*",), ("GET",), ("GET", "PUT")))
ORIGINS = ("*", "https://a.com", "https://*.a.com", "http://b.a.com:8080")
MATERIAL = st.sampled_from(("secret/infra/web#1", "secret/infra/web#2", "configmap/infra/ca#3"))
MILLISECONDS = st.one_of(st.none(), st.integers(0, 60_000))

CORS = st.builds(
    ir.CORS,
    allow_origins=st.lists(st.sampled_from(ORIGINS), max_size=2, unique=True).map(tuple),
    allow_credentials=st.booleans(),
    allow_methods=METHODS,
    allow_headers=NAMES,
    expose_headers=NAMES,
    max_age=st.integers(1, 3600),
)
TIMEOUTS = st.builds(ir.Timeouts, MILLISECONDS, MILLISECONDS)
RETRIES = st.builds(
    ir.Retry,
    st.sampled_from(((), (503,), (500, 503))),
    st.integers(0, 3),
    st.integers(0, 1000),
)
SESSIONS = st.builds(
    ir.Session,
    st.sampled_from(("Cookie", "Header")),
    st.sampled_from(("session", "x-session")),
    st.sampled_from(("/", "/a")),
    st.booleans(),
    MILLISECONDS,
)
LISTENER_TLS = st.builds(
    ir.ListenerTLS,
    st.lists(MATERIAL, min_size=1, max_size=2, unique=True).map(tuple),
    st.one_of(
        st.none(),
        st.builds(
            ir.ClientValidation,
            st.tuples(MATERIAL),
            st.sampled_from(("AllowValidOnly", "AllowInsecureFallback")),
        ),
    ),
)
UPSTREAM_TLS = st.builds(
    ir.UpstreamTLS,
    st.sampled_from(("a.com", "b.a.com")),
    st.one_of(st.none(), st.tuples(MATERIAL)),
    st.lists(
        st.builds(ir.SubjectAltName, st.sampled_from(("Hostname", "URI")), st.just("spiffe://a")),
        max_size=2,
    ).map(tuple),
    st.one_of(st.none(), MATERIAL),
)


def mirrors(upstreams: tuple[str, ...]) -> st.SearchStrategy[ir.RequestMirror]:
    """Copies of all, some or none of the requests."""
    return st.sampled_from(upstreams).flatmap(
        lambda name: st.builds(
            ir.RequestMirror, st.just(name), st.just(name), st.integers(0, 100), st.just(100)
        )
    )


def external_auth(upstreams: tuple[str, ...]) -> st.SearchStrategy[ir.ExternalAuth]:
    """Services that are asked, some of them unknown."""
    return st.builds(
        ir.ExternalAuth,
        st.sampled_from(("HTTP", "GRPC")),
        st.just("a/auth:80"),
        st.one_of(st.none(), st.sampled_from(upstreams)),
        st.sampled_from(("", "/check")),
        NAMES,
        NAMES,
        st.integers(0, 4096),
    )
