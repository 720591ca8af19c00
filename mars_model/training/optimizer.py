"""How weights move: the optimisers, their decay, and the running average of the weights.

Decay means the same for both optimisers and is decoupled from the gradient: each step first
multiplies the weights by 1 - learning rate x decay, or their distance from where they started.
The average generalises better than the weights of any one step. Sources: Loshchilov and Hutter,
"Decoupled weight decay" (2019); Li, Grandvalet, Davoine, "Explicit inductive bias for transfer
learning" (2018), on decay to the start; Polyak and Juditsky, "Acceleration of stochastic
approximation by averaging" (1992), with weights that fall off exponentially.
"""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from mars_model.training.derived_settings import SettledTraining
from mars_model.training.network import MarsNetwork


class DecayingOptimizer:
    """RMSprop or Adam with decay of the text encoders' matrices and of the free vectors.

    The network that it is given is where the matrices started.
    """

    def __init__(self, network: MarsNetwork, settings: SettledTraining) -> None:
        kind = torch.optim.Adam if settings.optimizer == "adam" else torch.optim.RMSprop
        self._optimizer = kind(network.parameters(), lr=settings.learning_rate)
        self._first_rate, self._falls = settings.learning_rate, settings.rate_schedule == "linear"
        encoders = (network.item_encoder, network.user_encoder)
        parts = [part for e in encoders for part in (e.text, e.projection) if part is not None]
        matrices: list[Tensor] = [p for part in parts for p in part.parameters() if p.ndim > 1]
        # A table that the encoders share decays once.
        tables = dict.fromkeys(e.free for e in encoders if e.free is not None)
        free: list[Tensor] = [vectors.table for vectors in tables]
        rates = ((matrices, settings.weight_decay), (free, settings.free_weight_decay))
        self._decays = [(weights, decay) for weights, decay in rates if weights and decay]
        self._start_decay = settings.start_decay
        self._held = matrices if settings.start_decay else []
        self._starts = [weight.detach().clone() for weight in self._held]

    def zero_grad(self) -> None:
        """Forget the last step's gradient."""
        self._optimizer.zero_grad()

    @torch.no_grad()
    def step(self, done: float = 0.0) -> None:
        """Shrink the weights that decay, then move all along the gradient.

        `done` is the share of the longest training that is behind: the rate may fall with it.
        """
        rate = self._first_rate * (1 - done if self._falls else 1)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        for weights, decay in self._decays:
            torch._foreach_mul_(weights, 1 - rate * decay)
        if self._held:
            torch._foreach_lerp_(self._held, self._starts, min(1.0, rate * self._start_decay))
        self._optimizer.step()

    def tensors(self) -> dict[str, Tensor]:
        """Return what the optimiser remembers of its steps, by position of the weight and name."""
        state = self._optimizer.state_dict()["state"]
        return {f"{i}/{name}": value for i, part in state.items() for name, value in part.items()}

    def takes(self, shapes: Mapping[str, torch.Size]) -> bool:
        """Whether tensors of these names and shapes are such as `tensors` gives."""
        is_adam = isinstance(self._optimizer, torch.optim.Adam)
        moments = ("exp_avg", "exp_avg_sq") if is_adam else ("square_avg",)
        weights = [weight for group in self._optimizer.param_groups for weight in group["params"]]
        # A weight that no step has reached yet has none.
        reached = {name.partition("/")[0] for name in shapes}
        expected = {
            f"{position}/{name}": weight.shape if name in moments else torch.Size()
            for position, weight in enumerate(weights)
            if str(position) in reached
            for name in ("step", *moments)
        }
        return dict(shapes) == expected

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Remember the steps that `tensors` came from."""
        state: dict[int, dict[str, Tensor]] = {}
        for path, value in tensors.items():
            position, name = path.split("/")
            state.setdefault(int(position), {})[name] = value
        groups = self._optimizer.state_dict()["param_groups"]
        self._optimizer.load_state_dict({"state": state, "param_groups": groups})


class AveragedWeights:
    """Follows a network; with a decay of 0 it is the network itself."""

    def __init__(self, network: MarsNetwork, decay: float) -> None:
        """Start from the network as it is; `decay` is the share kept at each step."""
        self._trained = network
        self._average: AveragedModel | None = None
        if decay:
            take_in = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
            self._average = AveragedModel(network, multi_avg_fn=take_in)

    @property
    def network(self) -> MarsNetwork:
        """The network to validate and to keep."""
        if self._average is None:
            return self._trained
        averaged = self._average.module
        assert isinstance(averaged, MarsNetwork)
        return averaged

    def update(self) -> None:
        """Take in the weights after a step; the first ones are taken whole."""
        if self._average is not None:
            self._average.update_parameters(self._trained)

    def tensors(self) -> dict[str, Tensor]:
        """Return the average and the number of steps in it, by name; nothing without averaging."""
        return {} if self._average is None else self._average.state_dict()

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from an average, as `tensors` gave it."""
        if self._average is not None:
            self._average.load_state_dict(tensors)
