"""What the block fixes and what it puts back."""

import pytest
import torch

from mars_model.errors import SettingsError
from mars_model.training.reproducible import pick_device, reproducible


def test_threads_are_set_and_algorithms_are_put_back():
    memory = torch.utils.deterministic
    before = torch.get_num_threads(), memory.fill_uninitialized_memory
    with reproducible(n_threads=1):
        assert torch.are_deterministic_algorithms_enabled()
        assert torch.get_num_threads() == 1
    torch.set_num_threads(before[0])
    assert not torch.are_deterministic_algorithms_enabled()
    assert memory.fill_uninitialized_memory == before[1]


def test_a_gpu_is_taken_where_there_is_one(monkeypatch):
    assert pick_device("cpu").type == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert pick_device("auto").type == "cpu"
    with pytest.raises(SettingsError, match=r"training\.device is 'cuda', but"):
        pick_device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert (pick_device("auto").type, pick_device("cpu").type) == ("cuda", "cpu")
