"""What a training makes of documents and likes: the parts and sizes of the network, and how."""

from typing import Literal, Self

from pydantic import Field, model_validator

from mars_model.settings.branch import Branch

# mean: of a document's word embeddings; cnn: the paper's; none: no text is read.
TextKind = Literal["cnn", "mean", "none"]
# softmax: the paper's average; evidence: the log of the same attention's partition; sum: every
# liked item counts 1.
AttentionKind = Literal["softmax", "evidence", "sum"]
# auto: bfloat16 on processors that multiply it.
Precision = Literal["auto", "float32", "bfloat16"]


class ModelSettings(Branch):
    """What the network is made of, and its sizes: e, c, g and K of the paper."""

    variant: str = Field("mars-plus", pattern=r"^[a-z0-9][a-z0-9-]*$")  # a name; the flags decide
    text: TextKind = "mean"
    # lsa: of the documents' TF-IDF, the same for both encoders; random: the paper's
    text_start: Literal["random", "lsa"] = "lsa"  # of text "mean"; a CNN starts at random
    word_vectors: str | None = Field(None, min_length=1)  # a file of word2vec, GloVe or fastText
    has_free_vectors: bool = True  # vectors of an item's own beside its text's
    shares_free_vectors: bool = True  # one an item for both encoders; false: one for each
    has_item_bias: bool = True
    attention: AttentionKind = "evidence"
    embedding_size: int = Field(128, ge=1, le=4096)
    window: int = Field(3, ge=1, le=100)
    n_filters: int = Field(64, ge=1, le=4096)
    representation_size: int = Field(128, ge=1, le=300)
    max_words: int = Field(150, ge=1, le=10_000)  # words of a document that the encoders read

    @model_validator(mode="after")
    def _vectors_come_from_something(self) -> Self:
        if self.text == "none" and not self.has_free_vectors:
            raise ValueError("text 'none' leaves nothing to learn from: set has_free_vectors too")
        return self

    @model_validator(mode="after")
    def _word_vectors_have_a_use(self) -> Self:
        if self.word_vectors and not self.starts_from_documents:
            raise ValueError(
                f"word_vectors is {self.word_vectors!r}, but text {self.text!r} with text_start "
                f"{self.text_start!r} does not read it: set text to mean and text_start to lsa"
            )
        return self

    @property
    def starts_from_documents(self) -> bool:
        """Whether the weights that read text start from the documents, not at random."""
        return self.text == "mean" and self.text_start == "lsa"

    @property
    def has_item_factors(self) -> bool:
        """Whether the model holds numbers of single items beside the weights that all share."""
        return self.has_free_vectors or self.has_item_bias


class TrainingSettings(Branch):
    """What is minimised, how, with what regularisation, and when training ends."""

    seed: int = 1
    objective: Literal["sampled", "catalogue"] = "catalogue"
    # sampled: Algorithm 1 of the paper, one item not liked for each liked one
    batch_size: int = Field(512, ge=1)
    max_memory: int = Field(20, ge=1)
    user_penalty: float = Field(0.002, ge=0)
    item_penalty: float = Field(0.002, ge=0)
    # catalogue: every like of a batch of users against all items
    users_per_batch: int | None = Field(None, ge=1)  # None: a tenth of them, 32 to 256
    history_dropout: float = Field(0.3, ge=0, lt=1)  # share of each history hidden at each step
    max_candidates: int = Field(50_000, ge=1)  # in larger catalogues, so many are sampled
    # scores times this are the logits of the softmax; None, here and below: what follows from the
    # likes, training/derived_settings.py
    logit_scale: float | None = Field(None, gt=0)
    # both
    optimizer: Literal["rmsprop", "adam"] = "adam"
    # linear: the rate falls to 0 at the end of the last epoch allowed
    rate_schedule: Literal["constant", "linear"] = "linear"
    learning_rate: float | None = Field(None, gt=0)
    vector_dropout: float | None = Field(None, ge=0, lt=1)  # share of the vectors' entries
    free_dropout: float = Field(0.1, ge=0, lt=1)  # of items: new in a step, free vector and bias 0
    weight_decay: float = Field(0.0, ge=0)  # of the text encoders' matrices, decoupled
    start_decay: float | None = Field(None, ge=0)  # of the same, back to where lsa started them
    free_weight_decay: float = Field(0.0, ge=0)  # of the free vectors, decoupled
    # share that the average keeps at each step; the averaged weights are what is validated and kept
    weight_averaging: float | None = Field(None, ge=0, lt=1)
    max_epochs: int | None = Field(None, ge=1)
    patience: int = Field(6, ge=1)  # epochs without a better validation metric
    patience_steps: int = Field(0, ge=0)  # and so many steps at least, where epochs are short
    validation_share: float = Field(0.2, gt=0, lt=1)  # of each user's likes
    max_validation_users: int = Field(2000, ge=1)
    n_threads: int = Field(2, ge=1)
    device: Literal["auto", "cpu", "cuda"] = "auto"
    # of the products of liked items with candidates, where attention is evidence
    precision: Precision = "auto"
