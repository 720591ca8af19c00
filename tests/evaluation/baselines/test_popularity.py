"""Popularity counts training likes."""

import numpy as np

from mars_model.evaluation.baselines.interface import Known
from mars_model.evaluation.baselines.popularity import Popularity
from mars_model.features.likes import LikeMatrix


def test_everybody_gets_the_number_of_likes_of_each_item():
    likes = LikeMatrix.from_rows([[0, 2], [2], [1, 2]], n_items=4)
    fitted = Popularity().fit(Known(likes, (), seed=1))
    assert fitted(np.array([2, 0])).tolist() == [[1, 1, 3, 0], [1, 1, 3, 0]]
