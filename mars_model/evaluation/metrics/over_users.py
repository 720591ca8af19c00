"""The mean over users who count."""

import numpy as np
from numpy.typing import NDArray


def mean_over_users(values: NDArray[np.float64]) -> float:
    """Mean of values [U] over users who are not left out (NaN); 0 where all are."""
    counted = values[~np.isnan(values)]
    return float(counted.mean()) if len(counted) else 0.0


def n_counted(values: NDArray[np.float64]) -> int:
    """Users who are not left out."""
    return int(np.count_nonzero(~np.isnan(values)))
