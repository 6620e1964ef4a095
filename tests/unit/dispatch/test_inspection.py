"""What makes the record of an inspection valid."""

from datetime import timedelta
from typing import Any

import pytest

from dispatch.field.inspection import InspectionIn, check
from kernel.errors import BadInput
from tests.factories.inspections import BEGAN, ENDED, inspection, refused

NOW = ENDED + timedelta(minutes=5)
ONE = [{"name": "警员甲", "certificate_no": "京012345"}]
PARTY_ALONE = [{"role": "party", "name": "王某", "attachment_id": 1}]


def field(told: InspectionIn) -> str:
    with pytest.raises(BadInput) as refusal:
        check(told, NOW)
    return str(refusal.value.field)


def test_two_officers_and_the_party_sign() -> None:
    check(inspection(), NOW)


def test_a_refusal_stands_with_its_reason_and_a_witness_who_signs() -> None:
    check(refused(), NOW)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"ended_at": BEGAN}, "ended_at"),
        ({"ended_at": NOW + timedelta(minutes=11)}, "ended_at"),
        ({"inspectors": ONE}, "inspectors"),
        ({"inspectors": ONE * 2}, "inspectors"),
        ({"inspectors": [*ONE, {"name": "警员乙", "certificate_no": " "}]}, "inspectors"),
        ({"id_shown": False}, "id_shown"),
        ({"rights_told": False}, "rights_told"),
        ({"rights_answer": " "}, "rights_answer"),
        ({"recusal_answer": ""}, "recusal_answer"),
        ({"presence": ""}, "presence"),
        ({"scene": ""}, "scene"),
        ({"signatures": PARTY_ALONE}, "signatures"),
        ({"signatures": inspection().model_dump()["signatures"][:2]}, "signatures"),
    ],
)
def test_what_is_missing_is_named(changes: dict[str, Any], wrong: str) -> None:
    assert field(inspection(**changes)) == wrong


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"refusal_reason": ""}, "refusal_reason"),
        ({"witness": ""}, "witness"),
        ({"witness": "另一人"}, "signatures"),
    ],
)
def test_a_refusal_without_proof_is_none(changes: dict[str, Any], wrong: str) -> None:
    told = refused().model_dump()
    assert field(InspectionIn.model_validate({**told, **changes})) == wrong
