"""Why something may leave the house, as data: over which way, with which fields, scanned for what.

A field that is not on a purpose's list does not leave. `free` fields are typed by people: they are
scanned, and `on_hit` says what a hit does. All others come from registers, codes and clocks.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from kernel.gate import patterns

Effect = Literal["refuse", "confirm", "pass"]
NUMBERS = frozenset({patterns.PHONE, patterns.ID_NUMBER, patterns.EMAIL, patterns.BANK_CARD})
"""What leads to one person by itself."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """One reason to leave, over one way."""

    name: str
    way: str
    fields: frozenset[str]
    free: frozenset[str] = frozenset()
    on_hit: Mapping[str, Effect] = field(default_factory=dict)
    """Kind of hit -> what it does; kinds not named are not looked for."""
    takes_files: bool = False
    """Whether attachments may go along, each cleared for it by a person."""
    even_paused: bool = False
    """Whether it leaves while everything outbound is paused: somebody's life may hang on it."""


def _each(kinds: frozenset[str], effect: Effect) -> dict[str, Effect]:
    return dict.fromkeys(sorted(kinds), effect)


CONFIRM = _each(patterns.KINDS, "confirm")
STRICT = CONFIRM | _each(NUMBERS, "refuse")
"""Of a report: nobody's number leaves, confirmed or not."""
REFUSE = _each(patterns.KINDS, "refuse")
PAPER = STRICT | _each(patterns.KINDS - NUMBERS, "pass")
"""A letter of office names the people it is about."""

SAID = frozenset({"dispatch_facts", "demand", "note"})
"""What people typed into an order."""
_HEAD = {"order_no", "kind", "urgency", "closed", "code"}
_SUBJECT = {"subject_name", "subject_address"}
ORDER_FIELDS: Mapping[str, frozenset[str]] = {
    "sms": frozenset({*_HEAD, *_SUBJECT, "subject_phone", "case_no", *SAID}),
    "app": frozenset({*_HEAD, *_SUBJECT, "note"}),
    "fax": frozenset(
        {*_HEAD, *_SUBJECT, "subject_phone", "subject_credit_code", "case_no", "case_kind",
         "subject_legal_representative", "recipient", "is_copy", "at", "due", "issued_by",
         "approved_by", "units", *SAID}
    ),
    "voice": frozenset({*_HEAD, *_SUBJECT, "note"}),
    "vehicle": frozenset({*_HEAD, *_SUBJECT, "note"}),
}  # fmt: skip
"""What each channel of an order tells; a closed one's texts say less still."""
_ORDER_FIELDS = {**ORDER_FIELDS, "print": ORDER_FIELDS["fax"]}


def _orders() -> Iterator[Purpose]:
    for prefix, on_hit in (("order", CONFIRM), ("report_order", STRICT)):
        for way, fields in _ORDER_FIELDS.items():
            name, files = f"{prefix}.{way}", way in ("fax", "print")
            yield Purpose(name, way, fields, SAID & fields, on_hit, files)
        for way in ("sms", "fax", "vehicle", "voice"):
            recalled, typed = frozenset({"order_no", "reason"}), frozenset({"reason"})
            yield Purpose(f"{prefix}_recall.{way}", way, recalled, typed, on_hit)


def _fields(*names: str) -> frozenset[str]:
    return frozenset(names)


