"""mars-batch models."""

import click

from mars_model.cli.job import Job
from mars_model.cli.show import table


@click.command("models")
@click.option("--promote", metavar="VERSION", help="Use this bundle from the next night on.")
@click.pass_obj
def models_command(job: Job, promote: str | None) -> None:
    """List the bundles of the registry, or choose the one in use.

    Example: mars-batch models --promote mars-0123456789ab
    """
    if promote is not None:
        job.registry.promote(promote)
    in_use = job.registry.promoted_version()
    manifests = [job.registry.open(version).manifest for version in job.registry.versions()]
    rows = [
        (
            "yes" if m.model_version == in_use else "",
            m.model_version,
            m.metrics["validation_map@500"],
            m.n_words,
            int(m.metrics["n_likes"]),
            m.data_versions["interactions"],
        )
        for m in manifests
    ]
    columns = ("in use", "model_version", "MAP@500", "words", "likes", "interactions version")
    text = table(columns, rows) if rows else "no bundle yet: train one with mars-batch train"
    job.show(
        text,
        [
            m.model_dump(mode="json") | {"in_use": r[0] == "yes"}
            for m, r in zip(manifests, rows, strict=True)
        ],
    )
