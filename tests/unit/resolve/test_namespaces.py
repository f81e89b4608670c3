"""Which namespaces may attach."""

import pytest

from gwroute.model import LabelSelector
from gwroute.resolve.namespaces import takes_namespace
from gwroute.store import ObjectStore
from support.objects import obj

STORE = ObjectStore([obj("Namespace", "b", labels={"team": "x"})])
TEAM = LabelSelector(match_labels={"team": "x"})


@pytest.mark.parametrize(
    ("from_", "selector", "other", "wanted"),
    [
        ("All", None, "gone", True),
        ("Same", None, "a", True),
        ("Same", None, "b", False),
        ("None", None, "a", False),
        ("Some", None, "a", False),
        ("Selector", TEAM, "b", True),
        ("Selector", TEAM, "gone", False),
        ("Selector", None, "b", False),
        ("Selector", LabelSelector(), "b", True),
        ("Selector", LabelSelector(), "gone", False),
        ("Selector", LabelSelector(match_labels={"kubernetes.io/metadata.name": "b"}), "b", True),
    ],
)
def test_who_is_taken(from_, selector, other, wanted) -> None:
    assert takes_namespace(STORE, from_, selector, "a", other) is wanted
