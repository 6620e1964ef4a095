"""How times leave the house: UTC, ISO 8601 with `Z`."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, PlainSerializer


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Utc = Annotated[AwareDatetime, PlainSerializer(iso, return_type=str, when_used="json")]
