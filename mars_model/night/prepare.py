"""What a night scores, made ready: tables, arrays, neighbour lists, all of one pin."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from mars_model.bundle.registry import Bundle
from mars_model.night.build_tables import bring_up_to_date, documents_step, histories_step
from mars_model.night.clock import Clock
from mars_model.night.collect_catalogue import (
    ItemArrays,
    allow_segments,
    catalogue_of,
    items_with_vectors,
    measure_histories,
    read_titles,
)
from mars_model.night.inputs import Inputs, read_inputs
from mars_model.night.make_lists import current_lists
from mars_model.night.score import uses_lists
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.certified_lists import NeighbourLists
from mars_model.scoring.memory_plan import Work
from mars_model.scoring.popular import sort_popular
from mars_model.scoring.sentences import Titles
from mars_model.settings import Settings
from mars_model.tables.pin import Pin
from mars_model.tables.warehouse import Warehouse


@dataclass(frozen=True)
class Prepared:
    """What a night scores: its inputs at their pinned versions, and the arrays made of them."""

    pin: Pin
    inputs: Inputs
    work: Work
    catalogue: Catalogue  # of the candidates
    titles: Titles  # of all items
    lists: NeighbourLists | None  # None: in full blocks
    n_lists_made: int


@contextmanager
def prepared_night(
    warehouse: Warehouse,
    bundle: Bundle,
    settings: Settings,
    run_date: date,
    pin: Pin,
    clock: Clock,
) -> Iterator[Prepared]:
    """Documents, vectors, histories and lists brought up to date, and the arrays of the night.

    Histories that are made for it stay in memory and on disk until the end of the block.
    """
    with clock.step("build-documents"):
        pin = bring_up_to_date(warehouse, documents_step(warehouse, settings, pin), pin)
    with clock.step("encode-items"):
        pin, arrays = items_with_vectors(warehouse, bundle, pin)
    histories = None
    try:
        with clock.step("build-histories"):
            step = histories_step(warehouse, settings, run_date, pin)
            if step.is_current(pin):
                histories = warehouse.read("user_histories", pin["user_histories"].version)
            else:
                histories = step.rows().persist()
                pin = bring_up_to_date(warehouse, step.with_rows(histories), pin)
        with clock.step("collect"):
            inputs = read_inputs(warehouse, pin, run_date, histories)
            work, everything, catalogue = _catalogues(warehouse, pin, inputs, arrays)
            titles = read_titles(warehouse, pin, catalogue)
        lists, n_made = None, 0
        if uses_lists(bundle, settings, len(catalogue.candidate_idx)):
            with clock.step("update-neighbours"):
                length = settings.scoring.list_length
                spark = warehouse.spark
                lists, n_made = current_lists(spark, bundle, everything, catalogue, length)
        yield Prepared(pin, inputs, work, catalogue, titles, lists, n_made)
    finally:
        if histories is not None:
            histories.unpersist()


def _catalogues(
    warehouse: Warehouse, pin: Pin, inputs: Inputs, arrays: ItemArrays
) -> tuple[Work, Catalogue, Catalogue]:
    """How much there is to score; all items as candidates, and those that may be recommended."""
    everything = catalogue_of(arrays)
    work, n_likes = measure_histories(warehouse, pin, everything)
    popular_idx = sort_popular(everything.candidate_idx, n_likes)
    everything = replace(everything, n_likes=n_likes, popular_idx=popular_idx)
    positions = everything.positions(inputs.candidate_ids.astype(everything.item_ids.dtype.type))
    catalogue = everything.with_candidates(np.sort(positions[positions >= 0]))
    if inputs.segments is not None:
        catalogue = allow_segments(catalogue, inputs.segments)
    return work, everything, catalogue
