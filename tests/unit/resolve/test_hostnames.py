"""The table of gateway hostnames and route hostnames, and what both of two patterns take."""

import pytest

from gwroute.resolve.hostnames import Host, intersect, intersection, overlap


@pytest.mark.parametrize(
    ("listener", "hostnames", "hosts"),
    [
        ("very.specific.com", ("very.specific.com",), ["very.specific.com"]),
        ("very.specific.com", ("*.specific.com",), ["very.specific.com"]),
        ("*.wildcard.io", ("foo.wildcard.io",), ["foo.wildcard.io"]),
        ("*.wildcard.io", ("foo.bar.wildcard.io",), ["foo.bar.wildcard.io"]),
        ("*.wildcard.io", ("wildcard.io",), []),
        ("*.anotherwildcard.io", ("*.anotherwildcard.io",), ["*.anotherwildcard.io"]),
        ("*.com", ("*.example.com",), ["*.example.com"]),
        ("*.example.com", ("*.com",), ["*.example.com"]),
        ("*.example.com", ("*.ample.com",), []),
        (None, ("a.com", "*.b.com"), ["a.com", "*.b.com"]),
        ("x.com", (), ["x.com"]),
        (None, (), [None]),
    ],
)
def test_the_more_specific_of_two_is_served(listener, hostnames, hosts) -> None:
    assert [host.host for host in intersection(listener, hostnames)] == hosts


def test_the_hostname_as_the_route_has_it_is_kept() -> None:
    assert intersection("a.com", ("*.com", "a.com", "*.com")) == (
        Host("a.com", "*.com"),
        Host("a.com", "a.com"),
    )


def test_a_wildcard_takes_at_least_one_label_more() -> None:
    assert intersect("*.a.com", ".a.com") is None
    assert not overlap("*.a.com", "a.com")
    assert overlap("*.a.com", None)
