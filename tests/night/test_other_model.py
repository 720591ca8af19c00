"""A night by another model than the one before: put in use by hand, with a third of the MAP."""

import shutil
from dataclasses import replace
from datetime import date

import pytest

from mars_model.bundle.manifest import TrainedWith
from mars_model.errors import AuditFailedError
from mars_model.night.run_night import run_night
from mars_model.night.runs import Run, read_runs
from tests.conftest import Night, small_settings
from tests.night.conftest import by_user, copy_night, rows_of

pytestmark = pytest.mark.night

NEXT_DATE = date(2026, 3, 2)
STRICT = ("audit.max_input_age_days=2", "audit.max_fallback_share=0.1")


@pytest.fixture(scope="module")
def swapped(night: Night, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The same networks under another name: a bundle whose manifest says a third of the MAP."""
    copied = copy_night(night, tmp_path_factory.mktemp("swapped") / "wh")
    bundle = copied.registry.promoted()
    facts = dict(bundle.manifest.metrics)
    facts["validation_map@500"] /= 3
    trained = bundle.manifest.settings
    other = TrainedWith(
        **{**dict(trained), "training": trained.training.model_copy(update={"seed": 2})}
    )
    written = copied.registry.write(
        lambda folder: shutil.copytree(bundle.folder, folder, dirs_exist_ok=True),
        *(other, bundle.manifest.data_versions, facts, False),
    )
    copied.registry.promote(written.model_version)
    return copied


def run_next(night: Night, *overrides: str, accepted: dict[str, str] | None = None) -> Run:
    where = night.warehouse, night.registry, small_settings(*overrides), NEXT_DATE
    return run_night(*where, lambda _: None, True, accepted)


@pytest.fixture(scope="module")
def refused(swapped: Night) -> AuditFailedError:
    with pytest.raises(AuditFailedError) as raised:
        run_next(swapped, *STRICT)
    return raised.value


def test_a_model_with_a_third_of_the_map_is_stopped_with_both_models_named(
    refused: AuditFailedError, swapped: Night, night: Night
) -> None:
    failures = {failure["name"]: failure for failure in refused.details["failures"]}
    assert failures["map_loss"]["detail"] == "is 0.6667, beyond audit.max_map_loss = 0.2"
    before = night.run.gates["validation_map"]
    assert [tuple(one.values()) for one in failures["map_loss"]["examples"]] == [
        (swapped.registry.promoted_version(), pytest.approx(before / 3)),
        (night.run.model_version, before),
    ]
    now, then = (by_user(rows_of(one.warehouse, "recommendations")) for one in (swapped, night))
    assert now == then


def test_lists_are_compared_across_models_and_scores_are_not(refused: AuditFailedError) -> None:
    gates = refused.details["gates"]
    assert gates["overlap_across_models"] == 1.0  # the networks are the same
    assert not {"overlap", "score_shift"} & set(gates)


def test_old_inputs_and_users_of_the_fallback_are_named(refused: AuditFailedError) -> None:
    failures = {failure["name"]: failure for failure in refused.details["failures"]}
    assert set(failures) == {"map_loss", "input_age_days", "fallback_share"}
    assert failures["input_age_days"]["detail"].startswith("is 50.58, beyond")
    newest = failures["input_age_days"]["examples"][0]
    assert (newest["user_id"], newest["item_id"]) == (8, 205)
    # User 10 has one like and user 9 none.
    assert [tuple(one.values()) for one in failures["fallback_share"]["examples"]] == [
        *((10, 1), (9, 0))
    ]


def test_of_several_gates_each_must_be_accepted(refused: AuditFailedError, swapped: Night) -> None:
    with pytest.raises(AuditFailedError) as still:
        run_next(swapped, "audit.max_input_age_days=2", accepted={"map_loss": "a test"})
    assert [one["name"] for one in still.value.details["failures"]] == ["input_age_days"]
    (recorded,) = (
        r for r in read_runs(swapped.warehouse) if r.run_id == still.value.details["run_id"]
    )
    assert (recorded.status, recorded.accepted) == ("audit_failed", {"map_loss": "a test"})
    done = run_next(swapped, accepted={"map_loss": "a test"})
    assert (done.status, done.accepted) == ("published", {"map_loss": "a test"})
    assert replace(done, durations_s={}) in [
        replace(one, durations_s={}) for one in read_runs(swapped.warehouse)
    ]
