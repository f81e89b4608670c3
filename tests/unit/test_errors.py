"""The exception tree: what is caught by what, and what an exception carries."""

import pytest

from gwroute import errors


@pytest.mark.parametrize("name", errors.__all__)
def test_everything_is_caught_by_the_base(name: str) -> None:
    assert issubclass(getattr(errors, name), errors.GwrouteError)


@pytest.mark.parametrize(
    ("kind", "base"),
    [
        (errors.RegexError, errors.SnapshotError),
        (errors.SnapshotError, ValueError),
        (errors.RequestError, ValueError),
        (errors.BindError, errors.ProxyError),
        (errors.BindError, OSError),
    ],
)
def test_the_tree_is_as_drawn(kind: type, base: type) -> None:
    assert issubclass(kind, base)
    assert errors.__doc__
    assert kind.__name__ in errors.__doc__


def test_a_snapshot_error_says_where() -> None:
    error = errors.SnapshotError("rules[3]: wrong", "rules[3]")
    assert (str(error), error.path) == ("rules[3]: wrong", "rules[3]")
    assert errors.RegexError("wrong").path == ""
