"""A model in Python, without Spark and its JVM: fit it or load it, recommend, explain, save.

Scores, lists and reasons are those of a night with the same bundle and likes, to the last bit.

>>> likes = [(user, film) for user in (1, 2, 3) for film in ("Alien", "Gravity", "Moon")]
>>> likes += [(user, film) for user in (4, 5, 6) for film in ("Chef", "Ratatouille", "Toast")]
>>> items = [(film, film, "space ship orbit") for film in ("Alien", "Gravity", "Moon", "Solaris")]
>>> items += [(film, film, "kitchen cook soup") for film in ("Chef", "Ratatouille", "Toast")]
>>> small = {"documents": {"min_occurrences": 1}, "training": {"max_epochs": 20}}
>>> model = Model.fit(likes, items, settings=small)
>>> best, second = model.recommend(["Alien", "Moon"], n=2)
>>> best.item_id, sorted(reason.item_id for reason in best.reasons)
('Gravity', ['Alien', 'Moon'])
>>> second == model.explain(["Alien", "Moon"], second.item_id)
True
"""

import shutil
import tempfile
import weakref
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mars_model.bundle.items import Items
from mars_model.bundle.manifest import ITEMS_FILE, MANIFEST_FILE, model_files, write_manifest
from mars_model.bundle.registry import Bundle, Registry, draft_folder, open_bundle
from mars_model.bundle.sealed_file import seal
from mars_model.errors import InputDataError, SettingsError, needs_extras
from mars_model.features.likes import LikeMatrix, likes_of_pairs
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.encode_documents import encode_documents
from mars_model.scoring.recommended import ItemId, Reason, Recommendation, explain_one, recommend
from mars_model.scoring.sessions import open_encoder
from mars_model.settings import AttentionKind, Settings, parse_settings
from mars_model.sources.in_memory import Rows, Values, id_column, ids_of, table_of

__all__ = ["Model", "Reason", "Recommendation"]


