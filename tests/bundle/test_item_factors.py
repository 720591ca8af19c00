"""Item factors on disk."""

from pathlib import Path

import numpy as np
import pytest

from mars_model.bundle.item_factors import ItemFactors


def factors(item_ids: np.ndarray) -> ItemFactors:
    return ItemFactors(
        item_ids=item_ids,
        free_item=np.array([[0.5, -1], [0.25, 2]], dtype=np.float32),
        free_memory=np.array([[1, 2], [3, 4]], dtype=np.float32),
        item_bias=np.array([0.75, -0.5], dtype=np.float32),
    )


@pytest.mark.parametrize("ids", [[7, 12], ["a", "ü"]])
def test_factors_are_read_back_as_they_were(tmp_path: Path, ids: list) -> None:
    factors(np.array(ids)).write(tmp_path / "factors.parquet")
    found = ItemFactors.parse((tmp_path / "factors.parquet").read_bytes(), 2)
    assert found.table().to_pylist() == [
        {"item_id": ids[0], "free_item": [0.5, -1], "free_memory": [1, 2], "item_bias": 0.75},
        {"item_id": ids[1], "free_item": [0.25, 2], "free_memory": [3, 4], "item_bias": -0.5},
    ]


def test_equal_factors_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        factors(np.array([7, 12])).write(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize("ids", [np.array([], dtype=np.int64), np.array([], dtype=str)])
def test_no_factors_are_read_back_too(tmp_path: Path, ids: np.ndarray) -> None:
    none = np.zeros((0, 2), dtype=np.float32)
    ItemFactors(ids, none, none, none[:, 0]).write(tmp_path / "factors.parquet")
    found = ItemFactors.parse((tmp_path / "factors.parquet").read_bytes(), 2)
    assert (len(found.item_ids), found.free_item.shape) == (0, (0, 2))
