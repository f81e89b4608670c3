"""The oracle itself, against tables that others have written down."""

import pytest

from support import oracle

# What Envoy 1.40 was seen to do with a path: what the backend sees, or where a 307 sends.
FORWARDED = {
    "/get/%2e%2e/get/y": "/get/y",
    "//get//x": "/get/x",
    "/get\\x": "/get/x",
    "/get/%41%7e%20": "/get/A~%20",
    "/get/#f": "/get/",
    "/get/%zz": "/get/%zz",
    "/../get": "/get",
    "/get/.": "/get/",
    "/get/..": "/",
    "/%67et": "/get",
    "/get//": "/get/",
    '/get/"<>': "/get/%22%3C%3E",
    "/get/%c3%A4": "/get/%c3%A4",
    "/get/a%25b": "/get/a%25b",
    "/get/a%3fb": "/get/a%3fb",
    "/get/%20%21%2A": "/get/%20%21%2A",
    "/get/%7Fx": "/get/%7Fx",
    "/get/a;b=1": "/get/a;b=1",
    "/get?": "/get",
}
REDIRECTED = {
    "/get/a%2Fb?q=%2F": "/get/a/b",
    "/get/..%2fadmin": "/admin",
    "/get/%2E%2E%2Fadmin": "/admin",
    "/x/..%2fget": "/get",
    "/get/%5c": "/get/",
}


@pytest.mark.parametrize(("target", "path"), FORWARDED.items())
def test_paths_are_cleaned_as_envoy_was_seen_to_clean_them(target: str, path: str) -> None:
    assert oracle.clean(target) == (path, False)


@pytest.mark.parametrize(("target", "path"), REDIRECTED.items())
def test_escaped_slashes_are_sent_to_the_clean_path(target: str, path: str) -> None:
    assert oracle.clean(target) == (path, True)


@pytest.mark.parametrize("target", ["/get/%00", "get", ""])
def test_what_is_no_path_is_a_bad_request(target: str) -> None:
    assert oracle.clean(target) is None


@pytest.mark.parametrize(
    ("authority", "host"),
    {
        "A.example.com:80": "a.example.com",
        "a.example.com.": "a.example.com.",
        "a.example.com:": "a.example.com",
        "[2001:DB8::1]:80": "[2001:db8::1]",
        "a:65536": None,
        ":80": None,
        "[::1": None,
        "[::1]x": None,
        "[1.2.3.4]": None,
        "user@a": None,
        "": "",
    }.items(),
)
def test_hosts_are_read_as_rfc_3986_has_them(authority: str, host: str | None) -> None:
    assert oracle.host_of(authority) == host


@pytest.mark.parametrize(
    ("target", "parts"),
    {
        "http://a?q": ("a", "/?q"),
        "HTTP://a:80": ("a:80", "/"),
        "https://a#f": ("a", "/#f"),
        "http://a/x?q": ("a", "/x?q"),
    }.items(),
)
def test_an_absolute_target_brings_its_host(target: str, parts: tuple[str, str]) -> None:
    assert oracle.split_target(oracle.Query("GET", target, (("host", "b"),))) == parts


@pytest.mark.parametrize(
    ("path", "prefix", "value", "result"),
    [
        ("/foo/bar", "/foo", "/xyz", "/xyz/bar"),
        ("/foo/bar", "/foo/", "/xyz/", "/xyz/bar"),
        ("/foo", "/foo", "/xyz", "/xyz"),
        ("/foo/", "/foo", "/xyz", "/xyz/"),
        ("/foo/bar", "/foo", "", "/bar"),
        ("/foo/", "/foo", "", "/"),
        ("/foo", "/foo", "", "/"),
        ("/foo/", "/foo", "/", "/"),
        ("/foo", "/foo", "/", "/"),
        ("/foo", "/", "/xyz", "/xyz/foo"),
    ],
)
def test_prefixes_are_replaced_as_the_specification_tabulates(
    path: str, prefix: str, value: str, result: str
) -> None:
    match = oracle.ir.RouteMatch(path=oracle.ir.PathMatch("PathPrefix", prefix))
    modifier = oracle.ir.PathModifier("ReplacePrefixMatch", value)
    assert oracle.modified(path, modifier, match, default=path) == result
