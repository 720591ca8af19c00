"""What a re-run of a published date reads: the inputs that its run pinned, not those of now."""

from dataclasses import replace
from typing import Any

from mars_model.errors import InputDataError
from mars_model.night.build_tables import DERIVED, SOURCES
from mars_model.night.clock import Say
from mars_model.night.runs import Run
from mars_model.tables.contracts import OPTIONAL_SOURCES
from mars_model.tables.pin import Pin, TablePin
from mars_model.tables.warehouse import Warehouse


def run_to_read_as(standing: Run | None, now: Pin, repin: bool, say: Say) -> Run | None:
    """The published run whose inputs are read again; None where those of now are.

    `standing` is the one that stands under the date. Says where its inputs are not those of now.
    """
    if standing is None or repin:
        return None
    if not standing.input_tables:
        say(
            f"run {standing.run_id} is of an earlier release and does not say which tables it "
            "read: the inputs of now are taken, as with --repin"
        )
        return None
    if moved := _moved_on(standing, now):
        say(
            f"inputs moved on since run {standing.run_id} ({'; '.join(moved)}): its own are read, "
            "--repin takes those of now"
        )
    return standing


def identities_of(again: Run | None, now: Pin) -> dict[str, list[Any]]:
    """Of the sources of that run, or as they are now."""
    if again is not None:
        return again.input_identities()
    return now.identities(*SOURCES, *OPTIONAL_SOURCES)


def pin_again(warehouse: Warehouse, run: Run, now: Pin) -> Pin:
    """The inputs as a run read them, and what was made of them then where it is still there.

    What a night makes of other inputs says so in its table, and is made anew where it is needed.
    Raises InputDataError that names every input that cannot be read any more.
    """
    identities = run.input_identities()
    found: dict[str, TablePin] = {}
    lost = []
    for table, (table_id, rows_version) in identities.items():
        held = now.tables.get(table)
        if held is None or held.identity != [table_id, rows_version]:
            held = warehouse.pin_table_at(table, run.input_versions[table])
            if held is not None and held.table_id == table_id:
                held = replace(held, rows_version=rows_version)
            else:
                lost.append(_why_lost(table, run.input_versions[table], table_id, now))
                continue
        found[table] = held
    if lost:
        raise InputDataError(
            f"run {run.run_id}: what it read cannot be read again: {'; '.join(lost)}. To take the "
            f"inputs of now: mars-batch nightly --run-date {run.run_date} --repin"
        )
    for table in DERIVED:
        derived = _derived_at(warehouse, table, run.input_versions.get(table), now)
        if derived is not None:
            found[table] = derived
    return Pin(found)


def _derived_at(warehouse: Warehouse, table: str, version: int | None, now: Pin) -> TablePin | None:
    """A table that nights make, as a run read it, or as it is now."""
    held = now.tables.get(table)
    if held is None or version is None or held.rows_version <= version <= held.version:
        return held
    return warehouse.pin_table_at(table, version) or held


def _why_lost(table: str, version: int, table_id: str, now: Pin) -> str:
    if table not in now:
        return f"{table} is not there any more"
    if now[table].table_id != table_id:
        return f"{table} was deleted and made anew"
    return f"{table} (version {version}) was vacuumed away, now it is version {now[table].version}"


def _moved_on(run: Run, now: Pin) -> list[str]:
    """Which inputs are not those of a run, and how."""
    then, moved = run.input_identities(), []
    for table in (*SOURCES, *OPTIONAL_SOURCES):
        if table not in then and table in now:
            moved.append(f"{table} is new")
        elif table in then and table not in now:
            moved.append(f"{table} is not there any more")
        elif table in then and then[table] != now[table].identity:
            is_other = then[table][0] != now[table].table_id
            how = (
                "was deleted and made anew"
                if is_other
                else (f"from version {run.input_versions[table]} to {now[table].version}")
            )
            moved.append(f"{table} {how}")
    return moved
