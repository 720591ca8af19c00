"""The two encoders that turn an item into a candidate vector and a memory slot, and its bias.

Source: Eq. 1-4; docs/model.md, decisions 2 (the bias of Eq. 4 is a vector) and 6 (variants).
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mars_model.settings import AttentionKind, ModelSettings
from mars_model.training.factor_tables import FreeVectors, ItemBias
from mars_model.training.text_encoders import ConvolutionalText, MeanText

# Beside a text the free part starts near nothing; alone it has to tell items apart.
FREE_STD_BESIDE_TEXT = 0.01
FREE_STD_ALONE = 0.1


class Encoder(nn.Module):
    """`tanh(W text(Y) + b + free)`, K numbers in (-1, 1); either part may be missing.

    Parts: `text` gives features of a document; `projection` takes them to K, with a bias of length
    K; `free` holds the vectors of the items themselves, which the other encoder may share.
    """

    def __init__(
        self,
        n_words: int,
        settings: ModelSettings,
        free: FreeVectors | None,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.size = settings.representation_size
        self.text: ConvolutionalText | MeanText | None = None
        self.projection: nn.Linear | None = None
        self.free = free
        if settings.text != "none":
            kind = ConvolutionalText if settings.text == "cnn" else MeanText
            self.text = kind(n_words, settings, generator)
            self.projection = _projection(self.text.n_features, self.size, generator)

    def forward(self, words: Tensor, free: Tensor | None = None) -> Tensor:
        """Encode documents `[D, L]` int64 (0 pads behind the last word) to `[D, K]`.

        `free` `[D, K]` are the items' free vectors where the encoder has them.
        """
        if self.text is None or self.projection is None:
            assert free is not None
            return torch.tanh(free)
        projected: Tensor = self.projection(self.text(words))
        return torch.tanh(projected if free is None else projected + free)


class MarsNetwork(nn.Module):
    """The item encoder and the user encoder, and the items' bias.

    The encoders are separate but for free vectors, of which they may share one table.

    `attention` is how the model weighs a memory; it has no weights.
    """

    def __init__(
        self,
        item_encoder: Encoder,
        user_encoder: Encoder,
        item_bias: ItemBias | None,
        attention: AttentionKind,
    ) -> None:
        super().__init__()
        self.attention = attention
        self.item_encoder = item_encoder
        self.user_encoder = user_encoder
        self.item_bias = item_bias


def build_network(
    n_words: int,
    model_settings: ModelSettings,
    seed: int,
    n_likes: NDArray[np.int64] | None = None,
    logit_scale: float = 1.0,
) -> MarsNetwork:
    """Return a freshly initialised network for a vocabulary of `n_words` words.

    `n_likes` `[n_items]` counts each item's training likes; a model without item factors needs
    none. With `training.logit_scale` the bias starts where it makes the logits log popularity. The
    weights depend on the arguments alone: torch's global generator is not touched.
    """
    if n_likes is None:
        if model_settings.has_item_factors:
            raise ValueError(f"{model_settings.variant} has item factors, but n_likes is None")
        n_likes = np.zeros(0, dtype=np.int64)
    generator = torch.Generator().manual_seed(seed)
    of_items = _free_vectors(model_settings, n_likes, generator)
    of_memory = of_items
    if not model_settings.shares_free_vectors:
        of_memory = _free_vectors(model_settings, n_likes, generator)
    return MarsNetwork(
        item_encoder=Encoder(n_words, model_settings, of_items, generator),
        user_encoder=Encoder(n_words, model_settings, of_memory, generator),
        item_bias=ItemBias(n_likes, logit_scale) if model_settings.has_item_bias else None,
        attention=model_settings.attention,
    )


@torch.no_grad()
def encode_all(encoder: Encoder, documents: Tensor, chunk: int = 4096) -> NDArray[np.float32]:
    """Encode all items' documents `[n_items, L]` to `[n_items, K]`, `chunk` at a time."""
    vectors = np.empty((len(documents), encoder.size), dtype=np.float32)
    for start in range(0, len(documents), chunk):
        words = documents[start : start + chunk]
        free = None
        if encoder.free is not None:
            free = encoder.free(torch.arange(start, start + len(words), device=words.device))
        vectors[start : start + chunk] = encoder(words, free).cpu().numpy()
    return vectors


def all_vectors(
    network: MarsNetwork, documents: Tensor | NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return candidate vectors, memory vectors, both `[n_items, K]`, and biases `[n_items]`."""
    words = torch.as_tensor(documents)
    candidates, memory = (
        encode_all(encoder, words) for encoder in (network.item_encoder, network.user_encoder)
    )
    return candidates, memory, all_biases(network, len(words))


@torch.no_grad()
def encode_new(encoder: Encoder, documents: NDArray[np.int64]) -> NDArray[np.float32]:
    """Encode documents `[D, L]` of items that training did not have, to `[D, K]`: free is zero."""
    free = None if encoder.free is None else torch.zeros(len(documents), encoder.size)
    vectors: NDArray[np.float32] = encoder(torch.from_numpy(documents), free).numpy()
    return vectors


@torch.no_grad()
def all_free_vectors(encoder: Encoder, n_items: int) -> NDArray[np.float32]:
    """Return the free vector of every item, `[n_items, K]`, zero where there is none."""
    if encoder.free is None:
        return np.zeros((n_items, encoder.size), dtype=np.float32)
    item_idx = torch.arange(n_items, device=encoder.free.table.device)
    vectors: NDArray[np.float32] = encoder.free(item_idx).cpu().numpy()
    return vectors


@torch.no_grad()
def all_biases(network: MarsNetwork, n_items: int) -> NDArray[np.float32]:
    """Return the bias of every item, `[n_items]`, zero where the model has none."""
    if network.item_bias is None:
        return np.zeros(n_items, dtype=np.float32)
    item_idx = torch.arange(n_items, device=network.item_bias.values.device)
    biases: NDArray[np.float32] = network.item_bias(item_idx).cpu().numpy()
    return biases


def _free_vectors(
    settings: ModelSettings, n_likes: NDArray[np.int64], generator: torch.Generator
) -> FreeVectors | None:
    if not settings.has_free_vectors:
        return None
    std = FREE_STD_ALONE if settings.text == "none" else FREE_STD_BESIDE_TEXT
    return FreeVectors(n_likes, settings.representation_size, std, generator)


def _projection(n_features: int, size: int, generator: torch.Generator) -> nn.Linear:
    # skip_init: the usual initialisation would draw from torch's global generator.
    projection: nn.Linear = nn.utils.skip_init(nn.Linear, n_features, size)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        nn.init.xavier_uniform_(projection.weight, generator=generator)
        projection.bias.zero_()
    return projection
