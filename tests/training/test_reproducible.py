"""What the block fixes and what it puts back."""

import torch

from mars_model.training.reproducible import reproducible


def test_seed_and_threads_are_set_and_algorithms_are_put_back():
    memory = torch.utils.deterministic
    before = torch.get_num_threads(), memory.fill_uninitialized_memory
    draws = []
    for _ in range(2):
        with reproducible(seed=4, n_threads=1):
            assert torch.are_deterministic_algorithms_enabled()
            assert torch.get_num_threads() == 1
            draws.append(torch.rand(3))
    torch.set_num_threads(before[0])
    assert torch.equal(draws[0], draws[1])
    assert not torch.are_deterministic_algorithms_enabled()
    assert memory.fill_uninitialized_memory == before[1]
