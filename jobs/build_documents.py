"""spark-submit jobs/build_documents.py: the same as `mars-batch build-documents`."""

from mars_model.cli.build import build_documents_command
from mars_model.cli.job import run_as_job

if __name__ == "__main__":
    run_as_job(build_documents_command)
