"""What must hold whatever died: readers saw whole nights, and the rows are those of a whole run."""

from pathlib import Path

from tests.conftest import RUN_DATE
from tests.soak import figures
from tests.soak.shop import Reader, n_doubled_or_lost, published, view

DATE = RUN_DATE.isoformat()


def assert_seen(reader: Reader, states: list[dict[str, str]], views: list[str]) -> None:
    """Readers saw the old night or the new one, whole, and never the old behind the new."""
    assert reader.failed == []
    for seen, allowed in ((reader.seen, states), (reader.views, views)):
        assert all(one in allowed for one in seen), (seen, allowed)
        assert [allowed.index(one) for one in seen] == sorted(allowed.index(one) for one in seen)


def assert_same_rows(shop: Path, expected: Path) -> None:
    """Row by row, by another reader."""
    n_wrong = n_doubled_or_lost(shop, expected, DATE)
    figures.counts["rows lost or doubled"] += n_wrong
    assert n_wrong == 0
    assert published(shop) == published(expected) and view(shop) == view(expected)
