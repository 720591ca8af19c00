"""The shares of several processes make up the batch of one."""

import numpy as np
import pytest
import torch

from mars_model.features.likes import LikeMatrix
from mars_model.training.catalogue_objective import CatalogueObjective
from mars_model.training.network import build_network
from mars_model.training.processes import Processes
from mars_model.training.sampled_objective import SampledObjective
from mars_model.training.step_vectors import StepVectors

LIKES = LikeMatrix.from_rows([[0, 2, 5], [1, 2], [3, 4, 6, 7], [0, 7], [1, 6, 7]], n_items=8)


def gradient(model, objective, batch, documents, settings):
    """The gradient of one batch's loss at the same weights, as one vector, and the loss."""
    network = build_network(30, model, 3, np.bincount(LIKES.item_idx, minlength=8))
    loss = objective.loss(StepVectors(network, torch.from_numpy(documents), settings), batch)
    loss.backward()
    return torch.cat([weight.grad.flatten() for weight in network.parameters()]), loss.item()


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize(
    "changes",
    [
        {"objective": "sampled", "batch_size": 7},
        {"objective": "catalogue", "users_per_batch": 5, "history_dropout": 0.5},
        {"objective": "catalogue", "users_per_batch": 5, "max_candidates": 3},
    ],
)
def test_gradients_of_the_shares_add_up_to_that_of_the_whole_batch(
    variant, documents, training_settings, changes, n
):
    settings = training_settings.model_copy(update=changes)
    kind = CatalogueObjective if settings.objective == "catalogue" else SampledObjective

    def first_batch(processes):
        objective = kind(LIKES, settings, variant.attention, processes)
        batch = next(iter(objective.draw_epoch(np.random.default_rng(2))))
        return objective, batch

    objective, batch = first_batch(Processes())
    assert batch.share == 1
    whole, whole_loss = gradient(variant, objective, batch, documents, settings)
    total, total_loss, shares, n_skipped = torch.zeros_like(whole), 0.0, 0.0, 0
    for rank in range(n):
        objective, own = first_batch(Processes(rank, n))
        assert 0 < own.share < 1
        part, loss = gradient(variant, objective, own, documents, settings)
        total += own.share * part
        total_loss += own.share * loss
        shares += own.share
        n_skipped += own.n_skipped
    assert shares == pytest.approx(1)
    assert total_loss == pytest.approx(whole_loss, abs=1e-6)
    assert n_skipped == batch.n_skipped
    torch.testing.assert_close(total, whole, atol=1e-6, rtol=0)
    assert whole.abs().max() > 1e-3


def test_a_process_without_a_user_of_its_own_has_no_share(training_settings):
    settings = training_settings.model_copy(update={"users_per_batch": 2})
    shares = []
    for rank in range(3):
        objective = CatalogueObjective(LIKES, settings, "softmax", Processes(rank, 3))
        batches = list(objective.draw_epoch(np.random.default_rng(2)))
        shares.append([batch.share for batch in batches])
    # Five users in batches of two, two and one.
    assert [[share > 0 for share in of_rank] for of_rank in shares] == [
        [True, True, True],
        [True, True, False],
        [False, False, False],
    ]
    assert np.sum(shares, axis=0) == pytest.approx([1, 1, 1])
