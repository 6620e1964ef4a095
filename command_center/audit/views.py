"""The auditor's desk over HTTP."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response

from command_center.audit import queries, service
from command_center.audit.queries import Wanted
from command_center.audit.schemas import (
    AnchorOut,
    AuditActorOut,
    AuditEntryOut,
    AuditExportQuery,
    AuditPage,
    AuditQuery,
    AuditStateOut,
    CheckOut,
    TailOut,
)
from command_center.audit.service import Auditing
from command_center.audit.sheet import COLUMNS, sheet
from kernel.audit import AuditEntry
from kernel.audit_chain import tail
from kernel.gate import gate
from kernel.web import a_file, current_principal, handed_out, require, unit_of_work

CSV = a_file("CSV", "text/csv")
REFUSALS = {400: "Malformed", 422: "Refused"}
SAME = ("id", "at", "actor_id", "actor", "roles", "action", "object_kind", "object_id",
        "reason_code", "note", "terminal", "correlation_id", "detail")  # fmt: skip
FILTERS = frozenset({"actor_id", "group", "object_no", "object_kind", "object_id", "since",
                     "until"})  # fmt: skip


def create_blueprint(auditing: Auditing) -> APIBlueprint:
    blueprint = APIBlueprint("audit", __name__, url_prefix="/api/v1/audit", tag="Audit")

    @blueprint.get("")
    @blueprint.input(AuditQuery, location="query", arg_name="query")
    @blueprint.output(AuditPage)
    @blueprint.doc(operation_id="searchAudit", responses=REFUSALS)
    @require("audit.read")
    def search_audit(query: AuditQuery) -> Any:
        wanted = _wanted(auditing, query, query.limit + 1)
        with unit_of_work() as session:
            found = service.search(session, wanted, _asked(query))
        items = found[: query.limit]
        numbers = auditing.numbers(items)
        more = str(items[-1].id) if len(found) > query.limit else None
        return AuditPage(items=[_entry(one, numbers) for one in items], next=more)

    @blueprint.get("/export.csv")
    @blueprint.input(AuditExportQuery, location="query", arg_name="query")
    @blueprint.doc(operation_id="exportAudit", responses={200: CSV, **REFUSALS})
    @require("audit.read")
    def export_audit(query: AuditExportQuery) -> Response:
        wanted = _wanted(auditing, query, None)
        with unit_of_work() as session:
            found = service.export(session, wanted, _asked(query))
        made = sheet(found, auditing.numbers(found), query.lang)
        return handed_out(
            gate.made_of("export.audit_log", made, COLUMNS),
            media_type="text/csv; charset=utf-8",
            name="audit.csv",
            download=True,
        )

    @blueprint.get("/state")
    @blueprint.output(AuditStateOut)
    @blueprint.doc(operation_id="getAuditState")
    @require("audit.read")
    def audit_state() -> Any:
        with unit_of_work() as session:
            last, checked = queries.last_link(session), queries.last_check(session)
            waiting = tail(session)
            people = queries.actors(session, current_principal())
        anchor = auditing.anchors.last()
        return AuditStateOut(
            position=last.position if last else 0,
            chained_at=last.chained_at if last else None,
            tail=TailOut(length=waiting.length, oldest=waiting.oldest),
            last_check=CheckOut.model_validate(checked, from_attributes=True) if checked else None,
            last_anchor=AnchorOut.model_validate(anchor, from_attributes=True) if anchor else None,
            actors=[AuditActorOut(id=ident, name=name) for ident, name in people],
        )

    @blueprint.post("/checks")
    @blueprint.output(CheckOut, status_code=202)
    @blueprint.doc(operation_id="askAuditCheck")
    @require("audit.read")
    def ask_check() -> Any:
        with unit_of_work() as session:
            return CheckOut.model_validate(auditing.ask(session), from_attributes=True)

    return blueprint


def _wanted(auditing: Auditing, query: AuditQuery, limit: int | None) -> Wanted:
    return Wanted(
        actor_id=query.actor_id,
        group=query.group,
        objects=_objects(auditing, query),
        since=query.since,
        until=query.until,
        before=query.cursor,
        limit=limit,
    )


def _objects(auditing: Auditing, query: AuditQuery) -> list[tuple[str, str]] | None:
    if number := query.object_no.strip().upper():
        return auditing.objects(number)
    if query.object_kind and query.object_id:
        return [(query.object_kind, query.object_id)]
    return None


def _asked(query: AuditQuery) -> dict[str, Any]:
    return query.model_dump(mode="json", include=set(FILTERS), exclude_defaults=True)


def _entry(entry: AuditEntry, numbers: dict[tuple[str, str], str]) -> AuditEntryOut:
    return AuditEntryOut(
        **{name: getattr(entry, name) for name in SAME},
        group=queries.group_of(entry),
        object_no=numbers.get((entry.object_kind, entry.object_id), ""),
    )
