"""How much of the paper's experiment is run: the real protocol, or minutes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mars_model.comparing.families import Family
from mars_model.evaluation.search_space import Range
from mars_model.settings import Settings

# The paper's seven, four that are simpler, and the two that they are compared with.
PAPERS_BASELINES = ("bpr", "neumf", "cmf", "ctr", "deepfm", "cdl", "wide-and-deep")
SIMPLE_BASELINES = ("popularity", "item-knn", "ease", "als")
MODELS = ("mars", "mars-plus")
# Figure 7, in the paper's order.
VARIANTS = ("mars-no-text", "mars-embed", "mars-no-attention", "mars")

# Baselines that take minutes where many epochs are drawn.
_NETWORKS = ("neumf", "deepfm", "wide-and-deep")

# The setting of each model that a figure varies; models without one are not in the figure.
SIZE_OF: Mapping[str, str] = {
    "bpr": "n_factors",
    "neumf": "n_factors",
    "cmf": "n_factors",
    "ctr": "n_topics",
    "deepfm": "n_factors",
    "cdl": "n_factors",
    "wide-and-deep": "embedding_size",
    "mars": "model.representation_size",
}
USER_PENALTY_OF: Mapping[str, str] = {
    "ctr": "user_penalty",
    "cdl": "user_penalty",
    "mars": "training.user_penalty",
}
ITEM_PENALTY_OF: Mapping[str, str] = {
    "ctr": "item_penalty",
    "cdl": "item_penalty",
    "mars": "training.item_penalty",
}


@dataclass(frozen=True)
class Profile:
    """`sizes` are Figure 4's, `penalties` those of Figures 5 and 6.

    `max_epochs`, by objective, and `embedding_size`, of CNNs, bound what MARS and its variants
    take, `max_network_epochs` what may be tried of NeuMF, DeepFM and Wide & Deep; without them it
    is as their files and spaces say.
    """

    name: str
    seeds: tuple[int, ...]
    n_trials: int
    sizes: tuple[int, ...]
    penalties: tuple[float, ...]
    max_epochs: Mapping[str, int] = field(default_factory=dict)
    embedding_size: int | None = None
    max_network_epochs: int | None = None

    def shortened(self, settings: Settings) -> Settings:
        """A model's settings within the profile's bounds."""
        training, model = settings.training, settings.model
        if training.objective in self.max_epochs:
            most = self.max_epochs[training.objective]
            n_epochs = min(training.max_epochs or most, most)
            training = training.model_copy(update={"max_epochs": n_epochs})
        if self.embedding_size is not None and model.text == "cnn":
            size = min(model.embedding_size, self.embedding_size)
            model = model.model_copy(update={"embedding_size": size})
        return settings.model_copy(update={"training": training, "model": model})

    def searched(self, family: Family) -> Family:
        """What is tried of a model within the profile's bounds."""
        most, epochs = self.max_network_epochs, family.space.get("n_epochs")
        if most is None or family.name not in _NETWORKS or not isinstance(epochs, Range):
            return family
        start = family.start["n_epochs"]
        assert isinstance(start, int)
        return replace(
            family,
            space={**family.space, "n_epochs": Range(min(int(epochs.low), most), most)},
            start={**family.start, "n_epochs": min(start, most)},
        )


PROFILES: Mapping[str, Profile] = {
    "quick": Profile(
        name="quick",
        seeds=(1, 2),
        n_trials=2,
        sizes=(10, 50),
        penalties=(0.002, 0.02),
        max_epochs={"sampled": 6, "catalogue": 24},
        embedding_size=48,
        max_network_epochs=12,
    ),
    "paper": Profile(
        name="paper",
        seeds=(1, 2, 3, 4, 5),
        n_trials=20,
        sizes=(5, 10, 20, 50, 70, 100),
        penalties=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05),
    ),
}
