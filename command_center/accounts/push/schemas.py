"""Shapes of the API by which a browser asks to be woken."""

from typing import Annotated

from pydantic import BaseModel, Field

from kernel.schemas import Storable


class PushOut(BaseModel):
    """Whether this person is offered it, whether this browser has it, and the key it binds to."""

    offered: bool
    on: bool
    key: str


class PushIn(BaseModel):
    """Where the browser's push service takes messages for it (RFC 8030)."""

    endpoint: Annotated[Storable, Field(min_length=1, max_length=1000)]
