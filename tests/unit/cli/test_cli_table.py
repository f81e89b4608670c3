import pytest

from gwroute.cli.table import age, render


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "<invalid>"),
        (-1, "0s"),
        (0, "0s"),
        (119.9, "119s"),
        (120, "2m"),
        (151, "2m31s"),
        (599, "9m59s"),
        (600, "10m"),
        (19 * 60 + 59, "19m"),
        (3 * 3600 - 1, "179m"),
        (3 * 3600, "3h"),
        (3 * 3600 + 5 * 60, "3h5m"),
        (8 * 3600 + 59 * 60, "8h"),
        (47 * 3600, "47h"),
        (48 * 3600, "2d"),
        (51 * 3600, "2d3h"),
        (8 * 86400, "8d"),
        (729 * 86400, "729d"),
        (730 * 86400, "2y"),
        (800 * 86400, "2y70d"),
        (8 * 365 * 86400 + 86400, "8y"),
    ],
)
def test_ages_are_kubectls(seconds: float, text: str) -> None:
    assert age(seconds) == text


def test_columns_are_three_blanks_apart_and_six_wide_at_least() -> None:
    table = render(("NAME", "A", "AGE"), [("ack-gateway", "b", "2m31s"), ("x", "", "1s")])
    assert table == ("NAME          A     AGE\nack-gateway   b     2m31s\nx                   1s\n")


def test_no_rows_and_no_header_is_nothing() -> None:
    assert render(("NAME",), [], header_row=False) == ""
