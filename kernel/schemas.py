"""What every room's routes and schemas say about ids and texts in a request."""

from typing import Annotated

from pydantic import AfterValidator, Field

MAX_IDENT = 9_007_199_254_740_991
"""The largest integer that a browser holds exactly; a database key holds more."""
IDENT = f"int(max={MAX_IDENT})"
"""The converter of an id in a path: one too large is not found."""
Ident = Annotated[int, Field(ge=1, le=MAX_IDENT)]
"""An id in a query or a body: one that no row can have is refused, by its field's name."""


def _storable(text: str) -> str:
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("a text cannot hold NUL or half a character")
    return text


REFUSALS = {400: "Malformed", 403: "Forbidden", 404: "Not found", 409: "Conflict", 422: "Refused"}
READS = {code: REFUSALS[code] for code in (400, 404, 422)}
"""What the API's document says of the refusals of an act, and of a read."""

Storable = Annotated[str, AfterValidator(_storable)]
"""A text that PostgreSQL can keep."""
