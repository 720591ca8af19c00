"""EDLAE: EASE whose penalty comes from hiding each like at random, in closed form.

Source: H. Steck, "Autoencoders that don't overfit towards the Identity" (2020), at full rank.
"""

from dataclasses import dataclass

from mars_model.evaluation.baselines.ease import FittedEase, fit_weights
from mars_model.evaluation.baselines.interface import Known


@dataclass(frozen=True)
class Edlae:
    """A linear autoencoder that never sees the like it is to restore, and of the others a part.

    Hiding each with probability p, `dropout`, is in the mean a penalty of p / (1 − p) times the
    likes of the item, beside λ, `penalty`. Without dropout it is EASE.
    """

    dropout: float = 0.5
    penalty: float = 50.0

    def fit(self, known: Known) -> FittedEase:
        """The closed form, of the training likes alone."""
        return fit_weights(known.likes, self.penalty, self.dropout)
