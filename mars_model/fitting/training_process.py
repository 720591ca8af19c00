"""One process of a training in several; torchrun starts it by this module's name.

Usage: python -m mars_model.fitting.training_process FOLDER
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from mars_model.evaluation.fit import fit
from mars_model.fitting.exchange import read_task, write_error, write_fitted
from mars_model.training.checkpoint import Checkpoints
from mars_model.training.loop import EpochRecord
from mars_model.training.processes import join_processes

# In front of a line of stdout that `train` is to understand.
MARK = "mars-batch: "


class Reports:
    """Tells `train` of finished epochs, and what is to be said, by lines on stdout."""

    def on_step(self, epoch: int, step: int, n_steps: int, loss: float) -> None:
        """Steps are not reported."""

    def on_epoch(self, record: EpochRecord) -> None:
        """An epoch was validated."""
        print(MARK + json.dumps({"epoch": asdict(record)}), flush=True)

    def say(self, sentence: str) -> None:
        """A sentence for people."""
        print(MARK + json.dumps({"say": sentence}), flush=True)


def main(folder: Path) -> None:
    """Work on the task in `<checkpoint>/<folder>`; the first process writes the outcome there."""
    try:
        task = read_task(folder)
        with join_processes() as processes:
            reports = Reports()
            say = reports.say if processes.is_first else lambda sentence: None
            checkpoints = Checkpoints(folder.parent.parent, folder.parent.name, say)
            progress = reports if processes.is_first else None
            fitted = fit(task, progress, checkpoints, processes)
            if processes.is_first:
                write_fitted(folder, fitted)
    except Exception as error:
        write_error(folder, error)
        raise


if __name__ == "__main__":
    main(Path(sys.argv[1]))
