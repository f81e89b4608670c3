"""Durations, by the table of GEP-2257."""

import pytest

from gwroute.model.duration import milliseconds


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0h", 0),
        ("0s", 0),
        ("0h0m0s", 0),
        ("7230s", 7_230_000),
        ("100ms200ms300ms", 600),
        ("01h", 3_600_000),
        ("00060m", 3_600_000),
        ("150m", 9_000_000),
        ("10s30m1h", 5_410_000),
        ("1h2h20m10m", 12_600_000),
        ("1h30m10s", 5_410_000),
        ("240h", 864_000_000),
        ("99999h", 359_996_400_000),
    ],
)
def test_the_value_is_the_sum(text: str, value: int) -> None:
    assert milliseconds(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "1",
        "1m1",
        "1d",
        "1.5h",
        "-15m",
        "999999h",
        "1h30m10s20ms50h",
        "1us",
        "1 h",
        "\u0661s",
    ],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        milliseconds(text)
