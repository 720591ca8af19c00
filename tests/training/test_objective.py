"""Attention and loss against hand-made cases, a plain loop and finite differences."""

import math

import numpy as np
import pytest
import torch

from mars_model.training.objective import attend, pairwise_loss
from mars_model.training.reference import attend_by_loop


def random_tensor(seed: int, *shape: int) -> torch.Tensor:
    values = torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
    return values.double().tanh().requires_grad_()


def test_attention_weighs_slots_by_the_softmax_of_their_relevance():
    # Relevances ln 3 and 0 give attention 3/4 and 1/4.
    memory = torch.tensor([[[math.log(3), 0.0], [0.0, 1.0]]]).double()
    candidate = torch.tensor([[[1.0, 0.0]]]).double()
    attention = attend(memory, torch.tensor([[True, True]]), candidate)
    expected = torch.tensor([[[3 / 4 * math.log(3), 1 / 4]]]).double()
    torch.testing.assert_close(attention.users, expected)
    assert attention.scores.item() == pytest.approx(3 / 4 * math.log(3))


def test_attention_gives_what_the_plain_loop_gives():
    memory, candidates = random_tensor(1, 1, 6, 4), random_tensor(2, 1, 3, 4)
    mask = torch.tensor([[True, True, False, True, False, False]])
    found = attend(memory, mask, candidates).scores[0].detach().numpy()
    slots, vectors = memory[0].detach().numpy(), candidates[0].detach().numpy()
    expected = attend_by_loop([np.array([0, 1, 3])], slots, vectors)
    np.testing.assert_allclose(found, expected[0])


def test_padding_slots_change_nothing_and_get_no_gradient():
    memory, candidates = random_tensor(3, 2, 4, 3), random_tensor(4, 2, 2, 3)
    mask = torch.tensor([[True, True, False, False], [True, False, False, False]])
    attention = attend(memory, mask, candidates)
    short = attend(memory[:1, :2], mask[:1, :2], candidates[:1])
    torch.testing.assert_close(attention.scores[:1], short.scores)
    attention.scores.sum().backward()
    assert memory.grad is not None
    assert not memory.grad[~mask].any()


def test_the_loss_has_its_three_parts_with_penalties_added():
    # One slot (2, 0): the user is (2, 0) for every candidate; scores 2 and -2, margin 4.
    memory = torch.tensor([[[2.0, 0.0]]]).double()
    positive, negative = torch.tensor([[1.0, 0.0]]).double(), torch.tensor([[-1.0, 3.0]]).double()
    loss = pairwise_loss(memory, torch.tensor([[True]]), positive, negative, 0.1, 0.01)
    assert loss.ranking.item() == pytest.approx(-math.log(1 / (1 + math.exp(-4))))
    assert loss.user_penalty.item() == pytest.approx(0.1 * (4 + 4))
    assert loss.item_penalty.item() == pytest.approx(0.01 * (1 + 10))
    parts = loss.ranking + loss.user_penalty + loss.item_penalty
    assert loss.total.item() == pytest.approx(parts.item())


def test_the_loss_is_the_mean_over_the_batch():
    memory, mask = random_tensor(5, 3, 2, 4), torch.tensor([[True, True]] * 2 + [[True, False]])
    positive, negative = random_tensor(6, 3, 4), random_tensor(7, 3, 4)
    rows = [slice(row, row + 1) for row in range(3)]
    single = [
        pairwise_loss(memory[r], mask[r], positive[r], negative[r], 0.3, 0.2).total for r in rows
    ]
    together = pairwise_loss(memory, mask, positive, negative, 0.3, 0.2).total
    torch.testing.assert_close(together, torch.stack(single).mean())


def test_gradients_agree_with_finite_differences():
    mask = torch.tensor([[True, True, True], [True, False, False]])
    inputs = (random_tensor(8, 2, 3, 4), random_tensor(9, 2, 4), random_tensor(10, 2, 4))

    def loss(memory: torch.Tensor, positive: torch.Tensor, negative: torch.Tensor) -> torch.Tensor:
        return pairwise_loss(memory, mask, positive, negative, 0.02, 0.05).total

    assert torch.autograd.gradcheck(loss, inputs)


def test_large_margins_give_finite_losses():
    memory = torch.full((1, 1, 2), 1e4)
    loss = pairwise_loss(memory, torch.tensor([[True]]), -memory[:, 0], memory[:, 0], 0, 0)
    assert math.isfinite(loss.total.item())
