"""Merging of documents: RFC 7396, and Kubernetes' strategic merge."""

import pytest

from gwroute.resolve.merge import apply_patch, json_merge, strategic_merge

# The examples of RFC 7396, appendix A.
RFC = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.mark.parametrize(("base", "patch", "merged"), RFC)
def test_json_merge_gives_the_results_of_the_rfc(base, patch, merged) -> None:
    assert json_merge(base, patch) == merged


def test_lists_with_a_key_merge_item_by_item() -> None:
    base = {"ports": [{"name": "http-80", "port": 80, "targetPort": 10080}, {"port": 443}]}
    patch = {"ports": [{"port": 80, "nodePort": 30080}, {"port": 8080}]}
    assert strategic_merge(base, patch) == {
        "ports": [
            {"name": "http-80", "port": 80, "targetPort": 10080, "nodePort": 30080},
            {"port": 443},
            {"port": 8080},
        ]
    }


def test_ports_of_a_container_merge_by_their_own_key() -> None:
    base = {"containers": [{"name": "envoy", "ports": [{"containerPort": 80, "name": "http"}]}]}
    patch = {"containers": [{"name": "envoy", "ports": [{"containerPort": 80, "hostPort": 80}]}]}
    (container,) = strategic_merge(base, patch)["containers"]
    assert container["ports"] == [{"containerPort": 80, "name": "http", "hostPort": 80}]


def test_lists_without_a_key_are_replaced() -> None:
    assert strategic_merge({"args": ["a", "b"]}, {"args": ["c"]}) == {"args": ["c"]}
    base = {"tolerations": [{"key": "a"}]}
    assert strategic_merge(base, {"tolerations": [{"key": "b"}]}) == {"tolerations": [{"key": "b"}]}


def test_an_item_without_its_key_is_added() -> None:
    merged = strategic_merge({"env": [{"name": "A"}]}, {"env": [{"name": "B"}, {"value": "x"}]})
    assert merged == {"env": [{"name": "A"}, {"name": "B"}, {"value": "x"}]}


def test_null_and_the_delete_directive_take_away() -> None:
    base = {"a": 1, "b": {"c": 2}, "env": [{"name": "A"}, {"name": "B"}]}
    patch = {"a": None, "b": {"$patch": "delete"}, "env": [{"name": "A", "$patch": "delete"}]}
    assert strategic_merge(base, patch) == {"env": [{"name": "B"}]}


def test_the_replace_directive_starts_anew() -> None:
    base = {"b": {"c": 2}, "env": [{"name": "A"}]}
    patch = {"b": {"d": 3, "$patch": "replace"}, "env": [{"$patch": "replace"}, {"name": "B"}]}
    assert strategic_merge(base, patch) == {"b": {"d": 3}, "env": [{"name": "B"}]}


def test_a_patch_says_how_it_merges() -> None:
    base = {"env": [{"name": "A"}]}
    value = {"env": [{"name": "B"}]}
    both = {"env": [{"name": "A"}, {"name": "B"}]}
    assert apply_patch(base, {"value": value}) == both
    assert apply_patch(base, {"type": "StrategicMerge", "value": value}) == both
    assert apply_patch(base, {"type": "JSONMerge", "value": value}) == value


@pytest.mark.parametrize("patch", [None, {}, {"type": "JSONMerge"}, {"value": None}, {"value": 1}])
def test_a_patch_without_a_value_changes_nothing(patch) -> None:
    assert apply_patch({"a": 1}, patch) == {"a": 1}


def test_what_was_written_for_another_shape_replaces_it() -> None:
    assert strategic_merge({"ports": "80"}, {"ports": [{"port": 80}]}) == {"ports": [{"port": 80}]}
    merged = strategic_merge({"ports": [80, {"port": 80}]}, {"ports": [{"port": 80, "name": "a"}]})
    assert merged == {"ports": [80, {"port": 80, "name": "a"}]}
