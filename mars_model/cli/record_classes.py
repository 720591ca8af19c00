"""What `mars-batch setup --class-archive` runs as a process of its own: it is no command.

A sample's import, documents and histories load nearly all classes of a night, and need no model:
a machine that only runs nights cannot train one.
"""

import sys
from datetime import date
from pathlib import Path

from mars_model.errors import MarsBatchError
from mars_model.importing.import_files import merge_files
from mars_model.importing.import_sample import prepare_demo_folder
from mars_model.night.build_tables import build_documents, build_histories
from mars_model.settings import load_settings
from mars_model.sources.sample import write_sample
from mars_model.tables.jvm import let_started_end
from mars_model.tables.session import open_session
from mars_model.tables.warehouse import Warehouse

_RUN_DATE = date(2026, 1, 1)


def main(draft: Path, scratch: Path) -> int:
    """Do what a night does first, in `scratch`, with a Java that then writes `draft`.

    Returns Java's exit code.
    """
    folder = scratch / "warehouse"
    prepare_demo_folder(folder)
    settings = load_settings(None, (), str(folder))
    warehouse = Warehouse(open_session(draft), str(folder))
    sample = write_sample(scratch / "sample", n_users=50, n_items=100)
    merge_files(warehouse, settings, str(sample.items), str(sample.interactions))
    build_documents(warehouse, settings)
    build_histories(warehouse, settings, _RUN_DATE)
    return let_started_end()


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
    except MarsBatchError as error:
        sys.exit(str(error))
