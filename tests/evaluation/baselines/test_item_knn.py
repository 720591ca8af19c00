"""Item-kNN against counting in a loop."""

import numpy as np
import pytest

from mars_model.evaluation.baselines.interface import Known
from mars_model.features.likes import LikeMatrix

ROWS = [[0, 1, 2], [0, 1], [1, 2, 4], [3, 4], [0, 3, 4], [2], [1, 2, 4]]


@pytest.mark.parametrize("discount", [0.0, 0.3, 0.5])
@pytest.mark.parametrize("n_neighbours", [3, 6])
def test_scores_are_sums_over_each_liked_items_neighbours(
    discount: float, n_neighbours: int
) -> None:
    pytest.importorskip("implicit", reason="needs implicit: pip install 'mars-batch[evaluate]'")
    from mars_model.evaluation.baselines.item_knn import ItemKnn

    likes = LikeMatrix.from_rows(ROWS, n_items=6)
    fitted = ItemKnn(n_neighbours, discount).fit(Known(likes, (), seed=1))
    sets = [{user for user in range(7) if item in likes.row(user)} for item in range(6)]
    similarity = np.zeros((6, 6))
    for i in range(6):
        for j in range(6):
            both = len(sets[i] & sets[j])
            similarity[i, j] = both and both / (len(sets[i]) * len(sets[j])) ** discount
    for user, row in enumerate(fitted(np.arange(7))):
        lowest, highest = np.zeros(6), np.zeros(6)
        for item in likes.row(user):
            floor = np.sort(similarity[item])[6 - n_neighbours]
            highest += np.where(similarity[item] >= floor, similarity[item], 0)
            # Of neighbours that tie at the floor any may be cut.
            lowest += np.where(similarity[item] > floor, similarity[item], 0)
        assert (row >= lowest - 1e-5).all() and (row <= highest + 1e-5).all()
        if n_neighbours == 6:
            np.testing.assert_allclose(row, highest, rtol=1e-5)
