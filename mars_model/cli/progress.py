"""The progress bar of a training, with loss and validation metric."""

import sys
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

if TYPE_CHECKING:
    from mars_model.fitting.tracking import Tracking


class TrainingBar:
    """Hears of steps and epochs from the training loop and draws them on stderr.

    `tracking` hears of the epochs too.
    """

    def __init__(self, tracking: "Tracking | None") -> None:
        self._tracking = tracking
        self._bar: Any = None
        self._best = float("-inf")

    def close(self) -> None:
        """Leave the bar as it stands."""
        if self._bar is not None:
            self._bar.close()

    def on_step(self, epoch: int, n_epochs: int, step: int, n_steps: int, loss: float) -> None:
        """One more step of an epoch."""
        if self._bar is None:
            # A log file gets a line a second at most, a terminal stays lively.
            self._bar = tqdm(
                total=n_steps * n_epochs,
                initial=n_steps * (epoch - 1),
                unit="step",
                mininterval=1.0,
            )
        self._bar.set_description(f"epoch {epoch}/{n_epochs}", refresh=False)
        self._bar.set_postfix_str(f"loss {loss:.4f}{self._validated()}", refresh=False)
        self._bar.update()

    def on_epoch(self, record: Any) -> None:
        """An epoch was validated."""
        self._best = max(self._best, record.validation)
        # Before the first step, of the epochs of a checkpoint, there is no bar.
        tqdm.write(
            f"epoch {record.epoch}: loss {record.loss:.4f}, "
            f"validation MAP@500 {record.validation:.4f}",
            file=sys.stderr,
        )
        if self._tracking is not None:
            self._tracking.on_epoch(record)

    def _validated(self) -> str:
        return f", best MAP@500 {self._best:.4f}" if self._best > float("-inf") else ""
