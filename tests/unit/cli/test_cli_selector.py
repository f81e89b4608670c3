import click
import pytest

from gwroute.cli.selector import parse

LABELS = {"app": "cart", "tier": "web", "example.com/pool": "a"}


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        ("", True),
        ("app=cart", True),
        ("app==cart,tier=web", True),
        ("app=cart,tier=db", False),
        ("app!=cart", False),
        ("other!=cart", True),
        ("example.com/pool=a", True),
        ("app", True),
        ("!app", False),
        ("!other , app in (cart, web)", True),
        ("app notin (cart)", False),
        ("other notin (cart)", True),
        ("app=", False),
    ],
)
def test_selectors_are_kubectls(selector: str, selected: bool) -> None:
    assert parse(selector)(LABELS) is selected


@pytest.mark.parametrize("selector", ["=x", "app in cart", "a b", "(", "app=cart)"])
def test_what_is_no_selector_is_a_usage_error(selector: str) -> None:
    with pytest.raises(click.BadParameter, match="is no selector"):
        parse(selector)
