"""The training loop: it learns, stops, keeps the best epoch, repeats itself and fails loudly."""

import numpy as np
import pytest
import torch

from mars_model.errors import InputDataError, MarsBatchError
from mars_model.features.likes import LikeMatrix
from mars_model.training.loop import train
from mars_model.training.network import build_network
from mars_model.training.sampled_objective import SampledObjective
from mars_model.training.step_vectors import StepVectors


def state_of(network) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def is_same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(value, second[name]) for name, value in first.items())


class ScriptedValidation:
    """Returns given metrics one after the other and keeps the weights that each one judged."""

    def __init__(self, network, metrics):
        self.network, self.metrics, self.states = network, metrics, []

    def __call__(self, candidates, memory, item_bias):
        assert candidates.shape == memory.shape == (8, 4)
        assert item_bias.shape == (8,)
        assert candidates.dtype == memory.dtype == item_bias.dtype == np.float32
        self.states.append(state_of(self.network))
        return self.metrics[len(self.states) - 1]


class Recorder:
    def __init__(self):
        self.steps, self.epochs = [], []

    def on_step(self, epoch, n_epochs, step, n_steps, loss):
        self.steps.append((epoch, step, n_steps))

    def on_epoch(self, record):
        self.epochs.append(record)


def test_training_stops_after_patience_and_restores_the_best_epoch(
    network, documents, likes, training_settings
):
    settings = training_settings.model_copy(update={"max_epochs": 9, "patience": 2})
    validate = ScriptedValidation(network, [0.2, 0.5, 0.4, 0.5, 0.9])
    result = train(network, documents, likes, settings, validate)
    assert (result.best_epoch, result.best_validation, result.n_epochs) == (2, 0.5, 4)
    assert [record.validation for record in result.history] == [0.2, 0.5, 0.4, 0.5]
    assert is_same(state_of(network), validate.states[1])
    assert not is_same(validate.states[1], validate.states[3])


@pytest.mark.parametrize(("patience_steps", "n_epochs"), [(0, 2), (4, 3), (5, 4), (8, 5)])
def test_short_epochs_are_waited_for_by_steps(
    network, documents, likes, training_settings, patience_steps, n_epochs
):
    settings = training_settings.model_copy(
        update={"max_epochs": 9, "patience": 1, "patience_steps": patience_steps, "batch_size": 6}
    )
    n_steps = SampledObjective(likes, settings, "softmax").n_steps
    assert n_steps == 2
    validate = ScriptedValidation(network, [0.5, *[0.4] * 8])
    assert train(network, documents, likes, settings, validate).n_epochs == n_epochs


def test_training_ends_at_max_epochs_while_it_improves(
    network, documents, likes, training_settings
):
    validate = ScriptedValidation(network, [0.1, 0.2, 0.3])
    result = train(network, documents, likes, training_settings, validate)
    assert (result.best_epoch, result.n_epochs) == (3, 3)
    assert is_same(state_of(network), validate.states[2])


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(
    model_settings, documents, likes, training_settings
):
    states = []
    for seed in (5, 5, 6):
        network = build_network(30, model_settings, seed=3)
        settings = training_settings.model_copy(update={"seed": seed})
        train(network, documents, likes, settings, lambda *_: 0.0)
        states.append(state_of(network))
    assert is_same(states[0], states[1])
    assert not is_same(states[0], states[2])


def test_an_epoch_draws_the_same_whatever_came_before_it(
    model_settings, documents, likes, training_settings
):
    drawn = {"objective": "catalogue", "users_per_batch": 2, "history_dropout": 0.5}
    settings = training_settings.model_copy(update={**drawn, "learning_rate": 1e-30})
    losses = []
    for seed in (5, 5, 6):
        network = build_network(30, model_settings, seed=3)
        of_seed = settings.model_copy(update={"seed": seed})
        result = train(network, documents, likes, of_seed, lambda *_: 1.0)
        losses.append([record.loss for record in result.history])
    assert losses[0] == losses[1] != losses[2]
    assert len(set(losses[0])) == 3


