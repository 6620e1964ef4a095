"""What dispatch is told of people and organisations."""

from sqlalchemy.orm import Session

from command_center.accounts.directory import StaffDirectory
from kernel.access import Role, system
from tests.factories import door
from tests.factories.bureau import acting, make_bureau


def test_the_numbers_of_ours_are_those_of_branches_and_of_officers_in_service(
    session: Session,
) -> None:
    bureau = make_bureau(session)
    bureau.branch.phone = "+999 10-0010-0010"
    for number, (name, role) in enumerate(
        (("on-crew", "OFFICER"), ("left", "OFFICER"), ("clerk", "AGENT"))
    ):
        made = door.account(session, bureau.branch, name, role)
        made.phone, made.active = f"+9991380000000{number}", name != "left"
    session.flush()
    with acting(session, system("worker", role=Role.HOUSE)):
        numbers = StaffDirectory().numbers(session)
    assert {"9991000100010", "99913800000000"} <= numbers
    assert not numbers & {"", "99913800000001", "99913800000002"}
