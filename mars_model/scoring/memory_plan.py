"""Fits the work of a Python worker into the memory that it may take."""

from dataclasses import dataclass, replace

import numpy as np

from mars_model.errors import SettingsError
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.certified_lists import NeighbourLists
from mars_model.scoring.claims import MOST_NAMED
from mars_model.scoring.full_blocks import COLUMNS
from mars_model.scoring.sentences import Titles
from mars_model.settings import ScoringSettings

_MB = 1 << 20
# Python with NumPy, Arrow, ONNX Runtime and the compiled kernels, and an Arrow batch in transit.
_BASE_MB = 330
# Bytes a row of a list takes on its way out, without the titles in its sentence, and a reason of
# it; a liked item on its way in.
_ROW, _REASON, _LIKE = 480, 120, 64
# A sentence is held in pieces, joined, chosen and copied into the row.
_SENTENCE_COPIES = 6
_MOST_USERS = 20_000
_SHORTEST_LIST = 32


@dataclass(frozen=True)
class Work:
    """How much there is to score: users, their likes, and the longest history."""

    n_users: int
    n_likes: int
    longest: int


@dataclass(frozen=True)
class MemoryPlan:
    """Users that a worker holds at a time, and the lists, cut where they would not fit."""

    users_per_block: int
    lists: NeighbourLists | None


def plan_memory(
    scoring: ScoringSettings,
    catalogue: Catalogue,
    titles: Titles,
    lists: NeighbourLists | None,
    work: Work,
) -> MemoryPlan:
    """Sizes under `scoring.max_memory_mb`. Raises SettingsError where not even one user fits.

    Mapped files count in full, as they do in a process's resident memory.
    """
    size, n_slots = catalogue.memory.shape[1], min(work.longest, len(catalogue.memory))
    arrays = [catalogue.item_ids, catalogue.memory, catalogue.candidates, catalogue.allowed]
    arrays += [titles.ends, titles.utf8]
    fixed = _BASE_MB * _MB + sum(a.nbytes for a in arrays) + 40 * len(catalogue.item_ids)
    # The longest history in float64, its weights, and a block of them for all candidates.
    fixed += n_slots * (8 * size + 64) + 4 * 2 * COLUMNS * min(n_slots, work.n_likes)
    room = scoring.max_memory_mb * _MB - fixed
    mean_likes = work.n_likes / max(1, work.n_users)
    named = MOST_NAMED * len(titles.utf8) / max(1, len(titles.ends) - 1)
    row = _ROW + _SENTENCE_COPIES * named + _REASON * scoring.n_reasons
    per_user = (
        scoring.top_n * row + mean_likes * (_LIKE + (0 if lists is not None else 8 * COLUMNS)) + 64
    )
    if lists is not None:
        lists = _cut(lists, room - 256 * per_user)
        room -= sum(a.nbytes for a in (lists.neighbours, lists.values))
    if room < per_user:
        raise SettingsError(
            f"scoring.max_memory_mb is {scoring.max_memory_mb}: {len(catalogue.item_ids):,} items "
            f"and a history of {work.longest:,} likes need "
            f"{(fixed + per_user) / _MB + 1:,.0f} MB a worker before the first block of users. "
            "Raise it"
        )
    return MemoryPlan(int(min(_MOST_USERS, max(1, room // per_user))), lists)


def _cut(lists: NeighbourLists, room: float) -> NeighbourLists:
    """Lists that fit: shorter ones say in their floors what was cut."""
    n_lists, length = lists.values.shape
    fits = int(room // max(1, 8 * n_lists))
    if fits >= length:
        return lists
    kept = max(_SHORTEST_LIST, fits)
    return replace(
        lists,
        neighbours=np.ascontiguousarray(lists.neighbours[:, :kept]),
        values=np.ascontiguousarray(lists.values[:, :kept]),
        floors=np.maximum(lists.floors, lists.values[:, kept]),
    )
