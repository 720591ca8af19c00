"""Splits by the names that a command takes."""

from mars_model.errors import SettingsError
from mars_model.evaluation.splits.by_user import split_leave_last_out, split_likes
from mars_model.evaluation.splits.split import Split
from mars_model.evaluation.splits.temporal import split_temporal
from mars_model.evaluation.splits.timed_likes import TimedLikes

# Cold items are no name here: their split holds out items and has other parts (cold_items.py).
SPLITS = ("paper", "temporal", "leave-last-out")


def split_of(name: str, timed: TimedLikes, seed: int, test_from_s: int | None = None) -> Split:
    """A split of SPLITS; `seed` is the paper's alone, `test_from_s` the temporal one's.

    Raises SettingsError where the name is none, or `test_from_s` is given to another split.
    """
    if name not in SPLITS:
        raise SettingsError(f"split {name}: not known, expected one of {', '.join(SPLITS)}")
    if test_from_s is not None and name != "temporal":
        raise SettingsError(f"split {name}: does not go by a date, only 'temporal' does")
    if name == "paper":
        return split_likes(timed.likes, seed)
    if name == "temporal":
        return split_temporal(timed, test_from_s)
    return split_leave_last_out(timed)
