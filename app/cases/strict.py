"""What every request part is made of."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A request part that refuses words it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)
