"""A small bureau with one business, its people by role, and submissions to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import uuid4

from geoalchemy2.shape import from_shape
from shapely import MultiPolygon, Point, box
from sqlalchemy.orm import Session

from command_center.accounts import roles, service
from command_center.accounts.models import Organisation
from command_center.cases.office import Office, vault_of
from command_center.intake.schemas import Submission
from command_center.intake.service import Intake
from dispatch.alarms.service import AlarmService
from kernel import credit_code, db
from kernel.access import Principal
from kernel.clock import now
from kernel.settings import Settings
from maps.models import Business, Region
from maps.revisions import mark_changed
from tests.factories.moments import ALWAYS

EAST, WEST = (116.40, 39.90, 116.50, 39.95), (116.30, 39.90, 116.40, 39.95)
"""The districts and at the same time the jurisdictions of the two branches, in degrees."""
SHOP = (116.43, 39.92)
"""Where the business stands: longitude, latitude."""
CREDIT_CODE = credit_code.make("9", "1", "110101", "10002143")

CANARY = {
    "name": "诸葛青禾",
    "phone": "13900007788",
    "address": "北京市东城区和平里七区十八号楼3单元501",
    "id_kind": "居民身份证",
    "id_number": "110101198808081234",
    "anonymous": False,
}


@dataclass
class Bureau:
    """Organisations and people of the test."""

    root: Organisation
    sub: Organisation
    branch: Organisation
    other: Organisation
    station: Organisation
    business: Business
    numbers: Iterator[int]

    def person(self, *held: str, at: Organisation | None = None) -> Principal:
        """Somebody with these roles: units at the branch, everyone else at the bureau."""
        place = at or (self.branch if "UNIT" in held else self.root)
        number = next(self.numbers)
        return Principal(
            number,
            f"{'+'.join(held)} {number}",
            frozenset(held),
            roles.permissions(frozenset(held)),
            place.id,
            place.path,
            confirmed_at=ALWAYS,
        )


def make_bureau(session: Session) -> Bureau:
    """The tree bureau > sub-bureau > two branches and a station, two districts, one business."""
    root = _organisation(session, None, "bureau", "演示市市场监督管理局")
    sub = _organisation(session, root, "sub_bureau", "东区市场监督管理局")
    branch = _organisation(session, sub, "branch", "东华市监所", EAST)
    other = _organisation(session, sub, "branch", "西华市监所", WEST)
    station = _organisation(session, branch, "station", "百货商场维权服务站")
    for code, name, bounds in (("110101", "东区", EAST), ("110102", "西区", WEST)):
        session.add(Region(code=code, name=name, level="district", geom=_area(bounds)))
    business = Business(
        name="老王饭店",
        credit_code=CREDIT_CODE,
        address="东区建国路88号",
        geom=from_shape(Point(*SHOP), 4326),
        point_level="door",
        phone="01065881234",
        legal_representative="王建国",
        fetched_at=now(session),
        source="registry",
        tokens=[],
    )
    session.add(business)
    session.flush()
    mark_changed(session, "regions")
    return Bureau(root, sub, branch, other, station, business, count(9001))


def make_office(settings: Settings) -> Office:
    return Office.of(settings, vault_of(settings), AlarmService(settings.alarm_climb_seconds))


def make_intake(office: Office) -> Intake:
    """An intake whose geocoder knows nothing."""
    return Intake(office, lambda session, text: [])


@contextmanager
def acting(session: Session, principal: Principal) -> Iterator[Session]:
    """The same transaction as somebody else."""
    with db.acting(session, principal):
        yield session


def complaint(**changes: Any) -> Submission:
    """A complete complaint against the business."""
    return _submission(kinds=["TS"], **changes)


def report(**changes: Any) -> Submission:
    """A report by an informant who gives every trace."""
    return _submission(
        kinds=["JB"],
        **{"demands": [], "details": {"violation_code": "food_safety"}, **changes},
    )


def consultation(**changes: Any) -> Submission:
    return _submission(
        **{"kinds": ["ZX"], "demands": [], "question": "七日无理由退货怎么算？", **changes}
    )


def mixed(**changes: Any) -> Submission:
    """One call that complains and reports."""
    facts = {"report_facts": "后厨冰柜存放超过保质期的肉类，仍在加工使用。"}
    return _submission(kinds=["TS", "JB"], **{**facts, **changes})


def _submission(**changes: Any) -> Submission:
    body: dict[str, Any] = {
        "idempotency_key": str(uuid4()),
        "channel": "phone",
        "hotline": "12315",
        "person": dict(CANARY),
        "caller_number": "01064001234",
        "subject": {"name": "老王饭店", "address": "东区建国路88号", "credit_code": CREDIT_CODE},
        "sealed_narrative": "我叫诸葛青禾，昨天在老王饭店吃饭，店家用了过期的肉，要求退款。",
        "dispatch_facts": "该店使用超过保质期的肉类加工菜品，冰柜在后厨左侧。",
        "demands": ["refund"],
        "details": {"goods": "羊肉", "amount": 268.5, "order_no_external": "MT20260921000123"},
        "persons_affected": 1,
    }
    return Submission(**{**body, **changes})


def _organisation(
    session: Session,
    parent: Organisation | None,
    kind: str,
    name: str,
    bounds: tuple[float, float, float, float] | None = None,
) -> Organisation:
    return service.create_organisation(
        session,
        parent=parent,
        code=name,
        kind=kind,
        name=name,
        region_code="110101",
        jurisdiction=_area(bounds) if bounds else None,
    )


def _area(bounds: tuple[float, float, float, float]) -> Any:
    return from_shape(MultiPolygon([box(*bounds)]), 4326)
