"""What every branch of the tree of settings has in common."""

from pydantic import BaseModel, ConfigDict


class Branch(BaseModel):
    """A frozen branch of the tree; a name it does not know is an error, not a surprise."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
