"""Attention of a memory for candidates, and the pairwise loss that training minimises.

Source: Eq. 7-11; docs/model.md, decision 1 (sign of the penalty) and identity 1 (scores).
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from mars_model.settings import AttentionKind


@dataclass(frozen=True)
class Attention:
    """What a memory says about C candidates.

    Attributes:
        users: adaptive user representations `[B, C, K]`, one for each candidate (Eq. 8).
        scores: `[B, C]` (Eq. 9), or the log of the evidence.
    """

    users: Tensor
    scores: Tensor


@dataclass(frozen=True)
class PairwiseLoss:
    """The loss and its three parts, scalars: `total = ranking + user_penalty + item_penalty`."""

    total: Tensor
    ranking: Tensor
    user_penalty: Tensor
    item_penalty: Tensor


def attend(
    memory: Tensor, memory_mask: Tensor, candidates: Tensor, kind: AttentionKind = "softmax"
) -> Attention:
    """Represent each user as each candidate sees them, and score the candidates.

    Shapes: B users, S slots, C candidates, K representation size.
    Args:
        memory: `[B, S, K]`.
        memory_mask: `[B, S]` bool, True on real slots; every row needs at least one.
        candidates: `[B, C, K]`.
        kind: with "sum" every real slot counts 1 (decision 6); with "evidence" the score is the
            log of the softmax's partition, `log sum_l exp(m_l . v)`, instead of its average.
    """
    relevance = candidates @ memory.transpose(1, 2)
    if kind == "sum":
        attention = memory_mask[:, None, :].to(relevance.dtype).expand_as(relevance)
    else:
        logits = relevance.masked_fill(~memory_mask[:, None, :], -torch.inf)
        attention = logits.softmax(dim=-1)
        if kind == "evidence":
            return Attention(users=attention @ memory, scores=logits.logsumexp(dim=-1))
    return Attention(users=attention @ memory, scores=(attention * relevance).sum(dim=-1))


def pairwise_loss(
    memory: Tensor,
    memory_mask: Tensor,
    candidates: Tensor,
    item_bias: Tensor,
    user_penalty: float,
    item_penalty: float,
    kind: AttentionKind = "softmax",
) -> PairwiseLoss:
    """Return the mean over a batch of `-ln sigmoid(r_ij - r_ij')` plus the two penalties.

    Args:
        memory: `[B, S, K]`, without the positive.
        memory_mask: `[B, S]` bool.
        candidates: `[B, 2, K]`, vectors of the liked items j and of the items j' not liked.
        item_bias: `[B, 2]`, added to their scores.
        user_penalty: lambda_u, on the squared norms of `u_i^j` and `u_i^j'`.
        item_penalty: lambda_v, on the squared norms of `v_j` and `v_j'`.
    """
    attention = attend(memory, memory_mask, candidates, kind)
    scores = attention.scores + item_bias
    ranking = functional.softplus(scores[:, 1] - scores[:, 0]).mean()
    users = user_penalty * attention.users.square().sum(dim=(1, 2)).mean()
    items = item_penalty * candidates.square().sum(dim=(1, 2)).mean()
    return PairwiseLoss(
        total=ranking + users + items, ranking=ranking, user_penalty=users, item_penalty=items
    )
