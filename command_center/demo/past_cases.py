"""A year of past cases for the demo city, and a few dozen that are open now.

Deterministic by seed, marked `demo`, every person made up and sealed like a real one. Written in
bulk: the steps, clocks and states are those of the lifecycle, not of the services.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb
from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from command_center.accounts import queries as accounts
from command_center.accounts.models import Organisation, User
from command_center.cases import clocks, clusters, identity
from command_center.cases.identity import Person
from command_center.cases.identity.store import COMPLAINANT_PHONE, INFORMANT_PHONE
from command_center.cases.models import (
    Case,
    Complainant,
    Deadline,
    ReporterIdentity,
    ReporterPrint,
    TimelineEntry,
)
from command_center.cases.office import Office, vault_of
from command_center.demo import past_stories as stories
from command_center.demo.past_paths import APPROVER, CENTRE, History, Past
from command_center.demo.past_sites import Site, Sites
from dispatch.alarms.service import AlarmService
from dispatch.numbers import digits
from kernel.clock import now
from kernel.db import Base
from kernel.numbering import Counter as RunningNumber
from kernel.settings import Settings

DAYS = 365
OPEN_NOW = 40
OPEN_SHARE = 10
"""In a small demo at most one case in ten is open."""
KINDS = {"TS": 58, "JB": 30, "ZX": 12}
CHANNELS = {"phone": 62, "web": 24, "visit": 6, "sms": 4, "letter": 3, "fax": 1}
HOUR_WEIGHTS = (1, 1, 1, 1, 1, 1, 2, 4, 9, 14, 15, 12, 8, 9, 13, 14, 13, 10, 7, 6, 6, 5, 3, 2)
CHUNK = 2000


def seed_past_cases(session: Session, settings: Settings) -> None:
    """Write `settings.demo_past_cases` cases; the city must have businesses and branches."""
    if settings.demo_past_cases:
        _Archive(session, settings).fill(settings.demo_past_cases)


class _Archive:
    def __init__(self, session: Session, settings: Settings):
        self.session, self.random = session, Random(settings.demo_seed)
        self.office = Office.of(settings, vault_of(settings), AlarmService(0))
        self.now = now(session)
        self.past = Past(self.random, clocks.calendar(session), self.office.zone, self.now)
        self.root = accounts.root(session)
        self.numbers: Counter[tuple[str, Any]] = Counter()
        self.staff = _staff(session)

    def fill(self, count: int) -> None:
        received = sorted(self._moments(count))
        sites = Sites(self.session, self.random, self.root).choose(count)
        ids = self._new_ids(count)
        batch = _Batch()
        for (moment, is_open), site, case_id in zip(received, sites, ids, strict=True):
            self._add(batch, case_id, moment, site, is_open=is_open)
            if is_open:
                clusters.look(self.session, case_id)
            if len(batch.cases) >= CHUNK:
                batch.write(self.session)
        batch.write(self.session)
        self._keep_numbers()
        self.session.execute(text("analyze cases.cases, cases.deadlines, cases.timeline"))

    # -- when, where, who ---------------------------------------------------------------------

    def _moments(self, count: int) -> Iterator[tuple[datetime, bool]]:
        """When cases came in, and whether they are open now.

        Days and hours as calls come: more in the week, in office hours, around 15 March.
        """
        days = [self.now - timedelta(days=n) for n in range(1, DAYS + 1)]
        weights = [_busy(day.astimezone(self.office.zone)) for day in days]
        still_open = min(OPEN_NOW, count // OPEN_SHARE)
        for day in self.random.choices(days, weights, k=count - still_open):
            yield self._at_some_hour(day), False
        for number in range(still_open):
            # The oldest open ones are past their dates; the youngest came in this morning.
            age = 18 * (1 - number / still_open) ** 2 + 0.05
            yield self.now - timedelta(days=age, minutes=self.random.uniform(0, 60)), True

    def _at_some_hour(self, day: datetime) -> datetime:
        local = day.astimezone(self.office.zone)
        hour = self.random.choices(range(24), HOUR_WEIGHTS)[0]
        moment = local.replace(
            hour=hour, minute=self.random.randrange(60), second=self.random.randrange(60)
        )
        return min(moment, self.now - timedelta(hours=20))

    def _new_ids(self, count: int) -> list[int]:
        sequence = "select nextval(pg_get_serial_sequence('cases.cases', 'id'))"
        numbers = text(f"{sequence} from generate_series(1, :n)")
        return list(self.session.scalars(numbers, {"n": count}))

    # -- one case -----------------------------------------------------------------------------

    def _add(
        self, batch: "_Batch", case_id: int, moment: datetime, site: Site, *, is_open: bool
    ) -> None:
        kind = self.random.choices(list(KINDS), list(KINDS.values()))[0]
        if kind == "JB":
            moment = moment.replace(second=0, microsecond=0)
        steps = self.random.randrange(4) if is_open else None
        history = self.past.walk(kind, moment, open_after=steps)
        case_no = self._number(kind, moment)
        organisation = self._whose(history, site)
        row = {
            "id": case_id,
            "case_no": case_no,
            "kind": kind,
            "state": history.state,
            "demo": True,
            "urgency": 1 if is_open and kind != "ZX" and self.random.random() < 0.3 else 0,
            "organisation_id": organisation.id,
            "organisation_path": organisation.path,
            "centre_id": self.root.id,
            "first_handler": self.staff.agent,
            "handler_id": self.staff.handler(history, site.branch.id),
            "channel": self.random.choices(list(CHANNELS), list(CHANNELS.values()))[0],
            "hotline": self.random.choice(("12315", "12315", "12315", "12365", "96315")),
            "received_at": moment,
            "changed_at": history.taken[-1].at if history.taken else moment,
            "closed_at": history.closed_at,
            "disposition": history.disposition,
            "outcome": history.outcome,
            **site.columns(),
            **self._words(batch, case_id, case_no, kind, site),
            **self._clocks(batch, case_id, history),
            "map_status": _symbol(history),
        }
        if row["urgency"]:
            row["urgency_reason"], row["triggers"] = "证据可能灭失", ["VANISHING"]
        batch.cases.append(row)
        self._timeline(batch, case_id, row["channel"], history, site)

    def _number(self, kind: str, moment: datetime) -> str:
        day = self.office.day(moment)
        self.numbers[kind, day] += 1
        return f"{kind}{self.office.region_code}{day:%Y%m%d}{self.numbers[kind, day]:05}"

    def _whose(self, history: History, site: Site) -> Organisation:
        """The branch from the last routing on; the centre before it and after a return."""
        moves = [one.action for one in history.taken if one.action in ("route", "return")]
        return site.branch if moves and moves[-1] == "route" else self.root

    def _words(
        self, batch: "_Batch", case_id: int, case_no: str, kind: str, site: Site
    ) -> dict[str, Any]:
        if kind == "ZX":
            return self._question()
        if kind == "TS":
            return self._complaint(batch, case_id, case_no, site)
        return self._report(batch, case_no, site)

    def _question(self) -> dict[str, Any]:
        question, answer = self.random.choice(stories.QUESTIONS)
        return {"question": question, "answer": answer, "subject_id": None}

    def _complaint(self, batch: "_Batch", case_id: int, case_no: str, site: Site) -> dict[str, Any]:
        story = self.random.choice(site.trade.complaints)
        facts = stories.fill(self.random, site.trade, story.facts)
        person = self._person()
        vault = self.office.vault
        batch.complainants.append(
            {
                "case_id": case_id,
                "case_kind": "TS",
                "sealed": identity.sealed(vault, person, case_no),
                "phone_print": vault.print(COMPLAINANT_PHONE, digits(person.phone)),
            }
        )
        return {
            "dispatch_facts": facts,
            "demands": list(story.demands),
            "details": {"problem_code": story.problem, "object_code": story.object},
        }

    def _report(self, batch: "_Batch", case_no: str, site: Site) -> dict[str, Any]:
        story = self.random.choice(site.trade.reports)
        facts = stories.fill(self.random, site.trade, story.facts)
        row: dict[str, Any] = {
            "sealed_facts": identity.seal_text(self.office.vault, facts, f"facts:{case_no}"),
            "details": {"violation_code": story.violation},
        }
        if self.random.random() < 0.55:
            ref = UUID(int=self.random.getrandbits(128), version=4)
            person, vault = self._person(), self.office.vault
            sealed = identity.sealed(vault, person, str(ref))
            batch.informants.append({"ref": ref, "sealed": sealed})
            number = vault.print(INFORMANT_PHONE, digits(person.phone))
            batch.prints.append({"print": number, "ref": ref})
            row |= {"reporter_ref": ref, "informant_given": True, "is_real_name": True}
        return row

    def _person(self) -> Person:
        """Made up; the country code is one that no carrier has."""
        return Person(
            name=self.random.choice(stories.SURNAMES) + self.random.choice(stories.GIVEN),
            phone=f"+999139{self.random.randrange(10**8):08d}",
            address="演示市演示路1号",
        )

    def _clocks(self, batch: "_Batch", case_id: int, history: History) -> dict[str, Any]:
        following = None
        for clock in history.clocks:
            row = clocks.values(self.office, clock.due, clock.started_at)
            row |= {"case_id": case_id, "met_at": clock.met_at, "void_at": clock.void_at}
            batch.deadlines.append(row)
            if clock.is_open and (following is None or row["due_at"] < following["due_at"]):
                following = row
        names = ("due_at", "yellow_at", "red_at")
        return {name: following[name] if following else None for name in names}

    def _timeline(
        self, batch: "_Batch", case_id: int, channel: str, history: History, site: Site
    ) -> None:
        def entry(kind: str, at: datetime, actor: str, params: dict[str, Any]) -> dict[str, Any]:
            return {"case_id": case_id, "kind": kind, "at": at, "actor": actor, "params": params}

        opened = entry("registered", history.received_at, self.staff.agent, {"channel": channel})
        batch.timeline.append(opened)
        for one in history.taken:
            given = dict(one.given)
            if one.action == "route":
                given["organisation"] = site.branch.name
            actor = self.staff.who(one.action, site.branch.id)
            batch.timeline.append(entry(one.action, one.at, actor, given))

    def _keep_numbers(self) -> None:
        """New cases count on from where the past ended."""
        rows = [
            {"series": f"case.{kind}.{self.office.region_code}", "day": day, "last": last}
            for (kind, day), last in self.numbers.items()
        ]
        statement = upsert(RunningNumber)
        statement = statement.on_conflict_do_update(
            index_elements=[RunningNumber.series, RunningNumber.day],
            set_={"last": func.greatest(RunningNumber.last, statement.excluded.last)},
        )
        self.session.execute(statement, rows)


class _Batch:
    """Rows that wait to be written, table by table."""

    def __init__(self) -> None:
        self.informants: list[dict[str, Any]] = []
        self.prints: list[dict[str, Any]] = []
        self.cases: list[dict[str, Any]] = []
        self.complainants: list[dict[str, Any]] = []
        self.deadlines: list[dict[str, Any]] = []
        self.timeline: list[dict[str, Any]] = []

    def write(self, session: Session) -> None:
        for model, rows in (
            (ReporterIdentity, self.informants),
            (ReporterPrint, self.prints),
            (Case, _aligned(self.cases)),
            (Complainant, self.complainants),
            (Deadline, self.deadlines),
            (TimelineEntry, self.timeline),
        ):
            _copy(session, model, rows)
            rows.clear()
        self.cases.clear()


def _copy(session: Session, model: type[Base], rows: list[dict[str, Any]]) -> None:
    """COPY the rows, which all name the same columns: five times as fast as inserts."""
    if not rows:
        return
    table: Any = model.__table__
    names = list(rows[0])
    as_json = {name for name in names if isinstance(table.c[name].type, JSONB)}
    statement = SQL("copy {} ({}) from stdin").format(
        Identifier(table.schema, table.name), SQL(", ").join(map(Identifier, names))
    )
    cursor: Any = session.connection().connection.cursor()
    with cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([Jsonb(row[n]) if n in as_json else row[n] for n in names])


_DEFAULTS: dict[str, Any] = {
    "urgency_reason": "", "triggers": [], "demands": [], "details": {}, "dispatch_facts": None,
    "sealed_facts": None, "question": None, "answer": None, "reporter_ref": None,
    "informant_given": False, "is_real_name": False,
}  # fmt: skip


def _aligned(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of one statement name the same columns."""
    return [{**_DEFAULTS, **row} for row in rows]


