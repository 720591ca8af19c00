"""spark-submit jobs/backfill.py: the same as `mars-batch backfill`."""

from mars_model.cli.backfill import backfill_command
from mars_model.cli.job import run_as_job

if __name__ == "__main__":
    run_as_job(backfill_command)
