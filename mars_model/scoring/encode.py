"""Documents → vectors: both encoders, once per text and model version, in a pandas UDF."""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark import SparkContext
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.bundle.registry import Bundle
from mars_model.bundle.vocabulary import Vocabulary
from mars_model.scoring.sessions import open_encoder
from mars_model.scoring.shipping import ship_bundle_file, shipped_file
from mars_model.settings import ModelSettings

_ENCODERS = ("item_encoder.onnx", "user_encoder.onnx")
# Documents of about equal length share a batch of the encoder, so little of it is padding.
_DOCUMENTS_PER_CALL = 256


def new_item_vectors(documents: DataFrame, vectors: DataFrame, bundle: Bundle) -> DataFrame:
    """Rows of item_vectors that this model version does not have yet.

    Grain: one row per item whose (item_id, text_hash) has no vector in `vectors`. The encoders
    run once per text_hash that no item of this model version has; known texts are looked up.
    """
    context = documents.sparkSession.sparkContext
    held = vectors.where(F.col("model_version") == bundle.model_version)
    missing = documents.join(held, ["item_id", "text_hash"], "left_anti")
    known = held.groupBy("text_hash").agg(
        *[F.first(name).alias(name) for name in ("item_vector", "memory_vector", "item_bias")]
    )
    new_texts = missing.dropDuplicates(["text_hash"]).join(known, "text_hash", "left_anti")
    encoded = new_texts.select("text_hash", _encode(bundle, context)("words").alias("both")).select(
        "text_hash", "both.item_vector", "both.memory_vector", F.lit(0.0).alias("item_bias")
    )
    by_text = known.unionByName(encoded)
    return missing.join(by_text, "text_hash").select(
        F.lit(bundle.model_version).alias("model_version"),
        "item_id",
        "text_hash",
        "item_vector",
        "memory_vector",
        F.col("item_bias").cast("float").alias("item_bias"),
    )


def _encode(bundle: Bundle, context: SparkContext):  # type: ignore[no-untyped-def]
    """A pandas UDF: words → both vectors."""
    vocabulary_name = ship_bundle_file(context, bundle, "vocabulary.txt")
    encoder_names = [ship_bundle_file(context, bundle, name) for name in _ENCODERS]
    model = bundle.manifest.settings.model

    @F.pandas_udf("item_vector array<float>, memory_vector array<float>")  # type: ignore[attr-defined,untyped-decorator]
    def encode(batches: Iterator[pd.Series]) -> Iterator[pd.DataFrame]:
        vocabulary = _open_vocabulary(shipped_file(vocabulary_name))
        encoders = [shipped_file(name) for name in encoder_names]
        for documents in batches:
            item, memory = _encode_words(list(documents), vocabulary, encoders, model)
            yield pd.DataFrame({"item_vector": list(item), "memory_vector": list(memory)})

    return encode


def encode_documents(
    bundle: Bundle, documents: Sequence[Sequence[str]]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Candidate and memory vectors, both [D, K], of documents as words, in this process."""
    encoders = [bundle.file(name) for name in _ENCODERS]
    return _encode_words(documents, bundle.vocabulary(), encoders, bundle.manifest.settings.model)


def _encode_words(
    documents: Sequence[Sequence[str]],
    vocabulary: Vocabulary,
    encoders: Sequence[Path],
    model: ModelSettings,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Both vectors of every document, [D, K] each."""
    vectors: list[list[NDArray[np.float32]]] = [[], []]
    for start in range(0, len(documents), _DOCUMENTS_PER_CALL):
        some = documents[start : start + _DOCUMENTS_PER_CALL]
        words = vocabulary.encode(some, model.max_words, model.window)
        for pieces, path in zip(vectors, encoders, strict=True):
            pieces.append(open_encoder(path)(words))
    item, memory = (np.concatenate(pieces) for pieces in vectors)
    return item, memory


@cache
def _open_vocabulary(path: Path) -> Vocabulary:
    return Vocabulary.read(path)
