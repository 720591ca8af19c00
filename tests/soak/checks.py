"""What must hold whatever died: readers saw whole nights, and the rows are those of a whole run."""

from pathlib import Path

from mars_model.bundle.promotion import read_promotions
from mars_model.bundle.registry import Registry
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


def decided(shop: Path) -> list[str]:
    """The model versions of all decisions; the one in use is whole and one of them."""
    registry = Registry(shop / "models")
    promotions = read_promotions(registry.folder)
    assert promotions is not None
    assert registry.promoted().model_version == promotions.model_version
    promoted = [one.model_version for one in promotions.decisions if one.is_promoted]
    assert promotions.model_version == promoted[-1]
    return [one.model_version for one in promotions.decisions]
