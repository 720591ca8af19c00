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


def test_evidence_grows_with_the_likes_that_speak_for_a_candidate():
    # Two slots of relevance ln 2 and one of 0: ln 2 alone, ln 4 together, ln 5 with the third.
    memory = torch.tensor([[[math.log(2)], [math.log(2)], [0.0]]]).double()
    candidate = torch.ones(1, 1, 1).double()
    for mask, expected in (([1, 0, 0], 2), ([1, 1, 0], 4), ([1, 1, 1], 5)):
        found = attend(memory, torch.tensor([mask]).bool(), candidate, "evidence")
        assert found.scores.item() == pytest.approx(math.log(expected))
    # The users are still the average that the paper's attention makes: 2/5, 2/5 and 1/5.
    assert found.users.item() == pytest.approx(4 / 5 * math.log(2))


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
    pair = torch.tensor([[[1.0, 0.0], [-1.0, 3.0]]]).double()
    loss = pairwise_loss(memory, torch.tensor([[True]]), pair, torch.zeros(1, 2), 0.1, 0.01)
    assert loss.ranking.item() == pytest.approx(-math.log(1 / (1 + math.exp(-4))))
    assert loss.user_penalty.item() == pytest.approx(0.1 * (4 + 4))
    assert loss.item_penalty.item() == pytest.approx(0.01 * (1 + 10))
    parts = loss.ranking + loss.user_penalty + loss.item_penalty
    assert loss.total.item() == pytest.approx(parts.item())


def test_the_loss_is_the_mean_over_the_batch():
    memory, mask = random_tensor(5, 3, 2, 4), torch.tensor([[True, True]] * 2 + [[True, False]])
    pairs, bias = random_tensor(6, 3, 2, 4), random_tensor(7, 3, 2)
    rows = [slice(row, row + 1) for row in range(3)]
    single = [pairwise_loss(memory[r], mask[r], pairs[r], bias[r], 0.3, 0.2).total for r in rows]
    together = pairwise_loss(memory, mask, pairs, bias, 0.3, 0.2).total
    torch.testing.assert_close(together, torch.stack(single).mean())


def loss_by_loop(memory, slots, pairs, bias, user_penalty, item_penalty, kind) -> float:
    """Eq. 10 and 11 one example at a time; `slots` are each memory's real rows."""
    losses = []
    for example, real in enumerate(slots):
        scores, penalty = [], 0.0
        for candidate, item_bias in zip(pairs[example], bias[example], strict=True):
            relevance = [float(memory[example][slot] @ candidate) for slot in real]
            weights = [1.0 if kind == "sum" else math.exp(value) for value in relevance]
            total = 1.0 if kind == "sum" else sum(weights)
            user = sum(
                weight / total * memory[example][slot]
                for slot, weight in zip(real, weights, strict=True)
            )
            score = math.log(total) if kind == "evidence" else float(user @ candidate)
            scores.append(score + item_bias)
            penalty += user_penalty * sum(user**2) + item_penalty * sum(candidate**2)
        losses.append(-math.log(1 / (1 + math.exp(scores[1] - scores[0]))) + penalty)
    return sum(losses) / len(losses)


@pytest.mark.parametrize("kind", ["softmax", "evidence", "sum"])
def test_loss_and_gradient_are_those_of_the_plain_loop(kind):
    mask, slots = torch.tensor([[True, True, True], [False, True, False]]), [[0, 1, 2], [1]]
    inputs = [random_tensor(8, 2, 3, 4), random_tensor(9, 2, 2, 4), random_tensor(10, 2, 2)]
    memory, pairs, bias = inputs
    loss = pairwise_loss(memory, mask, pairs, bias, 0.02, 0.05, kind).total
    loss.backward()
    values = [tensor.detach().numpy() for tensor in inputs]

    def slow() -> float:
        return loss_by_loop(values[0], slots, values[1], values[2], 0.02, 0.05, kind)

    assert loss.item() == pytest.approx(slow(), rel=1e-12)
    for tensor, array in zip(inputs, values, strict=True):
        assert tensor.grad is not None
        for position in np.ndindex(array.shape):
            start, around = array[position], []
            for step in (1e-5, -1e-5):
                array[position] = start + step
                around.append(slow())
            array[position] = start
            expected = (around[0] - around[1]) / 2e-5
            assert tensor.grad[position].item() == pytest.approx(expected, abs=1e-8)


def test_large_margins_give_finite_losses():
    memory = torch.full((1, 1, 2), 1e4)
    pair = torch.stack([-memory[:, 0], memory[:, 0]], dim=1)
    loss = pairwise_loss(memory, torch.tensor([[True]]), pair, torch.zeros(1, 2), 0, 0)
    assert math.isfinite(loss.total.item())
