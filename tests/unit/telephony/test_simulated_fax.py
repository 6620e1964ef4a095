"""How the far machines of the demo behave, by the last four digits of their number."""

from pathlib import Path
from typing import Any

import pytest

from telephony.simulated_fax import Fax, course, delivered_path

GIVEN: dict[str, Any] = {
    "message": 7,
    "attempt": 1,
    "to": "+9991000005001",
    "recipient": "东城分局 东华门市监所",
    "subject": "DD202609220001",
    "pages": 2,
    "document": f"{'a' * 64}.tif",
}


def fax(**changed: Any) -> Fax:
    return Fax.of({**GIVEN, **changed})


@pytest.mark.parametrize(
    ("ending", "attempt", "happens"),
    [
        ("5001", 1, ["page 1", "page 2", "delivered 2"]),
        ("9001", 1, ["busy 0"]),
        ("9001", 3, ["busy 0"]),
        ("9002", 1, ["no_answer 0"]),
        ("9003", 1, ["busy 0"]),
        ("9003", 2, ["page 1", "page 2", "delivered 2"]),
        ("9004", 1, ["page 1", "dropped 1"]),
        ("9005", 1, []),
    ],
)
def test_what_happens_on_the_line(ending: str, attempt: int, happens: list[str]) -> None:
    call = course(fax(to=f"+999100000{ending}", attempt=attempt))
    assert [f"{kind} {page}" for kind, page in call] == happens


@pytest.mark.parametrize(
    "changed",
    [
        {"to": "01065123456"},
        {"document": "../secrets/hook_token"},
        {"document": f"{'a' * 64}.tif/../../x"},
        {"pages": 0},
        {"pages": "many"},
    ],
)
def test_only_documents_of_the_outbox_go_to_numbers_of_the_demo(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        fax(**changed)


def test_a_document_that_arrived_lies_by_its_order_and_recipient() -> None:
    assert delivered_path(fax()) == Path(
        "fax/DD202609220001/东城分局_东华门市监所-9991000005001.tif"
    )


def test_no_name_leads_out_of_the_folder() -> None:
    path = delivered_path(fax(subject="../../etc", recipient="/../x"))
    assert path == Path("fax/etc/x-9991000005001.tif")
