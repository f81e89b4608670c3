import logging
from collections.abc import Iterator

import pytest

from gwroute.cli.logs import to_standard_error
from gwroute.finding import Finding


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    logger = logging.getLogger("gwroute")
    before = (logger.level, logger.handlers, logger.propagate)
    yield
    logger.setLevel(before[0])
    logger.handlers, logger.propagate = before[1], before[2]


def test_what_is_no_good_news_begins_with_its_level(capsys: pytest.CaptureFixture[str]) -> None:
    to_standard_error("info")
    log = logging.getLogger("gwroute.x")
    log.debug("not shown")
    log.info("listener %s", "a")
    log.warning("beware")
    log.error("broken")
    finding = Finding(code="GWR001", message="not YAML", file="a.yaml", line=1, column=2)
    log.error("%s", finding)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines() == [
        "listener a",
        "warning: beware",
        "error: broken",
        "a.yaml:1:2: error GWR001: not YAML",
    ]


def test_a_traceback_is_for_those_who_ask(capsys: pytest.CaptureFixture[str]) -> None:
    to_standard_error("debug")
    try:
        raise ValueError("no")
    except ValueError:
        logging.getLogger("gwroute.x").debug("while trying", exc_info=True)
    assert "ValueError: no" in capsys.readouterr().err
