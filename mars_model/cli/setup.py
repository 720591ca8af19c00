"""mars-batch setup."""

import click

from mars_model import prerequisites
from mars_model.cli.job import Job
from mars_model.errors import MarsBatchError
from mars_model.tables import jars
from mars_model.tables.environment import prepare_environment


@click.command("setup")
@click.pass_obj
def setup_command(job: Job) -> None:
    """Bring Delta's jars and Spark's settings into this installation, once.

    Needs Java, and Maven Central (or the repository that Spark is set up with) where the jars are
    not there yet. All later commands need no network.

    Example: mars-batch setup
    """
    if problem := prerequisites.java_problem():
        raise MarsBatchError(problem)
    prepare_environment()  # Spark's resolver is Spark: what can be set for it is set
    jars.require_writable()
    fetched = []
    if not jars.has_delta_jars():
        job.say(f"fetching {jars.DELTA_PACKAGE} with Spark's resolver")
        fetched = jars.fetch_delta_jars()
    written = jars.write_spark_settings()
    folder, names = jars.spark_home(), [path.name for path in written]
    size = sum(path.stat().st_size for path in fetched) / 1e6
    what = f"{len(fetched)} jars fetched ({size:.0f} MB)" if fetched else "were there already"
    lines = [
        f"Delta's jars: {what}, in {folder / 'jars'}",
        f"Spark's settings: {', '.join(names)} written to {folder / 'conf'}",
        "ready; see it work with: mars-batch demo",
    ]
    result = {
        "spark": str(folder),
        "jars_fetched": [path.name for path in fetched],
        "settings_written": names,
    }
    job.show("\n".join(lines), result)
