"""spark-submit jobs/score_all_users.py: the same as `mars-batch score`."""

from mars_model.cli.job import run_as_job
from mars_model.cli.night import score_command

if __name__ == "__main__":
    run_as_job(score_command)
