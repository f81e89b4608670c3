"""Looking into documents of any shape."""

import pytest

from gwroute.resolve.tree import at, items


def test_at_finds_a_mapping_and_takes_anything_else_for_absent() -> None:
    tree = {"a": {"b": {"c": 1}, "d": [1]}}
    assert at(tree, "a", "b") == {"c": 1}
    assert at(tree) == tree
    for path in (["x"], ["a", "d"], ["a", "d", "e"], ["a", "b", "c"]):
        assert at(tree, *path) == {}


@pytest.mark.parametrize("value", [None, 1, "text", {"a": 1}, [1, None, "x"]])
def test_items_are_the_mappings_of_a_list(value) -> None:
    assert items(value) == []
    assert items([value, {"a": 1}])[-1] == {"a": 1}