def test_every_variant_learns_by_either_objective(variant, documents, training_settings):
    likes = LikeMatrix.from_rows([[0, 4, 5], [0, 4], [5, 4, 0], [3, 6, 7], [3, 7]], n_items=8)
    n_likes = np.bincount(likes.item_idx, minlength=8)
    for objective in ("sampled", "catalogue"):
        network = build_network(30, variant, 3, n_likes)
        settings = training_settings.model_copy(
            update={"objective": objective, "learning_rate": 0.02, "optimizer": "adam"}
        )
        settings = settings.model_copy(update={"max_epochs": 40, "patience": 40})
        result = train(network, documents, likes, settings, lambda *_: 1.0)
        assert result.history[-1].loss < 0.7 * result.history[0].loss
        assert result.n_sampled_candidates == (1 if objective == "sampled" else 0)


def test_training_separates_likes_from_other_items(model_settings, documents, training_settings):
    likes = LikeMatrix.from_rows([[0, 4, 5], [0, 4], [5, 4, 0], [3, 6, 7], [3, 7]], n_items=8)
    network = build_network(30, model_settings, seed=3)
    settings = training_settings.model_copy(
        update={"max_epochs": 60, "patience": 60, "learning_rate": 0.01}
    )
    epochs = iter(range(60))
    result = train(network, documents, likes, settings, lambda *_: next(epochs))
    assert result.history[0].loss > 0.5
    assert result.history[-1].loss < 0.25


def test_progress_hears_of_every_step_and_epoch(network, documents, likes, training_settings):
    settings = training_settings.model_copy(update={"batch_size": 4, "max_epochs": 2})
    progress = Recorder()
    result = train(network, documents, likes, settings, lambda *_: 1.0, progress)
    # Eleven likes in batches of four are three steps.
    assert progress.steps == [(epoch, step, 3) for epoch in (1, 2) for step in (1, 2, 3)]
    assert tuple(progress.epochs) == result.history


def test_skipped_draws_are_counted(network, documents, training_settings):
    settings = training_settings.model_copy(update={"batch_size": 200, "max_epochs": 2})
    likes = LikeMatrix.from_rows([[0, 1], [2]], n_items=8)
    result = train(network, documents, likes, settings, lambda *_: 1.0)
    assert result.n_skipped_draws == sum(record.n_skipped_draws for record in result.history)
    assert 140 < result.n_skipped_draws < 260


def test_a_batch_is_scored_as_if_every_document_were_encoded_for_itself(
    network, documents, likes, training_settings
):
    objective = SampledObjective(likes, training_settings, "softmax")
    batch = next(objective.draw_epoch(np.random.default_rng(1)))
    words = torch.from_numpy(documents)
    rankings = []
    for row in range(8):
        slots = network.user_encoder(words[batch.memory_idx[row][batch.memory_mask[row]]])
        pair = [batch.positive_idx[row], batch.negative_idx[row]]
        relevance = network.item_encoder(words[pair]) @ slots.T
        scores = (relevance.softmax(dim=1) * relevance).sum(dim=1)
        rankings.append(-torch.log(torch.sigmoid(scores[0] - scores[1])))
    vectors = StepVectors(network, torch.tensor(documents), training_settings)
    loss = objective.parts(vectors, batch)
    torch.testing.assert_close(loss.ranking, torch.stack(rankings).mean())


def test_a_loss_that_is_no_number_stops_training_with_epoch_step_and_advice(
    network, documents, likes, training_settings
):
    with torch.no_grad():
        network.item_encoder.projection.bias[0] = torch.nan
    with pytest.raises(MarsBatchError, match=r"loss is nan in epoch 1 at step 1.*learning_rate"):
        train(network, documents, likes, training_settings, lambda *_: 1.0)
    assert not torch.are_deterministic_algorithms_enabled()


def test_a_validation_metric_that_is_no_number_stops_training(
    network, documents, likes, training_settings
):
    with pytest.raises(MarsBatchError, match="validation metric is nan after epoch 1"):
        train(network, documents, likes, training_settings, lambda *_: float("nan"))


def test_documents_that_do_not_match_the_likes_are_refused(
    network, documents, likes, training_settings
):
    with pytest.raises(InputDataError, match="found 7 rows, expected 8"):
        train(network, documents[:7], likes, training_settings, lambda *_: 1.0)