@dataclass(frozen=True, slots=True)
class _Staff:
    """Names for the timeline."""

    agent: str
    approver: str
    units: dict[int, User]

    def who(self, action: str, branch_id: int) -> str:
        if action in CENTRE:
            return self.agent
        if action in APPROVER or branch_id not in self.units:
            return self.approver
        return self.units[branch_id].name

    def handler(self, history: History, branch_id: int) -> int | None:
        """Who took the case up at the branch."""
        taken_up = any(one.action in ("accept", "verify") for one in history.taken)
        return self.units[branch_id].id if taken_up and branch_id in self.units else None


def _staff(session: Session) -> _Staff:
    people = session.scalars(select(User).order_by(User.id)).unique().all()

    def first(role: str, otherwise: str) -> str:
        held = (p.name for p in people if any(r.role == role for r in p.roles))
        return next(held, otherwise)

    contacts = (p for p in reversed(people) if any(r.role == "UNIT" for r in p.roles))
    units = {contact.organisation_id: contact for contact in contacts}
    return _Staff(first("AGENT", "接线员"), first("CMD", "指挥长"), units)


def _busy(day: datetime) -> float:
    """How many calls a day brings, against others."""
    weight = (1.2, 1.1, 1.0, 1.0, 1.05, 0.6, 0.5)[day.weekday()]
    if day.month == 3 and 13 <= day.day <= 20:
        weight *= 2.2
    if day.month in (6, 7, 8):
        weight *= 1.2
    return weight


def _symbol(history: History) -> str:
    if history.disposition == "REFERRED":
        return "referred"
    return "closed" if history.closed_at else "new"
