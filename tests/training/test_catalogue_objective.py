"""The full-catalogue softmax against an explicit leave-one-out, one like at a time."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from mars_model.errors import InputDataError
from mars_model.features.likes import LikeMatrix
from mars_model.training.catalogue_batches import CatalogueBatch, CatalogueBatches
from mars_model.training.catalogue_objective import CatalogueObjective
from mars_model.training.leave_one_out import Memories, leave_one_out_scores
from tests.conftest import paper_training

ROWS = [[0, 2, 5], [1, 2], [3, 4, 6, 7], [0, 7]]
LIKES = LikeMatrix.from_rows(ROWS, n_items=12)
USERS = np.array([2, 0, 3, 1])
KINDS = pytest.mark.parametrize("kind", ["softmax", "evidence", "sum"])


class FixedVectors:
    """Stands where StepVectors does: vectors and biases that are leaves of the gradient."""

    device = torch.device("cpu")

    def __init__(self, n_items: int = 12, scale: float = 1.0, seed: int = 1) -> None:
        generator = torch.Generator().manual_seed(seed)

        def leaf(*shape: int) -> torch.Tensor:
            return (scale * torch.randn(*shape, generator=generator).double()).requires_grad_()

        self.items, self.slots, self.biases = leaf(n_items, 3), leaf(n_items, 3), leaf(n_items)

    def candidates(self, item_idx: torch.Tensor) -> torch.Tensor:
        return self.items[item_idx]

    def memory(self, item_idx: torch.Tensor) -> torch.Tensor:
        return self.slots[item_idx]

    def bias(self, item_idx: torch.Tensor) -> torch.Tensor:
        return self.biases[item_idx]


def objective(kind: str, **settings) -> CatalogueObjective:
    return CatalogueObjective(LIKES, paper_training(**settings), kind)


def draw(hidden: float, max_candidates: int = 100, seed: int = 0) -> CatalogueBatch:
    batches = CatalogueBatches(LIKES, 4, hidden, max_candidates)
    return batches.draw(USERS, np.random.default_rng(seed))


def memories_of(batch: CatalogueBatch) -> list[set[int]]:
    """The items that each user of a batch remembers."""
    slots = np.split(batch.memory_idx[batch.slots], batch.starts[1:])
    return [set(row.tolist()) for row in slots]


def score_by_loop(memory: set[int], item: int, vectors: FixedVectors, kind: str) -> float | None:
    """Eq. 7-9 over the memory without the item itself; None where nothing is left."""
    rest = sorted(memory - {item})
    relevance = [float((vectors.slots[slot] @ vectors.items[item]).detach()) for slot in rest]
    if not rest:
        return None
    if kind == "sum":
        return sum(relevance)
    if kind == "evidence":
        return math.log(sum(math.exp(value) for value in relevance))
    weights = [math.exp(value - max(relevance)) for value in relevance]
    pairs = zip(weights, relevance, strict=True)
    return sum(w * s for w, s in pairs) / sum(weights)


def loss_by_loop(batch: CatalogueBatch, vectors: FixedVectors, kind: str) -> tuple[float, int]:
    """Minus log softmax of every like among the candidates, and how many have no score."""
    losses, n_skipped = [], 0
    for user, memory in zip(USERS, memories_of(batch), strict=True):
        scores, total = {}, 0.0
        for item, log_weight in zip(batch.candidate_idx, batch.log_weight, strict=True):
            scores[item] = score = score_by_loop(memory, item, vectors, kind)
            if score is not None:
                total += math.exp(score + vectors.biases[item].item() + float(log_weight))
        for item in ROWS[user]:
            score = scores[item]
            if score is None:
                n_skipped += 1
            else:
                losses.append(math.log(total) - score - vectors.biases[item].item())
    return sum(losses) / len(losses), n_skipped


@KINDS
@pytest.mark.parametrize(("hidden", "max_candidates"), [(0.0, 12), (0.6, 12), (0.3, 2)])
def test_the_loss_is_that_of_every_like_left_out_of_its_own_memory(kind, hidden, max_candidates):
    vectors = FixedVectors()
    for seed in range(5):
        batch = draw(hidden, max_candidates, seed)
        # Eight items are liked; of the four others all are candidates, or two.
        assert len(batch.candidate_idx) == 8 + min(4, max_candidates)
        expected, n_skipped = loss_by_loop(batch, vectors, kind)
        found = objective(kind).loss(vectors, batch)
        assert found.item() == pytest.approx(expected, rel=1e-12)
        assert batch.n_skipped == n_skipped


@KINDS
def test_the_gradient_is_that_of_the_plain_loop(kind):
    vectors, batch = FixedVectors(), draw(0.3, seed=3)
    objective(kind).loss(vectors, batch).backward()
    for leaf in (vectors.items, vectors.slots, vectors.biases):
        assert leaf.grad is not None
        values = leaf.detach().numpy()
        for position in np.ndindex(values.shape):
            start, around = values[position], []
            for step in (1e-5, -1e-5):
                values[position] = start + step
                around.append(loss_by_loop(batch, vectors, kind)[0])
            values[position] = start
            expected = (around[0] - around[1]) / 2e-5
            assert leaf.grad[position].item() == pytest.approx(expected, abs=1e-8)


@KINDS
def test_blocks_of_columns_change_nothing(kind, monkeypatch):
    generator = torch.Generator().manual_seed(5)
    memory, candidates = (torch.randn(n, 4, generator=generator).double() for n in (6, 200))
    own_row = torch.full((200,), -1)
    own_row[[3, 70, 150]] = torch.tensor([2, 0, 5])
    slots, starts = torch.tensor([0, 2, 5, 1, 3, 4]), torch.tensor([0, 3])
    order = torch.argsort(slots)
    holders = torch.tensor([0, 0, 0, 1, 1, 1])[order]
    memories = Memories(slots, starts, holders, torch.arange(6), own_row)
    results = []
    for block_values in (1 << 20, 1):  # one block of all columns, or four of 64 at most
        monkeypatch.setattr("mars_model.training.leave_one_out.BLOCK_VALUES", {"cpu": block_values})
        leaves = [memory.clone().requires_grad_(), candidates.clone().requires_grad_()]
        scores = leave_one_out_scores(*leaves, memories, kind)
        scores.square().sum().backward()
        results.append([scores.detach(), *(leaf.grad for leaf in leaves)])
    for whole, pieces in zip(*results, strict=True):
        torch.testing.assert_close(whole, pieces)


@pytest.mark.parametrize("kind", ["softmax", "evidence"])
def test_a_like_that_outweighs_all_others_is_left_out_exactly_in_float32(kind):
    # Relevance to itself 50, to the other slot -50: 1 - e^-100 of the attention is its own.
    vectors = torch.tensor([[math.sqrt(50)], [-math.sqrt(50)]])
    memories = Memories(
        slots=torch.tensor([0, 1]),
        starts=torch.tensor([0]),
        holders=torch.tensor([0, 0]),
        holder_starts=torch.tensor([0, 1]),
        own_row=torch.tensor([0, 1]),
    )
    leaves = [vectors.clone().requires_grad_(), vectors.clone().requires_grad_()]
    scores = leave_one_out_scores(*leaves, memories, kind)
    torch.testing.assert_close(scores, torch.tensor([[-50.0, -50.0]]))
    scores.sum().backward()
    # Each candidate has one slot left, the other one, with all of its attention.
    for leaf in leaves:
        torch.testing.assert_close(leaf.grad, vectors.flip(0))


def scored(products: torch.dtype | None, length: float = 1.0) -> list[torch.Tensor]:
    """Scores by evidence of 20 users for 200 candidates, and gradients of the sum of squares."""
    generator = torch.Generator().manual_seed(7)
    leaves = [
        (length * functional.normalize(torch.randn(n, 16, generator=generator))).requires_grad_()
        for n in (60, 200)
    ]
    memories = Memories(
        slots=torch.arange(60),
        starts=torch.arange(0, 60, 3),
        holders=torch.arange(60) // 3,
        holder_starts=torch.arange(60),
        own_row=torch.cat([torch.arange(60), torch.full((140,), -1)]),
    )
    scores = leave_one_out_scores(*leaves, memories, "evidence", products)
    scores.square().sum().backward()
    return [scores.detach(), *(leaf.grad for leaf in leaves)]


def test_products_in_bfloat16_keep_two_digits_of_scores_and_gradients():
    for exact, rounded in zip(scored(None, 2.0), scored(torch.bfloat16, 2.0), strict=True):
        assert rounded.dtype == torch.float32
        assert 0 < (rounded - exact).norm() < 0.01 * exact.norm()


def test_products_that_bfloat16_could_not_tell_apart_stay_in_float32():
    # Lengths of 8: relevance of up to 64, where bfloat16 has steps of a quarter.
    for exact, found in zip(scored(None, 8.0), scored(torch.bfloat16, 8.0), strict=True):
        assert torch.equal(exact, found)


@pytest.mark.parametrize("products", [None, torch.bfloat16])
def test_what_is_kept_for_the_backward_pass_is_what_it_would_compute(products, monkeypatch):
    kept = scored(products)
    monkeypatch.setattr("mars_model.training.leave_one_out.KEPT_VALUES", 0)
    for here, anew in zip(kept, scored(products), strict=True):
        assert torch.equal(here, anew)


def test_evidence_of_likes_that_agree_adds_up():
    # Three users like item 0 alone, items 0 and 1, and all three; relevance ln 2, ln 2 and ln 3.
    memory = torch.tensor([[math.log(2)], [math.log(2)], [math.log(3)]]).requires_grad_()
    candidates = torch.tensor([[1.0], [1.0]]).requires_grad_()
    memories = Memories(
        slots=torch.tensor([0, 0, 1, 0, 1, 2]),
        starts=torch.tensor([0, 1, 3]),
        holders=torch.tensor([0, 1, 2, 1, 2, 2]),
        holder_starts=torch.tensor([0, 3, 5]),
        own_row=torch.tensor([-1, 0]),  # the second candidate is item 0
    )
    scores = leave_one_out_scores(memory, candidates, memories, "evidence")
    # Nothing is left of the first user's memory for his own like: 0.
    expected = [[math.log(2), 0.0], [math.log(4), math.log(2)], [math.log(7), math.log(5)]]
    torch.testing.assert_close(scores, torch.tensor(expected))
    scores.sum().backward()
    # Attention: of item 0 for the first candidate 2/2 + 2/4 + 2/7, for itself none.
    attention = [1 + 1 / 2 + 2 / 7, 1 / 2 + 2 / 7 + 1 + 2 / 5, 3 / 7 + 3 / 5]
    torch.testing.assert_close(memory.grad, torch.tensor(attention)[:, None])


@pytest.mark.parametrize("kind", ["softmax", "evidence"])
def test_relevance_beyond_the_range_of_exp_gives_finite_scores(kind):
    memory = torch.tensor([[300.0], [-300.0]]).requires_grad_()
    candidates = torch.tensor([[1.0], [-1.0], [0.0]]).requires_grad_()
    memories = Memories(
        slots=torch.tensor([0, 1]),
        starts=torch.tensor([0]),
        holders=torch.tensor([0, 0]),
        holder_starts=torch.tensor([0, 1]),
        own_row=torch.tensor([-1, -1, -1]),
    )
    scores = leave_one_out_scores(memory, candidates, memories, kind)
    of_equals = math.log(2) if kind == "evidence" else 0.0
    torch.testing.assert_close(scores, torch.tensor([[300.0, 300.0, of_equals]]))
    scores.sum().backward()
    assert torch.isfinite(memory.grad).all() and torch.isfinite(candidates.grad).all()


def test_as_many_candidates_as_items_give_the_loss_over_all_of_them():
    vectors, everything = FixedVectors(), draw(0.3, seed=4)
    sampled = draw(0.3, max_candidates=11, seed=4)
    found = [objective("softmax").loss(vectors, batch).item() for batch in (sampled, everything)]
    assert len(sampled.candidate_idx) == 12
    assert found[0] == pytest.approx(found[1], rel=1e-12)


def test_sampled_candidates_stand_for_all_items_on_average():
    likes = LikeMatrix.from_rows([[2, 5], [9, 5]], n_items=12)
    batches = CatalogueBatches(likes, 2, 0.0, max_candidates=3)
    weights = np.random.default_rng(1).lognormal(size=12)
    rng, totals = np.random.default_rng(2), []
    for _ in range(4000):
        batch = batches.draw(np.array([0, 1]), rng)
        assert set(batch.candidate_idx) >= {2, 5, 9}
        assert len(batch.candidate_idx) == 3 + 3
        is_liked = np.isin(batch.candidate_idx, [2, 5, 9])
        # Three of the nine others are drawn: a chance of 1/3 each.
        assert batch.log_weight == pytest.approx(np.where(is_liked, 0, math.log(3)))
        totals.append((weights[batch.candidate_idx] * np.exp(batch.log_weight)).sum())
    assert np.mean(totals) == pytest.approx(weights.sum(), rel=0.02)


def test_a_catalogue_is_sampled_only_beyond_its_limit():
    assert objective("softmax", max_candidates=12).n_sampled_candidates == 0
    assert objective("softmax", max_candidates=11).n_sampled_candidates == 11


def test_the_share_of_likes_that_is_hidden_is_the_one_asked_for():
    rows = [list(range(100))] * 200
    batches = CatalogueBatches(LikeMatrix.from_rows(rows, 100), 200, 0.3, 1000)
    batch = batches.draw(np.arange(200), np.random.default_rng(1))
    assert len(batch.slots) / 20_000 == pytest.approx(0.7, abs=0.02)
    assert len(batch.users) == 20_000


def test_every_user_keeps_a_memory_whatever_is_hidden():
    for seed in range(20):
        batch = draw(0.99, seed=seed)
        remembered = memories_of(batch)
        assert all(m and m <= set(ROWS[u]) for u, m in zip(USERS, remembered, strict=True))
        # The only item in a memory has nothing left to be scored by.
        assert batch.n_skipped == sum(len(memory) == 1 for memory in remembered)
        assert len(batch.users) + batch.n_skipped == 11


def test_an_epoch_has_every_user_with_two_likes_once():
    likes = LikeMatrix.from_rows([[0, 1], [2], [], *([[3, 4]] * 6)], n_items=5)
    batches = CatalogueBatches(likes, 3, 0.0, 100)
    drawn = list(batches.draw_epoch(np.random.default_rng(1)))
    assert len(drawn) == batches.n_batches == 3
    assert [len(batch.starts) for batch in drawn] == [3, 3, 1]
    assert sum(len(batch.users) for batch in drawn) == 14


def test_likes_without_a_pair_are_refused():
    with pytest.raises(InputDataError, match="no user with two likes"):
        CatalogueBatches(LikeMatrix.from_rows([[0], [1]], 2), 4, 0.0, 10)
