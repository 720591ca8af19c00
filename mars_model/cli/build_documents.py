"""mars-batch build-documents."""

import click

from mars_model.cli.job import Job
from mars_model.cli.show import built
from mars_model.night.build_tables import build_documents


@click.command("build-documents")
@click.pass_obj
def build_documents_command(job: Job) -> None:
    """Clean the items' texts into item_documents; does nothing where they are current.

    Example: mars-batch build-documents
    """
    result = build_documents(job.warehouse, job.settings)
    job.show(built(result, "documents"), result.__dict__)
