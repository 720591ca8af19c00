"""Likes and bags of words as SciPy's sparse matrices, which the libraries take."""

import numpy as np
from scipy.sparse import csr_matrix

from mars_model.evaluation.baselines.bag_of_words import BagOfWords
from mars_model.features.likes import LikeMatrix


def likes_csr(likes: LikeMatrix) -> csr_matrix:
    """Ones [U, n_items], float32."""
    ones = np.ones(likes.n_likes, dtype=np.float32)
    shape = (likes.n_users, likes.n_items)
    return csr_matrix((ones, likes.item_idx, likes.starts), shape=shape)


def words_csr(bag: BagOfWords) -> csr_matrix:
    """Counts [n_documents, n_words], float32."""
    shape = (bag.n_documents, len(bag.vocabulary))
    return csr_matrix((bag.counts, bag.word_idx, bag.starts), shape=shape)
