"""The demo bureau: organisations, staff and crews. Every number is one that cannot be dialled."""

from collections.abc import Iterator, Sequence
from itertools import count
from random import Random
from typing import Any

from geoalchemy2.shape import from_shape
from shapely import MultiPolygon, Point, Polygon
from sqlalchemy.orm import Session

from command_center.accounts import service
from command_center.accounts.demonstration import CENTRE, PASSWORD
from command_center.accounts.models import Organisation, User, UserRole
from command_center.accounts.passwords import make

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
GIVEN = "伟芳娜敏静强磊军洋勇艳杰涛明超霞平刚玲桂英华玉兰建国志文丽红春梅海燕宁飞龙"


def mobile(number: int) -> str:
    """A mobile number of the demo's country code, which no carrier has."""
    return f"+9991380000{number:04d}"


def landline(number: int) -> str:
    """A landline of the demo's country code, which no exchange has."""
    return f"+999100000{number:04d}"


class Staff:
    """Makes people with one shared password hash: a hundred argon2 hashes would take 15 s."""

    def __init__(self, session: Session, seed: int):
        self.session, self.random, self.numbers = session, Random(seed), count(1)
        self.password_hash = make(PASSWORD)

    def add(
        self,
        organisation: Organisation,
        account: str,
        roles: frozenset[str],
        *,
        name: str = "",
        certified: bool = False,
        extension: str = "",
    ) -> User:
        number = next(self.numbers)
        user = User(
            account=account,
            name=name or self._name(),
            password_hash=self.password_hash,
            organisation_id=organisation.id,
            organisation=organisation,
            phone=mobile(number),
            certificate_no=f"演示证{number:06d}" if certified else "",
            extension=extension,
            roles=[UserRole(role=role) for role in sorted(roles)],
        )
        self.session.add(user)
        return user

    def _name(self) -> str:
        given = self.random.choice(GIVEN) + self.random.choice(["", self.random.choice(GIVEN)])
        return self.random.choice(SURNAMES) + given


def seed_organisations(
    session: Session,
    region_code: str,
    districts: Sequence[tuple[str, str]],
    branches: Sequence[dict[str, Any]],
) -> list[Organisation]:
    """The tree: bureau, centre's section, a sub-bureau per district, branches, a service station.

    `districts` are (code, name); a branch is {name, district_code, lon, lat, polygon}. Gives the
    branches.
    """
    lines = count(1)

    def lines_of() -> dict[str, str]:
        number = next(lines)
        return {"phone": landline(number), "fax": landline(5000 + number)}

    bureau = service.create_organisation(
        session, parent=None, code="bureau", kind="bureau", name="演示市市场监督管理局",
        region_code=region_code, **lines_of(),
    )  # fmt: skip
    service.create_organisation(
        session, parent=bureau, code="inspection", kind="section", name="执法稽查处",
        region_code=region_code, **lines_of(),
    )  # fmt: skip
    sub_bureaus = {
        code: service.create_organisation(
            session, parent=bureau, code=f"sub-{code}", kind="sub_bureau",
            name=f"{name}市场监督管理局", region_code=code, **lines_of(),
        )
        for code, name in districts
    }  # fmt: skip
    made = [
        service.create_organisation(
            session,
            parent=sub_bureaus[branch["district_code"]],
            code=f"branch-{number:02d}",
            kind="branch",
            name=branch["name"],
            region_code=branch["district_code"],
            place=from_shape(Point(branch["lon"], branch["lat"]), 4326),
            jurisdiction=from_shape(_multi(branch["polygon"]), 4326),
            **lines_of(),
        )
        for number, branch in enumerate(branches, 1)
    ]
    service.create_organisation(
        session, parent=made[0], code="station-01", kind="station",
        name="演示百货商场消费维权服务站", region_code=made[0].region_code, **lines_of(),
    )  # fmt: skip
    return made


def _multi(polygon: Polygon | MultiPolygon) -> MultiPolygon:
    return polygon if isinstance(polygon, MultiPolygon) else MultiPolygon([polygon])


def seed_staff(
    session: Session, bureau: Organisation, branches: Sequence[Organisation], seed: int
) -> Iterator[tuple[Organisation, list[User]]]:
    """The centre's accounts and each branch's contact; then crews, one per vehicle, on demand.

    Yields (branch, two certified officers) round the branches for as long as it is asked.
    """
    staff = Staff(session, seed)
    for account in CENTRE:
        staff.add(
            bureau, account.account, account.roles, name=account.name, extension=account.extension
        )
    for number, branch in enumerate(branches, 1):
        staff.add(branch, f"unit{number:02d}", frozenset({"UNIT"}))
    officers = count(1)
    while True:
        for branch in branches:
            yield (
                branch,
                [
                    staff.add(
                        branch,
                        f"officer{next(officers):02d}",
                        frozenset({"OFFICER"}),
                        certified=True,
                    )
                    for _ in range(2)
                ],
            )