@dataclass(frozen=True, eq=False)
class Model:
    """A bundle and the items that it recommends: every one of them is a candidate."""

    bundle: Bundle
    items: Items = field(repr=False)
    catalogue: Catalogue = field(repr=False)

    @classmethod
    def load(cls, path: str | Path, items: Rows | None = None) -> "Model":
        """Open a bundle's folder, verified: one that `save` wrote, or `mars-batch train`.

        Args:
            items: rows with `item_id`, `title` and `text`; without them those that were saved. A
                bundle of `mars-batch train` has none.
        Raises MarsBatchError where the bundle is damaged, InputDataError for bad or missing items.
        """
        folder = Path(path)
        bundle = open_bundle(folder)
        if items is not None:
            return cls._of(bundle, Items.of(items, bundle.manifest.settings.documents))
        if ITEMS_FILE not in bundle.manifest.files:
            raise InputDataError(
                f"bundle {folder}: has no {ITEMS_FILE}, as `mars-batch train` writes none. Say "
                "what to recommend: Model.load(path, items)"
            )
        return cls._of(bundle, Items.parse(bundle.sealed(ITEMS_FILE).read()))

    @classmethod
    def fit(
        cls, likes: Rows, items: Rows, settings: Settings | dict[str, Any] | None = None
    ) -> "Model":
        """Train as `mars-batch train` does; needs mars-batch[train].

        Args:
            likes: rows with `user_id` and `item_id`, every row a like; those of items that are not
                given teach nothing.
            items: rows with `item_id`, `title` and `text`.
            settings: the whole tree, or some of its branches as a dict; conf/mars-batch.yaml.
        Raises InputDataError for bad rows or where there is nothing to learn from, SettingsError
        for unknown or badly typed settings.
        """
        chosen = parse_settings(settings or {})
        given = Items.of(items, chosen.documents)
        folder = Path(tempfile.mkdtemp(prefix="mars-model-"))
        try:
            model = cls._of(_train(Registry(folder), likes, given, chosen), given)
        except BaseException:
            shutil.rmtree(folder)
            raise
        weakref.finalize(model, shutil.rmtree, folder, ignore_errors=True)
        return model

    @classmethod
    def _of(cls, bundle: Bundle, items: Items) -> "Model":
        # Else a process that opens model after model would keep the sessions of all.
        open_encoder.cache_clear()
        candidates, memory, bias = encode_documents(bundle, items.item_ids, items.words)
        return cls(bundle, items, Catalogue.of_vectors(candidates, memory, bias, items.item_ids))

    def recommend(
        self, user_likes: Values, n: int = 10, n_reasons: int = 3
    ) -> list[Recommendation]:
        """The n best items that a user does not like yet, by score descending, then item id.

        Args:
            user_likes: ids of the items that the user likes, in any order; unknown ones and
                repetitions do not count.
            n_reasons: at most so many reasons for each.
        Returns: fewer where there are not so many; none where no like is among the items.
        """
        if n < 1 or n_reasons < 0:
            raise SettingsError(f"n is {n} and n_reasons {n_reasons}, expected 1 and 0 at least")
        history = self._history(user_likes)
        if not history.n_likes:
            return []
        return recommend(self.catalogue, history, n, n_reasons, self._kind)[0]

    def explain(self, user_likes: Values, item_id: ItemId) -> Recommendation:
        """The score of one item for a user, with a reason for every like that it stands on.

        Raises InputDataError where the item is not among the model's, or no like is.
        """
        history, found = self._history(user_likes), self._positions([item_id], "item_id")
        if found[0] < 0 or not history.n_likes:
            what = f"item_id {item_id!r}" if found[0] < 0 else "user_likes: none of them"
            raise InputDataError(
                f"{what} is among the model's {len(self.items.item_ids):,} items; load the model "
                "with items that hold it"
            )
        return explain_one(self.catalogue, history, int(found[0]), self._kind)

    def save(self, path: str | Path) -> Path:
        """Write the bundle and its items as a folder, whole or not at all, for `load`.

        A model that was saved there before is replaced. Raises InputDataError where the folder
        holds anything else.
        """
        target = Path(path).resolve()
        if target.exists() and not (target / MANIFEST_FILE).is_file():
            raise InputDataError(f"{target}: is there and no saved model. Name a new folder")
        names = model_files(self.bundle.manifest.settings.model)
        with draft_folder(target.parent) as (draft, place):
            for name in names:
                (draft / name).write_bytes(self.bundle.sealed(name).read())
            self.items.write(draft / ITEMS_FILE)
            files = {name: seal(draft / name).sha256 for name in (*names, ITEMS_FILE)}
            write_manifest(draft, self.bundle.manifest.model_copy(update={"files": files}))
            return place(target.name)

    @property
    def _kind(self) -> AttentionKind:
        return self.bundle.manifest.settings.model.attention

    def _positions(self, item_ids: Values, what: str) -> NDArray[np.int64]:
        ids = ids_of(item_ids, what)
        _require_same_type(ids, self.items.item_ids, what)
        return self.catalogue.positions(ids)

    def _history(self, user_likes: Values) -> LikeMatrix:
        """One row of positions."""
        found = self._positions(user_likes, "user_likes")
        return LikeMatrix.from_rows([found[found >= 0].astype(np.int32)], len(self.items.item_ids))


def _train(registry: Registry, likes: Rows, items: Items, settings: Settings) -> Bundle:
    with needs_extras("Model.fit", "train"):
        from mars_model.evaluation.export_bundle import write_bundle
        from mars_model.evaluation.fit import FittingTask, fit
        from mars_model.evaluation.training_set import TrainingData
    columns = ("user_id", "item_id")
    table = table_of(likes, columns, columns, "likes")
    users, liked = (id_column(table, name, "likes") for name in columns)
    _require_same_type(liked, items.item_ids, "likes, column 'item_id'")
    min_likes = max(settings.likes.min_per_user, 2)
    matrix, user_ids = likes_of_pairs(users, liked, items.item_ids, min_likes)
    data = TrainingData.of(items.words, matrix, user_ids, items.item_ids, settings, {})
    kept, held = data.hold_out(settings)
    task = FittingTask(data.texts, kept, held, settings)
    return write_bundle(registry, data, settings, task.n_likes, fit(task), is_synthetic=False)


def _require_same_type(
    found: NDArray[np.generic], item_ids: NDArray[np.generic], what: str
) -> None:
    if len(found) and found.dtype.kind != item_ids.dtype.kind:
        names = {"i": "whole numbers", "U": "strings"}
        raise InputDataError(
            f"{what}: found {names[found.dtype.kind]}, expected "
            f"{names[item_ids.dtype.kind]} as in items"
        )
