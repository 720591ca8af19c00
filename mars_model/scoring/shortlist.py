"""Each user's best candidates by float32 scores, out of the whole catalogue, block by block."""

import numpy as np
from numpy.typing import NDArray

from mars_model.features.likes import LikeMatrix
from mars_model.scoring.catalogue import Catalogue, largest_norm
from mars_model.scoring.exact import EVIDENCE, KINDS, empty_lists
from mars_model.scoring.full_blocks import COLUMNS, Shortlists, Users, aligned, keep_best
from mars_model.scoring.sessions import Attention
from mars_model.settings import AttentionKind

# Relevance beyond this is shifted before exp: float32 holds 300 exp(70) summed over 256 slots.
_LARGEST_EXPONENT = 70.0
# Evidence below it may lack slots whose own vanished in float32, 1e-38.
_LEAST_EVIDENCE = np.float32(1e-25)


def shortlist(
    attention: Attention,
    catalogue: Catalogue,
    histories: LikeMatrix,
    width: int,
    segments: NDArray[np.int32] | None = None,
    kind: AttentionKind = "softmax",
) -> Shortlists:
    """Each user's `width` best unseen candidates by float32 scores.

    Only the slots that the block's histories use are weighed.
    """
    n_users = histories.n_users
    slots, rows = np.unique(histories.item_idx, return_inverse=True)
    memory = np.ascontiguousarray(catalogue.memory[slots])
    code = KINDS[kind]
    weighted = aligned(len(slots), code)
    block = np.zeros((COLUMNS, memory.shape[1]), dtype=np.float32)
    shift_of = _shifts(catalogue, memory, code)
    barred = seen_candidates(histories, catalogue)
    users = Users(
        histories.starts,
        rows.astype(np.int32),
        barred.starts,
        barred.item_idx,
        barred.starts[:-1].copy(),
        np.zeros(n_users, dtype=np.int32) if segments is None else segments,
    )
    best = Shortlists(*empty_lists(n_users, width), np.zeros(n_users, dtype=np.bool_))
    item_bias, allowed = np.asarray(catalogue.item_bias), np.asarray(catalogue.allowed)
    shift = np.zeros(len(block), dtype=np.float32)
    for first in range(0, len(catalogue.candidates), len(block)):
        here = slice(first, first + len(block))
        some = np.asarray(catalogue.candidates[here])
        block[: len(some)], shift[: len(some)] = some, shift_of[here]
        attention.weigh(memory, block, shift, weighted)
        keep_best(users, weighted, item_bias[here], first, allowed, code, best)
    return _as_scores(best, catalogue, memory) if code == EVIDENCE else best


def seen_candidates(histories: LikeMatrix, catalogue: Catalogue) -> LikeMatrix:
    """The likes of candidates alone, by position among the candidates."""
    seen = catalogue.candidate_of_item()[histories.item_idx].astype(np.int32)
    starts = histories.only(seen >= 0).starts
    return LikeMatrix(starts, seen[seen >= 0], len(catalogue.candidates))


def _largest_shift(catalogue: Catalogue, memory: NDArray[np.float32]) -> float:
    """What evidence with bias is divided by, as a logarithm, so that float32 holds it."""
    reach = largest_norm(memory) * largest_norm(catalogue.candidates)
    bias = float(catalogue.item_bias.max(initial=0.0))
    return float(np.float32(max(0.0, reach + bias - _LARGEST_EXPONENT)))


def _shifts(catalogue: Catalogue, memory: NDArray[np.float32], kind: int) -> NDArray[np.float32]:
    """What is taken from each candidate's relevance before exp [C].

    It cancels in the quotient; with evidence it brings in the bias.
    """
    if kind == EVIDENCE:
        return np.asarray(_largest_shift(catalogue, memory) - catalogue.item_bias, dtype=np.float32)
    norms = np.sqrt(np.einsum("ik,ik->i", catalogue.candidates, catalogue.candidates))
    beyond = np.maximum(norms * largest_norm(memory) - _LARGEST_EXPONENT, 0)
    return np.asarray(beyond, dtype=np.float32)


def _as_scores(best: Shortlists, catalogue: Catalogue, memory: NDArray[np.float32]) -> Shortlists:
    """Shortlists by evidence → by its logarithm, the score."""
    is_there = best.positions >= 0
    is_weak = is_there & (best.scores < _LEAST_EVIDENCE)
    scores = np.full_like(best.scores, -np.inf)
    with np.errstate(divide="ignore"):  # evidence that vanished
        logarithms = np.log(best.scores[is_there].astype(np.float64))
    scores[is_there] = logarithms + _largest_shift(catalogue, memory)
    has_failed = best.has_failed | is_weak.any(axis=1) | np.isposinf(best.scores[:, 0])
    return Shortlists(scores, best.positions, has_failed)
