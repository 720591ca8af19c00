"""What `mars-batch setup --class-archive` runs as a process of its own: it is no command.

A sample's import, documents and histories load nearly all classes of a night, and need no model:
a machine that only runs nights cannot train one.
"""

import sys
from datetime import date
from pathlib import Path

from mars_model.cli.interrupts import heed_signals
from mars_model.errors import MarsBatchError
from mars_model.importing.import_sample import fill_sample, prepare_demo_folder
from mars_model.night.build_tables import build_documents, build_histories
from mars_model.settings import load_settings
from mars_model.tables.jvm import let_started_end
from mars_model.tables.session import open_session
from mars_model.tables.warehouse import Warehouse

COMMAND = (sys.executable, "-m", "mars_model.cli.record_classes")
_RUN_DATE = date(2026, 1, 1)


def main(draft: Path, scratch: Path) -> int:
    """Do what a night does in a new warehouse in `scratch`, with a Java that then writes `draft`.

    Returns Java's exit code.
    """
    folder = scratch / "warehouse"
    prepare_demo_folder(folder)
    settings = load_settings(None, (), str(folder))
    warehouse = Warehouse(open_session(draft), str(folder))
    fill_sample(warehouse, settings)
    build_documents(warehouse, settings)
    build_histories(warehouse, settings, _RUN_DATE)
    return let_started_end()


if __name__ == "__main__":
    heed_signals()
    try:
        sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
    except MarsBatchError as error:
        sys.exit(str(error))
