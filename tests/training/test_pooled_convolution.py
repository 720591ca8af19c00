"""The table form must equal a convolution over embeddings followed by max-pooling."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from mars_model.training import pooled_convolution as module
from mars_model.training.pooled_convolution import pooled_convolution

SIZE, WINDOW, N_FILTERS, N_WORDS = 4, 3, 5, 9


@pytest.fixture
def embedding() -> torch.Tensor:
    values = torch.randn(N_WORDS + 1, SIZE, generator=torch.Generator().manual_seed(1)).double()
    values[0] = 0
    return values.requires_grad_()


@pytest.fixture
def filters() -> torch.Tensor:
    generator = torch.Generator().manual_seed(2)
    values = torch.randn(WINDOW, SIZE, N_FILTERS, generator=generator).double()
    return values.requires_grad_()


def tables_of(embedding: torch.Tensor, filters: torch.Tensor) -> torch.Tensor:
    return torch.einsum("ve,ceg->vcg", embedding, filters)


def conv1d_then_max(
    embedding: torch.Tensor, filters: torch.Tensor, words: torch.Tensor
) -> torch.Tensor:
    """Pool one document at a time, its padding cut off as far as the window allows."""
    pooled = []
    for document in words:
        n_words = max(int((document != 0).sum()), WINDOW)
        document = functional.pad(document, (0, WINDOW))[:n_words]
        vectors = functional.embedding(document, embedding).T[None]
        pooled.append(functional.conv1d(vectors, filters.permute(2, 1, 0)).amax(dim=2)[0])
    return torch.stack(pooled)


WORDS = torch.tensor(
    [
        [1, 2, 3, 4, 5, 6],
        [9, 8, 7, 0, 0, 0],
        [4, 4, 4, 4, 4, 0],
        [5, 6, 0, 0, 0, 0],
        [3, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0],
    ]
)


@pytest.mark.parametrize("n_columns", [6, 3, 2])
def test_values_and_gradients_are_those_of_conv1d_and_max_pooling(embedding, filters, n_columns):
    words = WORDS[:, :n_columns]
    pooled = pooled_convolution(tables_of(embedding, filters), words)
    expected = conv1d_then_max(embedding, filters, words)
    torch.testing.assert_close(pooled, expected)

    weights = torch.randn(pooled.shape, generator=torch.Generator().manual_seed(3)).double()
    found = torch.autograd.grad((pooled * weights).sum(), (embedding, filters))
    wanted = torch.autograd.grad((expected * weights).sum(), (embedding, filters))
    wanted[0][0] = 0  # the padding's row is frozen
    torch.testing.assert_close(found, wanted)


def test_chunks_give_what_one_piece_gives(embedding, filters, monkeypatch):
    tables = tables_of(embedding, filters).detach()
    words = WORDS.repeat(7, 1)[torch.randperm(42, generator=torch.Generator().manual_seed(4))]
    in_one_piece = pooled_convolution(tables, words)
    monkeypatch.setattr(module, "CHUNK_VALUES", 4 * N_FILTERS)
    torch.testing.assert_close(pooled_convolution(tables, words), in_one_piece, rtol=0, atol=0)


def test_padding_windows_never_win():
    tables = torch.full((3, 2, 1), -5.0)
    tables[0] = 100
    words = torch.tensor([[1, 2, 1, 0, 0]])
    assert pooled_convolution(tables, words).tolist() == [[-10.0]]


def test_a_short_document_is_padded_to_the_window_and_not_beyond():
    tables = torch.tensor([[[1.0], [2.0], [4.0]], [[10.0], [20.0], [40.0]]])
    words = torch.tensor([[1, 0, 0, 0, 0], [0, 0, 0, 0, 0]])
    assert pooled_convolution(tables, words).tolist() == [[10.0 + 2.0 + 4.0], [1.0 + 2.0 + 4.0]]


def test_the_padding_row_gets_no_gradient(embedding, filters):
    tables = tables_of(embedding, filters).detach().requires_grad_()
    pooled_convolution(tables, WORDS).sum().backward()
    assert tables.grad is not None
    assert not tables.grad[0].any()
    # Each document and filter has one winner, which passes its gradient to each real word once.
    assert tables.grad.sum() == N_FILTERS * (3 + 3 + 3 + 2 + 1 + 0)


def test_gradients_agree_with_finite_differences(embedding, filters):
    def pooled(embedding: torch.Tensor, filters: torch.Tensor) -> torch.Tensor:
        frozen_padding = torch.cat([torch.zeros(1, SIZE).double(), embedding])
        return pooled_convolution(tables_of(frozen_padding, filters), WORDS[:4])

    words_only = embedding.detach()[1:].clone().requires_grad_()
    assert torch.autograd.gradcheck(pooled, (words_only, filters))


def test_the_gradient_is_the_same_bits_every_time(embedding, filters):
    rng = np.random.default_rng(6)
    words = torch.from_numpy(rng.integers(1, N_WORDS + 1, (500, 20)))
    gradients = []
    for _ in range(3):
        tables = tables_of(embedding, filters).detach().float().requires_grad_()
        pooled_convolution(tables, words).square().sum().backward()
        gradients.append(tables.grad)
    assert torch.equal(gradients[0], gradients[1])
    assert torch.equal(gradients[0], gradients[2])
