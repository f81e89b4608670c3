"""Durations, by the table of GEP-2257."""

import pytest

from gwroute.model.duration import canonical, milliseconds


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("0h", "0s"),
        ("0s", "0s"),
        ("0h0m0s", "0s"),
        ("7230s", "2h30s"),
        ("100ms200ms300ms", "600ms"),
        ("01h", "1h"),
        ("00060m", "1h"),
        ("150m", "2h30m"),
        ("10s30m1h", "1h30m10s"),
        ("1h2h20m10m", "3h30m"),
        ("1h30m10s", "1h30m10s"),
        ("240h", "240h"),
        ("99999h", "99999h"),
    ],
)
def test_what_is_read_is_written_in_one_way(text: str, written: str) -> None:
    assert canonical(milliseconds(text)) == written


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


@pytest.mark.parametrize("value", [-1, 99_999 * 3_600_000 + 1])
def test_what_cannot_be_written_is_refused(value: int) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        canonical(value)
