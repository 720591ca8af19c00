"""Convolution over words followed by max-pooling, computed as sums of table rows.

With one table for each offset in the window, `T_k = embedding @ W_k`, the pre-activation of a
window that starts at word t is `sum_k T_k[w_{t+k}]`. ReLU and bias are monotone in each filter, so
they commute with the maximum and are left to the caller, who applies them to the pooled values.

Source: Eq. 1-3; docs/model.md, decision 3 (short documents) and identity 5 (tables).
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

# A chunk's windows x filters, in values: 8 MB of float32 stay in a shared cache, and threads get
# pieces large enough that they seldom wait for each other.
CHUNK_VALUES = 1 << 21


def pooled_convolution(tables: Tensor, words: Tensor) -> Tensor:
    """Return each filter's largest pre-activation over the valid windows of each document.

    Shapes: D documents, L words, V vocabulary, c window, g filters.
    Args:
        tables: `[V+1, c, g]`, `T_k` at `[:, k]`; row 0 stands for padding, is held
            constant and gets no gradient.
        words: `[D, L]` int64; 0 is padding and occurs only behind the last word.
    Returns:
        `[D, g]`. A document shorter than c is padded to c; an empty one gives the value of the
        all-padding window. No other window reaches into the padding.
    """
    return PooledConvolution.apply(tables, words)  # type: ignore[no-any-return]


class PooledConvolution(torch.autograd.Function):
    """Autograd form of `pooled_convolution`; the backward pass touches winning windows only."""

    @staticmethod
    def forward(ctx: Any, tables: Tensor, words: Tensor) -> Tensor:
        """Pool `[D, g]` and remember which window won for each filter."""
        words = functional.pad(words, (0, max(0, tables.shape[1] - words.shape[1])))
        pooled, winners = _pool_by_length(tables, words)
        ctx.save_for_backward(words, winners)
        ctx.tables_shape = tables.shape
        return pooled

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_pooled: Tensor) -> tuple[Tensor, None]:
        """Add each filter's gradient to the table rows of its winning window: D*g*c additions."""
        words, winners = ctx.saved_tensors
        grad_tables = grad_pooled.new_zeros(ctx.tables_shape)
        for offset in range(grad_tables.shape[1]):
            rows = words.gather(1, winners + offset)
            grad_tables[:, offset].scatter_add_(0, rows, grad_pooled)
        grad_tables[0] = 0
        return grad_tables, None


def _pool_by_length(tables: Tensor, words: Tensor) -> tuple[Tensor, Tensor]:
    """Pool documents in order of length, so that a chunk is cut where its longest one ends.

    Returns: pooled values `[D, g]` and the first word of each winning window `[D, g]` int64.
    """
    n_documents, (_, window, n_filters) = len(words), tables.shape
    pooled = tables.new_empty(n_documents, n_filters)
    winners = words.new_empty(n_documents, n_filters)
    lengths, order = (words != 0).sum(1).sort(stable=True)
    start = 0
    while start < n_documents:
        # Sized for the chunk's first and shortest document: later ones are hardly longer.
        chunk = max(1, CHUNK_VALUES // (n_filters * max(int(lengths[start]), window)))
        rows = order[start : start + chunk]
        longest = max(int(lengths[start : start + chunk][-1]), window)
        pooled[rows], winners[rows] = _pool_chunk(tables, words[rows, :longest])
        start += chunk
    return pooled, winners


def _pool_chunk(tables: Tensor, words: Tensor) -> tuple[Tensor, Tensor]:
    """Pool one chunk `[d, L]`, L >= c; see `_pool_by_length` for the values returned."""
    _, window, n_filters = tables.shape
    windows = words.unfold(1, window, 1)
    # A window that reaches into the padding repeats the first one: it cannot change the maximum.
    is_valid = windows[..., -1:] != 0
    windows = torch.where(is_valid, windows, windows[:, :1])
    rows = windows * window + torch.arange(window, device=words.device)
    sums = functional.embedding_bag(
        rows.reshape(-1, window), tables.reshape(-1, n_filters), mode="sum"
    ).view(*windows.shape[:2], n_filters)
    pooled, winners = sums.max(1)
    is_valid_winner = words.gather(1, winners + window - 1) != 0
    return pooled, torch.where(is_valid_winner, winners, 0)
