"""Pages are a sorted mapping, whatever came and went."""

from __future__ import annotations

from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from gwroute.resolve import pages
from gwroute.resolve.pages import Pages

CHANGES = st.dictionaries(st.integers(0, 40), st.one_of(st.none(), st.integers(0, 3)), max_size=12)


@given(st.lists(CHANGES, max_size=12))
def test_parts_stand_in_the_order_of_the_keys(changes: list[dict[int, int | None]]) -> None:
    with patch.object(pages, "SIZE", 3), patch.object(pages, "MANY", 8):
        found: Pages[int, int] = Pages(lambda n: (n,), lambda n: (str(n),) * n)
        plain: dict[int, int] = {}
        for news in changes:
            found.change(news)
            plain.update({key: value for key, value in news.items() if value is not None})
            for key in [key for key, value in news.items() if value is None]:
                plain.pop(key, None)
            values = [plain[key] for key in sorted(plain)]
            assert list(found) == sorted(plain.items())
            assert found.joined(0) == tuple(values)
            assert found.joined(1) == tuple(str(n) for n in values for _ in range(n))
