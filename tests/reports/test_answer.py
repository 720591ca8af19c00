"""The two sentences at the top: they say what the figures carry, and no more."""

from typing import Any

from mars_model.reports.answer import answer
from mars_model.reports.contract import ComparisonFile
from tests.reports.comparisons import full, minimal, model


def a_test(p_value: float, **changed: Any) -> dict[str, Any]:
    """A test of mars against ease."""
    facts = {"metric": "recall@50", "best": "mars", "second": "ease", "test": "paired t-test"}
    return {**facts, "p_value": p_value, "difference": 0.05, **changed}


def plain(text: str) -> str:
    """The text with plain spaces for those that do not break."""
    return text.replace("\u00a0", " ")


def test_a_clear_winner_is_named_with_its_lead_over_the_best_baseline() -> None:
    said = answer(ComparisonFile.model_validate(full()))
    # 0.3 / 0.25 - 1
    assert plain(said.headline) == (
        "mars-plus ranks best: recall@50 0.3000, 20.0 % above ease, the best baseline (0.2500)."
    )
    assert plain(said.sureness) == (
        "Against ease the difference of +0.0500 in recall@50 is more than chance explains "
        "(paired t-test over 1,100 users: p < 0.001, 95 % interval +0.0400 to +0.0600)."
    )


def test_another_leader_by_another_metric_and_models_without_figures_are_said() -> None:
    said = answer(ComparisonFile.model_validate(full()))
    assert [plain(line) for line in said.further] == [
        "By MAP@500 another leads: ease 0.1300, mars-plus 0.1200.",
        "No figure for 1 of 3 models: cdl.",
    ]


def test_a_lead_that_may_be_chance_makes_no_winner() -> None:
    models = (model("mars", 0.26, False), model("ease", 0.25, True))
    said = answer(minimal(*models, significance=a_test(0.31, difference=0.01)))
    assert said.headline.startswith("There is no clear winner: mars has the highest recall@50")
    assert "may be chance" in said.sureness
    assert "p = 0.310" in plain(said.sureness)


def test_a_test_that_speaks_against_the_highest_mean_makes_no_winner() -> None:
    models = (model("mars", 0.26, False), model("ease", 0.25, True))
    said = answer(minimal(*models, significance=a_test(0.001, difference=-0.01)))
    assert said.headline.startswith("There is no clear winner")
    assert "of −0.0100 in recall@50 speaks against the higher mean" in said.sureness


def test_a_test_named_the_other_way_round_is_turned() -> None:
    test = a_test(0.01, best="ease", second="mars", difference=-0.05, low=-0.06, high=-0.04)
    said = answer(minimal(model("mars", 0.3), model("ease", 0.25), significance=test))
    assert "Against ease the difference of +0.0500" in said.sureness
    assert "interval +0.0400 to +0.0600" in said.sureness


def test_a_baseline_that_leads_is_set_against_the_best_model() -> None:
    said = answer(
        minimal(
            model("mars", 0.2, False),
            model("ease", 0.25, True),
            model("als", 0.24, True),
            significance=a_test(0.2, best="ease", second="als", difference=0.01),
        )
    )
    assert plain(said.headline) == (
        "The baseline ease has the highest recall@50: 0.2500, 25.0 % above mars, "
        "the best other model (0.2000)."
    )
    assert said.sureness.startswith("Against als the difference of +0.0100 in recall@50 may be")


def test_without_kinds_the_next_model_is_the_rival() -> None:
    said = answer(minimal(model("b", 0.1), model("a", 0.3), model("c", 0.2)))
    assert plain(said.headline) == (
        "a has the highest recall@50: 0.3000, 50.0 % above c, the next (0.2000)."
    )
    assert "cannot be said" in said.sureness


def test_several_splits_without_a_test_say_in_how_many_it_led() -> None:
    ease = model("ease", 0.2, True, **{"recall@50_by_seed": [0.2, 0.2, 0.2]})
    mars = model("mars", 0.3, False, **{"recall@50_by_seed": [0.35, 0.35, 0.2]})
    said = answer(minimal(ease, mars))
    assert said.sureness.startswith("It is ahead of ease in 2 of 3 splits; no test")


def test_one_split_is_said_to_be_one() -> None:
    rows = [model(n, v, **{"recall@50_by_seed": [v]}) for n, v in (("a", 0.2), ("b", 0.3))]
    said = answer(minimal(*rows, seeds=[1]))
    assert said.sureness.startswith("This is one split")
    assert said.further == (
        "All figures are of one split: how much they vary between splits is not known.",
    )


def test_equal_models_are_called_equal() -> None:
    said = answer(minimal(model("a", 0.2), model("b", 0.2)))
    assert said.headline == "a and b are equal: both have recall@50 0.2000."


def test_a_rival_with_nothing_gets_no_percentage() -> None:
    said = answer(minimal(model("a", 0.2), model("b", 0.0)))
    assert said.headline == "a has the highest recall@50: 0.2000, above b, the next (0.0000)."


def test_a_single_model_is_compared_with_nothing() -> None:
    said = answer(minimal(model("a", 0.2), {"model": "b", "reason": "not run: no memory"}))
    assert said.headline == "Only a has a figure: recall@50 0.2000."
    assert "not whether another one would be better" in said.sureness
    assert said.further == ("No figure for 1 of 2 models: b.",)


def test_nothing_is_claimed_where_nothing_ran() -> None:
    said = answer(minimal({"model": "a", "reason": "not run: stopped"}))
    assert said.headline == "No model has a figure, so nothing can be said."
    assert answer(minimal()).headline == "Nothing was compared."
