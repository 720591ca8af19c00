"""Which values of a search lie at its edge."""

import pytest

from mars_model.evaluation.search_space import Choice, Range, at_edge


@pytest.mark.parametrize(
    ("value", "expected"),
    # A hundredth to a hundred: 2 % of the four decades is a factor of 10^0.08 = 1.202.
    [(0.01, True), (0.012, True), (0.0121, False), (1.0, False), (83.0, False), (83.3, True)],
)
def test_a_range_of_logarithms_ends_within_two_per_cent_of_its_decades(
    value: float, expected: bool
) -> None:
    assert Range(0.01, 100.0, is_log=True).is_at_edge(value) is expected


@pytest.mark.parametrize(
    ("value", "expected"), [(100, True), (118, True), (123, False), (1077, False), (1090, True)]
)
def test_a_plain_range_ends_within_two_per_cent_of_its_length(value: int, expected: bool) -> None:
    assert Range(100, 1100).is_at_edge(value) is expected


def test_zero_is_no_edge_since_nothing_lies_below_it() -> None:
    dropout, decay = Range(0.0, 0.5), Range(1e-5, 1.0, is_log=True, zero_below=1e-4)
    assert not dropout.is_at_edge(0.0) and not dropout.is_at_edge(0.005)
    assert not decay.is_at_edge(0.0) and not decay.is_at_edge(1.05e-5)
    assert dropout.is_at_edge(0.5) and decay.is_at_edge(0.99)
    assert Range(-0.5, 0.5).is_at_edge(-0.5) and not Range(-0.5, 0.5).is_at_edge(0.0)


@pytest.mark.parametrize(
    ("values", "value", "expected"),
    [
        ((64, 128, 256), 64, True),
        ((64, 128, 256), 128, False),
        ((256, 64, 128), 256, True),
        ((0.001, 0.002), 0.002, False),  # of two numbers each is an end
        ((True, False), True, False),
        (((64, 64), (128, 64, 32), (200, 200)), (64, 64), False),
    ],
)
def test_of_several_numbers_the_smallest_and_the_largest_are_edges(
    values: tuple[object, ...], value: object, expected: bool
) -> None:
    assert Choice(values).is_at_edge(value) is expected


def test_settings_at_an_edge_are_named_with_what_was_searched() -> None:
    space = {
        "penalty": Range(0.03, 10.0, is_log=True),
        "alpha": Range(1.0, 40.0, is_log=True),
        "n_factors": Choice((5, 10, 100)),
    }
    values = {"penalty": 10.0, "alpha": 8.0, "n_factors": 5, "documents": {}}
    assert at_edge(space, values) == (
        "penalty 10 (searched from 0.03 to 10)",
        "n_factors 5 (searched from 5 to 100)",
    )


def test_a_draw_below_zero_stands_for_itself_unless_the_range_says_otherwise() -> None:
    assert Range(-1.0, 0.5).setting(-0.25) == -0.25
    decay = Range(1e-5, 1.0, is_log=True, zero_below=1e-4)
    assert [decay.setting(drawn) for drawn in (2e-5, 2e-4)] == [0.0, 2e-4]
