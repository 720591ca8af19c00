"""mars-batch encode-items."""

import click

from mars_model.cli.job import Job
from mars_model.cli.show import built
from mars_model.night.build_tables import encode_items


@click.command("encode-items")
@click.pass_obj
def encode_items_command(job: Job) -> None:
    """Give a vector to every item whose text the model in use has not read yet.

    Example: mars-batch encode-items
    """
    result = encode_items(job.warehouse, job.registry.promoted())
    job.show(built(result, "new vectors"), result.__dict__)
