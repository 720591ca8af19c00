"""Neighbour lists as arrays, and the users whom they serve: certified, or handed back."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mars_model.features.likes import LikeMatrix
from mars_model.scoring.average_certificate import certify_average
from mars_model.scoring.catalogue import Catalogue, Vectors
from mars_model.scoring.compiled import compiled
from mars_model.scoring.evidence_certificate import certify_evidence
from mars_model.scoring.exact import EVIDENCE, KINDS, empty_lists, gather_slots
from mars_model.scoring.list_candidates import Biases, Lists, Scratch, User
from mars_model.settings import AttentionKind

_N_BINS = 8


@dataclass(frozen=True)
class NeighbourLists:
    """For each of L liked items the T items with the largest `relevance + bias`.

    Shapes: I items, C candidates. A list that holds less than the catalogue says in its floor how
    large any other value can be; entries that are no candidates now are −1.
    """

    row_of_item: NDArray[np.int32]  # [I], −1 for items without a list
    neighbours: NDArray[np.int32]  # [L, T] positions among the candidates
    values: NDArray[np.float32]  # [L, T] descending, −inf behind a short list's end
    floors: NDArray[np.float32]  # [L], −inf where the list is whole
    lowest: NDArray[np.float32]  # [L] smallest relevance of any candidate, without bias
    highest: NDArray[np.float32]  # [L] largest
    uncovered: NDArray[np.int32]  # [X] candidates that no list speaks for, scored beside them

    def arrays(self) -> Lists:
        """The arrays by list, as the kernels take them."""
        return Lists(
            np.asarray(self.neighbours),
            *(np.asarray(a) for a in (self.values, self.floors, self.lowest, self.highest)),
        )


class Found(NamedTuple):
    """Lists of a block of users and how they were found.

    Shapes: `scores` [U, N] float32 and `positions` [U, N] among the candidates, −1 behind the end;
    `is_proved` [U]; `n_read` and `n_scored` [U]: entries of lists, and candidates in full.
    """

    scores: NDArray[np.float32]
    positions: NDArray[np.int32]
    is_proved: NDArray[np.bool_]
    n_read: NDArray[np.int64]
    n_scored: NDArray[np.int64]


class _Users(NamedTuple):
    """A block of U users: histories, and the rows of `allowed` [G, C] that they may get."""

    starts: NDArray[np.int64]
    item_idx: NDArray[np.int32]
    allowed: NDArray[np.bool_]
    segments: NDArray[np.int32]


class _Rows(NamedTuple):
    """Where an item stands among the candidates, and among the lists [I]; −1 nowhere."""

    candidate_of_item: NDArray[np.int64]
    row_of_item: NDArray[np.int32]


def top_n_by_lists(
    lists: NeighbourLists,
    catalogue: Catalogue,
    histories: LikeMatrix,
    segments: NDArray[np.int32],
    n: int,
    kind: AttentionKind,
) -> Found:
    """The n best unseen candidates of each user, where the lists prove them; not for kind "sum"."""
    users = histories.n_users
    found = Found(
        *empty_lists(users, n),
        np.zeros(users, dtype=np.bool_),
        *(np.zeros(users, dtype=np.int64) for _ in range(2)),
    )
    code = KINDS[kind]
    # Bias is within what bounds evidence: one bin for all.
    n_bins = 1 if code == EVIDENCE else _N_BINS
    bins, bin_of = bias_bins(catalogue.item_bias, n_bins)
    block = _Users(histories.starts, histories.item_idx, np.asarray(catalogue.allowed), segments)
    rows = _Rows(catalogue.candidate_of_item(), np.asarray(lists.row_of_item))
    biases = Biases(bin_of, bins, slack(catalogue, code))
    _certify_block(block, rows, lists.arrays(), catalogue.vectors(), biases, code, found)
    return found


def bias_bins(
    item_bias: NDArray[np.float32], n_bins: int = _N_BINS
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Bins of about equal size by bias: [B, 2] lowest and highest of each, and each item's bin."""
    edges = np.unique(np.quantile(item_bias, np.linspace(0, 1, n_bins + 1)[1:-1]))
    numbers, bin_of = np.unique(
        np.searchsorted(edges, item_bias, side="right"), return_inverse=True
    )
    ends = [item_bias[bin_of == b] for b in range(len(numbers))]
    bins = np.array([[e.min(), e.max()] for e in ends], dtype=np.float32)
    return bins, bin_of.astype(np.uint8)


def slack(catalogue: Catalogue, kind: int) -> float:
    """How far a score may move by the float32 rounding of the lists' values.

    For each unit that they move, evidence moves by one at most, an average by 1 + the range of its
    relevance.
    """
    reach, unit = catalogue.reach(), 2.0**-24
    bias = float(np.abs(catalogue.item_bias).max(initial=0.0))
    of_value = (catalogue.memory.shape[1] + 4) * unit * reach + 4 * unit * (reach + bias)
    factor = 1 if kind == EVIDENCE else 1 + 2 * reach
    # 20: the logarithm of more slots than a history has.
    return float(factor * of_value + 4 * unit * (reach + bias + 20))


@compiled
def _certify_block(
    users: _Users,
    rows_of: _Rows,
    lists: Lists,
    vectors: Vectors,
    biases: Biases,
    kind: int,
    found: Found,
) -> None:
    """One user after the other; a user with a slot that has no list is handed back."""
    n_candidates = len(vectors.candidates)
    scratch = Scratch(
        np.zeros(n_candidates, dtype=np.int32),
        np.empty(n_candidates, dtype=np.float64),
        np.empty(n_candidates, dtype=np.int32),
    )
    for u in range(len(users.segments)):
        slots = users.item_idx[users.starts[u] : users.starts[u + 1]]
        rows = rows_of.row_of_item[slots]
        if len(slots) == 0 or rows.min() < 0:
            continue
        allowed = users.allowed[users.segments[u]]
        user = User(gather_slots(vectors.memory, slots), rows, allowed, 2 * u + 2)
        for slot in slots:
            if rows_of.candidate_of_item[slot] >= 0:
                scratch.state[rows_of.candidate_of_item[slot]] = user.tag
        scores, positions = found.scores[u], found.positions[u]
        if kind == EVIDENCE:
            proof = certify_evidence(user, lists, vectors, biases, scratch, scores, positions)
        else:
            proof = certify_average(user, lists, vectors, biases, scratch, scores, positions)
        found.is_proved[u], found.n_read[u], found.n_scored[u] = proof
