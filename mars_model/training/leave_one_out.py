"""Scores of a batch of users for all candidates, each candidate left out of its own memory.

With `G[l, j] = m_l . v_j`, `E = exp(G)`, `P = E * G` and the 0/1 histories H, `R = (H P) / (H E)`
where the attention is a softmax, `R = log(H E)` where it is evidence, `R = H G` where it is a sum.
Row j of column j only counts for users with item j in their memory, who all must score j without
it: so a zero there is the subtraction, without its rounding. Columns are taken in blocks that stay
in the cache. Evidence keeps E for the backward pass where it is not too large; all else is computed
again there, so that nothing of `[I, C]` is kept.

Source: docs/model.md, "Full-catalogue softmax" and "Evidence".
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from mars_model.settings import AttentionKind

# Values of G in a block: 4 MB of float32 on a processor; a GPU wants larger pieces.
BLOCK_VALUES = {"cpu": 1 << 20, "cuda": 1 << 26}
# Of E, kept from the forward to the backward pass: 256 MB in bfloat16.
KEPT_VALUES = 1 << 27
# Relevance beyond this distance from its column's middle weighs no more: exp stays in float32.
MAX_EXPONENT = 60.0


@dataclass(frozen=True)
class Memories:
    """The memories of B users over I items, by user and by item; int64 throughout.

    Attributes:
        slots: `[n]` rows of the memory, user after user; `starts` `[B]` where each user's begin.
        holders: `[n]` users, memory row after memory row; `holder_starts` `[I]`.
        own_row: `[C]` the memory's row that is the candidate itself, -1 where there is none.
    """

    slots: Tensor
    starts: Tensor
    holders: Tensor
    holder_starts: Tensor
    own_row: Tensor


def leave_one_out_scores(
    memory: Tensor,
    candidates: Tensor,
    memories: Memories,
    kind: AttentionKind,
    products: torch.dtype | None = None,
) -> Tensor:
    """Score C candidates for B users, `[B, C]`; 0 where no slot but the candidate's own is left.

    Args: `memory` `[I, K]`, `candidates` `[C, K]`; `products` is a type for G and E, where the
    attention is evidence and no inner product can be too large. All else has the vectors' type.
    """
    scores: Tensor = LeaveOneOut.apply(memory, candidates, memories, kind, products)
    return scores


class LeaveOneOut(torch.autograd.Function):
    """Autograd form of `leave_one_out_scores`."""

    @staticmethod
    def forward(
        ctx: Any,
        memory: Tensor,
        candidates: Tensor,
        memories: Memories,
        kind: AttentionKind,
        products: torch.dtype | None,
    ) -> Tensor:
        """Score block by block; keep scores and divisors `[B, C]` for the backward pass."""
        n_users, kept = len(memories.starts), []
        scores = memory.new_empty(n_users, len(candidates))
        divisors = scores.new_empty(n_users, 0 if kind == "sum" else len(candidates))
        if kind == "evidence" and products is not None and _needs_no_shift(memory, candidates):
            memory, candidates = memory.to(products), candidates.to(products)
        for block in _blocks(memory, candidates):
            relevance, weights, shift = _relevance(memory, candidates, memories, kind, block)
            if weights is None:
                scores[:, block] = _sum_rows(relevance, memories.slots, memories.starts)
                continue
            divisor = _sum_rows(weights, memories.slots, memories.starts).to(scores.dtype)
            is_empty = divisor == 0
            divisor[is_empty] = 1
            divisors[:, block] = divisor
            if kind == "evidence":
                scores[:, block] = (divisor.log() + shift).masked_fill_(is_empty, 0)
                if len(memory) * len(candidates) <= KEPT_VALUES:
                    kept.append(weights)
                continue
            numerator = _sum_rows(weights.mul_(relevance), memories.slots, memories.starts)
            scores[:, block] = numerator / divisor
        ctx.save_for_backward(memory, candidates, scores, divisors)
        ctx.memories, ctx.kind, ctx.kept = memories, kind, kept
        return scores

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_scores: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        """Add up the blocks' parts."""
        memory, candidates, scores, _ = ctx.saved_tensors
        grad_memory = torch.zeros_like(memory, dtype=scores.dtype)
        grad_candidates = torch.empty_like(candidates)
        for n, block in enumerate(_blocks(memory, candidates)):
            grad = _relevance_gradient(ctx, grad_scores, n, block)
            grad_memory += grad @ candidates[block]
            torch.mm(grad.t(), memory, out=grad_candidates[block])
        return grad_memory, grad_candidates.to(scores.dtype), None, None, None


