"""spark-submit jobs/encode_items.py: the same as `mars-batch encode-items`."""

from mars_model.cli.build import encode_items_command
from mars_model.cli.job import run_as_job

if __name__ == "__main__":
    run_as_job(encode_items_command)