_PAPER_FREE = _fields("facts", "reason", "legal_basis", "materials")
_INSPECTION_FREE = _fields(
    "place",
    "presence",
    "rights_answer",
    "recusal_answer",
    "scene",
    "measures",
    "defence",
    "opinion",
    "refusal_reason",
)
_SUPERVISION_FREE = _fields("problem", "demand", "reply", "reason")
_OTHERS = (
    Purpose(
        "paper.referral_letter", "print",
        _fields("bureau", "number", "agency", "case_no", "received_on", "signed_on", "subject",
                "credit_code", "address") | _PAPER_FREE,
        _PAPER_FREE, PAPER, takes_files=True,
    ),
    Purpose(
        "paper.inspection_record", "print",
        _fields("bureau", "number", "corrects", "case_no", "order_no", "started_at", "ended_at",
                "inspectors", "party", "licence", "credit_code", "domicile", "representative",
                "id_number", "phone", "witness", "recordings_no", "refused", "signatures",
                "attachments", "digest", "filed_at") | _INSPECTION_FREE,
        _INSPECTION_FREE, PAPER,
    ),
    Purpose(
        "paper.destruction_certificate", "print",
        _fields("bureau", "number", "target", "basis", "requested_by", "approved_by", "done_on",
                "items"),
    ),
    Purpose(
        "paper.order_ledger", "print",
        _fields("order_no", "case_no", "urgency", "issued_by", "issued_at", "approved_by",
                "printed_at", "rows"),
    ),
    Purpose(
        "paper.fax_report", "print",
        _fields("bureau", "number", "case_no", "order_no", "printed_at", "rows"),
    ),
    Purpose(
        "paper.handover", "print",
        _fields("number", "written_by", "written_at", "notes", "signed_by", "signed_at",
                "sections"),
        _fields("notes"), REFUSE | _each(frozenset({patterns.PLATE}), "pass"),
    ),
    Purpose(
        "paper.supervision_order", "print",
        _fields("bureau", "number", "unit", "level", "source", "case_no", "sign_by", "due",
                "issued", "signed", "verdict", "drawn_on") | _SUPERVISION_FREE,
        _SUPERVISION_FREE, REFUSE | _each(frozenset({patterns.PLATE}), "pass"),
    ),
    Purpose(
        "export.audit_log", "export",
        _fields("at", "actor_id", "actor", "roles", "action", "object_kind", "object_no",
                "object_id", "reason_code", "note", "terminal", "correlation_id", "detail",
                "entry_id"),
    ),
    Purpose("registry.question", "api", _fields("credit_code", "name")),
    Purpose("place.question", "api", _fields("place"), _fields("place"), REFUSE),
    Purpose("exchange.anchor", "exchange",
            _fields("bureau", "at", "position", "link", "signature")),
    Purpose(
        "exchange.case", "exchange",
        _fields("case_no", "kind", "subject_name", "subject_credit_code", "subject_address",
                "facts", "demand", "received_at", "due_at", "state", "outcome"),
        _fields("facts", "outcome"), STRICT, takes_files=True,
    ),
    Purpose("mail.notice", "mail", _fields("case_no", "form", "number", "reply"),
            _fields("reply"), REFUSE),
    Purpose("sms.notice", "sms", _fields("case_no", "form", "number", "reply"),
            _fields("reply"), REFUSE),
    Purpose("order_question.vehicle", "vehicle", _fields("order_no")),
    # It says that there is something, to a push service of others: nothing of it may leave.
    Purpose("order.push", "push", _fields()),
    *(Purpose(f"drill.{way}", way, _fields("minute")) for way in ("sms", "fax", "voice")),
    Purpose("conference.staff", "voice", _fields("extension", "number"), even_paused=True),
    Purpose("conference.caller", "voice", _fields("number")),
    Purpose("sms.duty_call", "sms", _fields("name", "minute"), even_paused=True),
    Purpose("voice.duty_call", "voice", _fields("name", "minute"), even_paused=True),
    Purpose("sms.duty_alarm", "sms", _fields("post", "minute")),
    Purpose("sms.code", "sms", _fields("code", "minutes")),
    Purpose("voice.case_status", "voice", _fields("case_no", "kind", "state", "due_at")),
    Purpose("public.receipt", "api", _fields("case_no", "kind", "query_code")),
    Purpose(
        "public.status", "api",
        _fields("case_no", "kind", "state", "received_at", "due_at", "last_change_at"),
    ),
    Purpose(
        "export.statistics", "export",
        _fields("region_code", "name", "cases", "reports", "per_10k", "day", "complaints",
                "consultations", "code", "value", "unit", "target", "n", "previous"),
    ),
    Purpose("export.track", "export", _fields("unit", "since", "until", "points")),
    Purpose(
        "page.heatmap", "export",
        _fields("title", "stamp", "areas.name", "areas.outline", "areas.count", "cells.id",
                "cells.count", "cells.weight", "roads", "source", "lang"),
    ),
    Purpose(
        "map.tile", "tile",
        _fields("roads.name", "roads.class", "regions.code", "regions.name", "regions.level",
                "region_labels.code", "region_labels.name", "region_labels.level"),
    ),
    Purpose("map.style", "tile", _fields("style")),
    Purpose("desk.api", "api", _fields("schema")),
    Purpose("desk.live", "live",
            _fields("seq", "kind", "id", "t", "units", "alarms", "server_time")),
    Purpose("desk.document", "file", _fields("number", "pdf")),
    Purpose("desk.attachment", "file", _fields("name", "media_type", "data")),
    Purpose("desk.original", "file", _fields("name", "media_type", "data")),
    Purpose("desk.recording", "file", _fields("media_type", "data")),
    Purpose("desk.page", "page", _fields("asset")),
    Purpose("engine.answer", "api", _fields("status")),
    Purpose("operator.metrics", "page", _fields("metrics")),
    Purpose("operator.health", "page", _fields("health")),
)  # fmt: skip

TABLE: Mapping[str, Purpose] = MappingProxyType(
    {purpose.name: purpose for purpose in (*_orders(), *_OTHERS)}
)
"""Every reason to leave that this house knows."""


def of(name: str) -> Purpose:
    """The purpose of that name; raises KeyError for one nobody has thought through."""
    return TABLE[name]


def leaves_paused(name: str) -> bool:
    """Whether a pause of everything outbound does not hold it back."""
    return name in TABLE and TABLE[name].even_paused