def _relevance_gradient(ctx: Any, grad_scores: Tensor, n: int, block: slice) -> Tensor:
    """The gradient by G `[I, c]` of the n-th block of candidates.

    dR/dG of a slot is its attention; for softmax, times (1 + its relevance - the score).
    """
    memory, candidates, scores, divisors = ctx.saved_tensors
    memories = ctx.memories
    held = memories.holders, memories.holder_starts
    if ctx.kind == "sum":
        grad = _sum_rows(grad_scores[:, block].contiguous(), *held)
        _zero_own(grad, memories, block)
        return grad
    share = grad_scores[:, block] / divisors[:, block]
    grad = _sum_rows(share.to(memory.dtype), *held)
    if ctx.kept:
        return grad.mul_(ctx.kept[n])
    relevance, weights, _ = _relevance(memory, candidates, memories, ctx.kind, block)
    assert weights is not None
    if ctx.kind == "softmax":
        grad = relevance.add_(1).mul_(grad).sub_(_sum_rows(share * scores[:, block], *held))
    return grad.mul_(weights)


def _blocks(memory: Tensor, candidates: Tensor) -> list[slice]:
    size = max(64, BLOCK_VALUES[memory.device.type] // max(1, len(memory)))
    return [slice(start, start + size) for start in range(0, len(candidates), size)]


def _relevance(
    memory: Tensor, candidates: Tensor, memories: Memories, kind: AttentionKind, block: slice
) -> tuple[Tensor, Tensor | None, Tensor]:
    """G `[I, c]` of a block of candidates, `E = exp(G - shift)` and the shift `[c]`.

    E is zero where a slot is the candidate itself; with "sum" there is none, and no shift.
    """
    relevance = memory @ candidates[block].t()
    if kind == "sum":
        _zero_own(relevance, memories, block)
        return relevance, None, relevance.new_zeros(1)
    if kind == "evidence" and _needs_no_shift(memory, candidates[block]):
        weights, shift = relevance.exp(), relevance.new_zeros(1)
    else:
        # A constant of a column cancels in the quotient: the middle keeps both ends in range. Of
        # evidence the largest must stay exact; what lies 120 below it is next to nothing.
        lowest, highest = torch.aminmax(relevance, dim=0)
        shift = highest - MAX_EXPONENT if kind == "evidence" else (lowest + highest) / 2
        weights = (relevance - shift).clamp_(-MAX_EXPONENT, MAX_EXPONENT).exp_()
    _zero_own(weights, memories, block)
    return relevance, weights, shift


def _needs_no_shift(memory: Tensor, candidates: Tensor) -> bool:
    """Whether exp of every inner product stays in range as it is."""
    return _largest(memory) * _largest(candidates) < MAX_EXPONENT


def _largest(vectors: Tensor) -> float:
    """The largest norm: no inner product is above the product of two."""
    return float(vectors.norm(dim=1).max()) if len(vectors) else 0.0


def _zero_own(values: Tensor, memories: Memories, block: slice) -> None:
    """Set to zero, in place, where a slot of the memory is the candidate itself."""
    rows = memories.own_row[block]
    columns = (rows >= 0).nonzero().squeeze(1)
    values[rows[columns], columns] = 0


def _sum_rows(values: Tensor, rows: Tensor, starts: Tensor) -> Tensor:
    """Sum rows of values `[R, c]` by bag: the sparse product of a 0/1 matrix, `[n_bags, c]`."""
    return functional.embedding_bag(rows, values, starts, mode="sum")
