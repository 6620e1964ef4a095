"""The floor above dispatch, in memory: people, cases, evidence, phones as terminals."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy.orm import Session

from dispatch.delivery.fax_report import FaxLine
from dispatch.field.inspection import InspectionIn, Record
from dispatch.field.ports import Filed, PhoneFix
from dispatch.numbers import sender
from dispatch.orders.authority import Approver
from dispatch.orders.brief import OrderBrief
from dispatch.orders.ports import Branch, Contact, Officer
from dispatch.subjects.ports import NOT_FOUND, Answer, Asked
from gps_ingest import terminals
from gps_ingest.queries import terminal_by_identity
from kernel.access import Role
from kernel.db import carried_out_by, principal_of
from kernel.errors import BadInput, Conflict, NotFound
from kernel.gate.gate import Cleared
from telephony.conference import Address, line_of

T = TypeVar("T")


@dataclass
class FakeDirectory:
    """Implements `dispatch.orders.ports.Directory`."""

    by_id: dict[int, Branch] = field(default_factory=dict)
    approvers: dict[int, Approver] = field(default_factory=dict)
    officers: dict[int, Officer] = field(default_factory=dict)
    here: Branch | None = None
    """Whose jurisdiction every point lies in."""
    bureau: str = "/1/"
    duty: Sequence[Officer] = ()
    """The duty list."""
    roster: dict[str, Sequence[Officer]] = field(default_factory=dict)
    """Post -> who is on duty at it now."""
    standing: dict[int, Sequence[Officer]] = field(default_factory=dict)
    """Branch -> who stands at a post of its own now."""

    def branch(self, session: Session, organisation_id: int) -> Branch:
        return _get(self.by_id, organisation_id, "organisation")

    def branches(self, session: Session, path: str) -> Sequence[Branch]:
        found = self.by_id.values()
        return [one for one in found if one.path.startswith(path) and one.kind == "branch"]

    def contacts(self, session: Session, path: str) -> Sequence[Contact]:
        return [Contact(one, self.standing.get(one.id, ())) for one in self.branches(session, path)]

    def branch_at(self, session: Session, lon: float, lat: float) -> Branch | None:
        return self.here

    def approver(self, session: Session, user_id: int) -> Approver:
        return _get(self.approvers, user_id, "user")

    def officer(self, session: Session, user_id: int) -> Officer:
        return _get(self.officers, user_id, "user")

    def commanders(self, session: Session, path: str) -> Sequence[Officer]:
        return list(self.duty)

    def on_duty(self, session: Session, path: str, post: str) -> Sequence[Officer]:
        return self.roster.get(post, ())

    def extensions(self, session: Session, path: str) -> Sequence[Officer]:
        return [one for one in self.officers.values() if one.extension]

    def numbers(self, session: Session) -> frozenset[str]:
        known = (*self.by_id.values(), *self.officers.values())
        faxes = [one.fax for one in self.by_id.values()]
        return frozenset(map(sender, [one.phone for one in known] + faxes)) - {""}

    def bureau_path(self, session: Session) -> str:
        return self.bureau


@dataclass
class FakeGate:
    """Implements `dispatch.orders.ports.CaseGate`."""

    briefs: dict[int, OrderBrief] = field(default_factory=dict)
    holds: set[tuple[int, int]] = field(default_factory=set)
    closed: set[int] = field(default_factory=set)
    informant: str = ""
    callers: dict[int, str] = field(default_factory=dict)
    """Case -> the number of whoever stands behind it."""

    def brief(self, session: Session, case_id: int) -> OrderBrief:
        brief = _get(self.briefs, case_id, "case")
        if not principal_of(session).covers(brief.organisation_path):
            raise NotFound("case", case_id)
        return brief

    def refuse_person(self, session: Session, case_id: int, texts: dict[str, str]) -> None:
        for name, words in texts.items():
            if self.informant and self.informant in words:
                raise BadInput(name, "facts_contain_identity")

    def caller_number(self, session: Session, case_id: int) -> str:
        _get(self.briefs, case_id, "case")
        return self.callers.get(case_id, "")

    def place_hold(self, session: Session, case_id: int, order_id: int) -> None:
        if case_id in self.closed:
            raise Conflict("case_closed")
        self.holds.add((case_id, order_id))

    def release_hold(self, session: Session, case_id: int, order_id: int) -> None:
        self.holds.discard((case_id, order_id))


@dataclass
class FakeRegistry:
    """Implements `dispatch.subjects.ports.Registry`."""

    answer: Answer = field(default_factory=lambda: Answer(NOT_FOUND, "registry"))
    asked: list[Asked] = field(default_factory=list)

    def find(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        return self.answer


@dataclass
class FakeEvidence:
    """Implements `dispatch.field.ports.Evidence`."""

    kept: list[dict[str, object]] = field(default_factory=list)

    def add(self, session: Session, **given: object) -> int:
        self.kept.append(given)
        return len(self.kept)


@dataclass
class FakeFaxReports:
    """Implements `dispatch.delivery.fax_report.FaxReports`."""

    filed: list[list[FaxLine]] = field(default_factory=list)

    def file(self, session: Session, *, lines: list[FaxLine], **_: object) -> None:
        self.filed.append(lines)


@dataclass
class FakeInspections:
    """Implements `dispatch.field.ports.Inspections`."""

    filed: dict[int, list[Filed]] = field(default_factory=dict)

    def file(self, session: Session, told: InspectionIn, *, assignment_id: int, **_: int) -> Filed:
        kept = self.filed.setdefault(assignment_id, [])
        record = Record(**told.model_dump(include=set(Record.model_fields)))
        made = Filed(len(kept) + 1, "检1", 1, None, "0" * 64, told.device_time, "警员", record)
        kept.insert(0, made)
        return made

    def of(self, session: Session, assignment_id: int) -> list[Filed]:
        return self.filed.get(assignment_id, [])


@dataclass
class FakePhones:
    """Implements `dispatch.field.ports.PositionSink`."""

    taken: list[tuple[int, PhoneFix]] = field(default_factory=list)

    @carried_out_by(Role.HOUSE)
    def terminal(self, session: Session, user_id: int, name: str) -> int:
        identity = f"phone-{user_id}"
        known = terminal_by_identity(session, identity)
        return (known or terminals.register(session, identity=identity, protocol="osmand")).id

    def accept(self, session: Session, terminal_id: int, fix: PhoneFix) -> None:
        self.taken.append((terminal_id, fix))


@dataclass
class FakeWaker:
    """Implements `dispatch.orders.ports.Waker`: remembers who was woken."""

    crews: list[list[int]] = field(default_factory=list)
    branches: list[int] = field(default_factory=list)

    def crew(self, session: Session, user_ids: Sequence[int]) -> None:
        self.crews.append(sorted(user_ids))

    def branch(self, session: Session, organisation_id: int) -> None:
        self.branches.append(organisation_id)


def _get(found: dict[int, T], ident: int, kind: str) -> T:
    if ident not in found:
        raise NotFound(kind, ident)
    return found[ident]


@dataclass
class FakeLine:
    """Stands in for `telephony.conference.ConferenceLine`: who was called, and what is up."""

    rung: list[tuple[int, int, dict[str, str], bool]] = field(default_factory=list)
    up: set[str] = field(default_factory=set)
    hung_up: list[tuple[int, int]] = field(default_factory=list)
    fails: list[Exception] = field(default_factory=list)
    """What the next questions raise."""

    def ring(
        self, conference_id: int, party_id: int, to: Cleared[Address], *, notice: bool
    ) -> str | None:
        self._fail()
        address = {name: value for name, value in to.for_way("voice").items() if value}
        if not address:
            return "no_number"
        self.rung.append((conference_id, party_id, address, notice))
        self.up.add(line_of(conference_id, party_id))
        return None

    def hang_up(self, conference_id: int, party_id: int) -> None:
        self._fail()
        self.hung_up.append((conference_id, party_id))
        self.up.discard(line_of(conference_id, party_id))

    def names(self) -> frozenset[str]:
        self._fail()
        return frozenset(self.up)

    def _fail(self) -> None:
        if self.fails:
            raise self.fails.pop(0)
