"""Comments that ask for a finding not to be told."""

import pytest

from gwroute.model.silence import Silence, silences_in


def only(text: str) -> Silence:
    (found,) = silences_in(text.encode(), "a.yaml")
    return found


def test_a_comment_behind_something_is_about_its_own_line() -> None:
    found = only("a: 1\nb: 2  # gwroute: ignore[GWR401] it is meant so\nc: 3\n")
    assert found == Silence("a.yaml", 2, 7, 2, ("GWR401",), "it is meant so")


def test_a_comment_on_its_own_line_is_about_the_next_that_says_something() -> None:
    text = "a: 1\n  # gwroute: ignore[GWR401, GWR502]\n\n  # why\n  b: 2\n"
    found = only(text)
    assert (found.line, found.column, found.about) == (2, 3, 5)
    assert found.codes == ("GWR401", "GWR502")


def test_at_the_end_of_the_text_it_is_about_itself() -> None:
    assert only("# gwroute: ignore[GWR401]").about == 1


@pytest.mark.parametrize(
    "text", ["# gwroute: ignore", "# gwroute: ignore[]", "#gwroute: ignore[,]"]
)
def test_a_comment_may_name_no_code(text: str) -> None:
    assert only(text).codes == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: gwroute",
        "a: x#gwroute: ignore[GWR401]",
        "# gwroute: ignored[GWR401]",
        "# gwroute ignore[GWR401]",
    ],
)
def test_other_text_is_none(text: str) -> None:
    assert silences_in(text.encode(), "a.yaml") == ()


def test_bytes_that_are_no_text_do_no_harm() -> None:
    assert silences_in(b"\xff # gwroute: ignore[GWR401]", "a.yaml")[0].codes == ("GWR401",)
