"""mars-batch build-documents, build-histories and encode-items: the night's steps one by one."""

from datetime import date

import click

from mars_model.cli.job import Job, run_date_option
from mars_model.cli.show import built
from mars_model.night.build_tables import build_documents, build_histories, encode_items


@click.command("build-documents")
@click.pass_obj
def build_documents_command(job: Job) -> None:
    """Clean the items' texts into item_documents; does nothing where they are current.

    Example: mars-batch build-documents
    """
    job.require_writable()
    result = build_documents(job.warehouse, job.settings)
    job.show(built(result, "documents"), result.__dict__)


@click.command("build-histories")
@run_date_option
@click.pass_obj
def build_histories_command(job: Job, run_date: date) -> None:
    """Gather what every user liked before the run date into user_histories.

    Example: mars-batch build-histories --run-date 2026-11-23
    """
    job.require_writable()
    result = build_histories(job.warehouse, job.settings, run_date)
    job.show(built(result, "users"), result.__dict__)


@click.command("encode-items")
@click.pass_obj
def encode_items_command(job: Job) -> None:
    """Give a vector to every item whose text the model in use has not read yet.

    Example: mars-batch encode-items
    """
    job.require_writable()
    result = encode_items(job.warehouse, job.registry.promoted())
    job.show(built(result, "new vectors"), result.__dict__)
