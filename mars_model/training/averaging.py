"""The running average of the weights, which generalises better than the weights of any one step.

Source: Polyak and Juditsky, "Acceleration of stochastic approximation by averaging" (1992), with
weights that fall off exponentially.
"""

from collections.abc import Mapping

from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from mars_model.training.network import MarsNetwork


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
