"""spark-submit jobs/build_histories.py: the same as `mars-batch build-histories`."""

from mars_model.cli.build import build_histories_command
from mars_model.cli.job import run_as_job

if __name__ == "__main__":
    run_as_job(build_histories_command)
