"""mars-batch models."""

import math

import click

from mars_model.bundle.promotion import Decision
from mars_model.cli.job import Job
from mars_model.cli.show import table


@click.command("models")
@click.option("--promote", metavar="VERSION", help="Use this bundle from the next night on.")
@click.pass_obj
def models_command(job: Job, promote: str | None) -> None:
    """List the bundles of the registry and why each is in use or not, or choose the one in use.

    Example: mars-batch models --promote mars-0123456789ab
    """
    if promote is not None:
        job.registry.promote(promote)
    in_use, decisions = job.registry.promoted_version(), job.registry.decisions()
    dumped = {version: d.model_dump(mode="json") for version, d in decisions.items()}
    manifests = [job.registry.open(version).manifest for version in job.registry.versions()]
    rows = [
        (
            "yes" if m.model_version == in_use else "",
            m.model_version,
            m.metrics.get("validation_map@500", math.nan),
            m.n_words,
            int(likes) if math.isfinite(likes := m.metrics.get("n_likes", math.nan)) else "",
            m.data_versions.get("interactions", ""),
            show_decision(decisions.get(m.model_version)),
        )
        for m in manifests
    ]
    columns = ("in use", "model_version", "MAP@500", "words", "likes", "interactions", "decision")
    text = table(columns, rows) if rows else "no bundle yet: train one with mars-batch train"
    job.show(
        text,
        [
            m.model_dump(mode="json")
            | {"in_use": m.model_version == in_use, "decision": dumped.get(m.model_version)}
            for m in manifests
        ],
    )


def show_decision(decision: Decision | None) -> str:
    """Whether a bundle was promoted, and why."""
    if decision is None:
        return "none recorded"
    return f"{'promoted' if decision.is_promoted else 'not promoted'}: {decision.reason}"
