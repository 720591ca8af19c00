"""The highest memory while something runs, against an array of known size."""

import sys

import numpy as np
import pytest

from mars_model.comparing.fits import watch_peak

MB = 1 << 20


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process its peak")
def test_what_is_let_go_of_before_the_end_counts_and_what_went_before_does_not():
    with watch_peak() as before:
        pass
    with watch_peak() as peak:
        held = np.ones(200 * MB // 8)
        del held
    with watch_peak() as after:
        pass
    assert 190 < peak.mb - before.mb < 260
    assert after.mb < peak.mb - 150
