"""The snapshot's types: shared, compared and kept; and the document they become."""

import json
from dataclasses import FrozenInstanceError, fields, is_dataclass

import pytest
from pydantic import ValidationError

from gwroute import ir

RECORDS = [getattr(ir, name) for name in ir.__all__ if is_dataclass(getattr(ir, name, None))]


@pytest.mark.parametrize("record", RECORDS)
def test_a_record_cannot_be_changed(record: type) -> None:
    empty = object.__new__(record)
    with pytest.raises(FrozenInstanceError):
        setattr(empty, fields(record)[0].name, 1)
    assert not hasattr(empty, "__dict__")


def test_equal_records_are_one_key() -> None:
    one, two = (ir.RouteMatch(ir.PathMatch("Exact", "/")) for _ in range(2))
    assert {one: 1}[two] == 1


def test_every_field_is_written_out() -> None:
    snapshot = ir.Snapshot((ir.Listener("g/h", "g/g", "h", 80, "HTTP"),))
    assert json.loads(ir.encode(snapshot)) == {
        "listeners": [
            {
                "key": "g/h",
                "gateway": "g/g",
                "name": "h",
                "port": 80,
                "protocol": "HTTP",
                "hostname": None,
                "node_pool": None,
                "addresses": [],
                "tls": None,
            }
        ],
        "rules": [],
        "upstreams": [],
        "schema": ir.SCHEMA,
    }
    assert json.loads(ir.encode(ir.Delta()))["listeners"] is None


@pytest.mark.parametrize("document", ["", "[]", '{"listeners": 1}', '{"rules": [{"key": "r"}]}'])
def test_what_is_no_snapshot_is_refused(document: str) -> None:
    with pytest.raises(ValidationError):
        ir.decode(document)
