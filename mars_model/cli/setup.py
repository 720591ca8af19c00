"""mars-batch setup."""

import sys

import click

from mars_model import prerequisites
from mars_model.cli.job import Job
from mars_model.errors import MarsBatchError
from mars_model.tables import class_archive, jars
from mars_model.tables.environment import prepare_environment

_RECORDER = (sys.executable, "-m", "mars_model.cli.record_classes")


@click.command("setup")
@click.option(
    "--class-archive",
    "wants_archive",
    is_flag=True,
    help="Make an archive of Java's classes too: 200 MB, a minute or two, and quicker starts.",
)
@click.pass_obj
def setup_command(job: Job, wants_archive: bool) -> None:
    """Bring Delta's jars and Spark's settings into this installation, once.

    Needs Java, and Maven Central (or the repository that Spark is set up with) where the jars are
    not there yet. All later commands need no network.

    With --class-archive every command that starts Spark on this machine loads Java's classes from
    an archive. Jars that are fetched anew, or another Java, need a new one: give the option again.

    Example: mars-batch setup

    Example: mars-batch setup --class-archive
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
    ]
    is_stale = bool(fetched) and class_archive.remove_archive()
    if wants_archive:
        job.say("making the class archive: Spark runs once on a sample, then Java writes it")
        archive = class_archive.make_archive(_RECORDER)
        lines.append(
            f"class archive: {archive.stat().st_size / 1e6:.0f} MB, in {archive.parent}; every "
            "command that starts Spark is quicker now, a small night by a fifth to a quarter"
        )
    elif is_stale:
        lines.append(
            "class archive: removed, since it was of other jars; make it anew with: mars-batch "
            "setup --class-archive"
        )
    lines.append("ready; see it work with: mars-batch demo")
    kept = class_archive.find_archive()
    result = {
        "spark": str(folder),
        "jars_fetched": [path.name for path in fetched],
        "settings_written": names,
        "class_archive": str(kept) if kept else None,
    }
    job.show("\n".join(lines), result)
