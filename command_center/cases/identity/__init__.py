"""Who stands behind a case: sealed at rest, masked on screens, revealed with a reason and logged.

`people` is the plain data, `store` the only reader and writer of the tables, `chain` who may,
`reveals` the opening, `alerts` who is told of it, `guessing` and `search` the ways around.
"""

from command_center.cases.identity.guessing import note_match, refuse_guesser
from command_center.cases.identity.people import Person, open_text, seal_text, sealed, shown
from command_center.cases.identity.reveals import Seat, read_again, reveal
from command_center.cases.identity.store import (
    complainant,
    keep_complainant,
    keep_informant,
    person_of,
    with_same_phone,
)

__all__ = [
    "Person",
    "Seat",
    "complainant",
    "keep_complainant",
    "keep_informant",
    "note_match",
    "open_text",
    "person_of",
    "read_again",
    "refuse_guesser",
    "reveal",
    "seal_text",
    "sealed",
    "shown",
    "with_same_phone",
]
