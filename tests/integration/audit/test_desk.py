"""The auditor's desk: who saw what, when, why, and not a word of the case itself."""

import csv
import io
from collections.abc import Callable
from typing import Any, get_args

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center.audit import queries
from command_center.audit.schemas import Group
from command_center.audit.sheet import harmless
from command_center.cases.models import Case
from command_center.intake.schemas import Submission
from kernel.access import Principal
from kernel.audit import AuditEntry, record
from kernel.clock import FixedClock
from tests.factories.bureau import CANARY, Bureau, acting, complaint, report
from tests.factories.desk import Desk

OpenCase = Callable[[Submission], Case]


def entries(desk: Desk, auditor: Principal, **query: Any) -> list[dict[str, Any]]:
    answer = desk.get(auditor, "/audit", **query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.get_json()["items"]
    return found


def reveal(desk: Desk, who: Principal, case: Case) -> None:
    body = {"reason_code": "verify", "note": "核查需要"}
    answer = desk.post(who, f"/cases/{case.id}/identity", body)
    assert answer.status_code == 200, answer.text


def test_a_reveal_shows_who_saw_what_when_and_why(
    desk: Desk, bureau: Bureau, auditor: Principal, open_case: OpenCase
) -> None:
    case, commander = open_case(report()), bureau.person("CMD")
    reveal(desk, commander, case)
    (seen,) = entries(desk, auditor, group="secrets")
    assert (seen["actor"], seen["roles"], seen["action"]) == (
        commander.name, ["CMD"], "identity.revealed",
    )  # fmt: skip
    assert (seen["object_no"], seen["reason_code"], seen["note"]) == (
        case.case_no, "verify", "核查需要",
    )  # fmt: skip
    assert seen["group"] == "secrets"


def test_the_log_names_no_person_and_tells_no_word_of_a_case(
    desk: Desk, bureau: Bureau, auditor: Principal, open_case: OpenCase
) -> None:
    for told in (complaint(), report()):
        case = open_case(told)
        if case.kind == "JB":
            reveal(desk, bureau.person("CMD"), case)
        desk.get(bureau.person("CMD"), f"/cases/{case.id}")
    for path in ("/audit", "/audit/export.csv"):
        text = desk.get(auditor, path).get_data(as_text=True)
        words = [str(CANARY[name]) for name in ("name", "phone", "address", "id_number")]
        for word in (*words, "老王饭店", "冰柜", "01064001234"):
            assert word not in text, (path, word)


def test_reading_a_complainant_in_full_leaves_an_entry_and_a_masked_reading_none(
    desk: Desk, bureau: Bureau, session: Session, open_case: OpenCase
) -> None:
    case = open_case(complaint())
    desk.get(bureau.person("DISP"), f"/cases/{case.id}")
    reads = select(AuditEntry).where(AuditEntry.action == "complainant.read")
    assert session.scalars(reads).all() == []
    commander = bureau.person("CMD")
    desk.get(commander, f"/cases/{case.id}")
    (entry,) = session.scalars(reads).all()
    assert (entry.actor_id, entry.object_id) == (commander.id, str(case.id))
    assert entry.detail == {"fields": ["contact", "narrative"]}


def test_a_rate_that_is_too_high_stands_among_the_alerts(
    desk: Desk, bureau: Bureau, auditor: Principal, open_case: OpenCase
) -> None:
    case, commander = open_case(report()), bureau.person("CMD")
    for _ in range(6):
        reveal(desk, commander, case)
    alerts = entries(desk, auditor, group="alerts")
    assert {one["group"] for one in alerts} == {"alerts"}
    assert "identity.alert.rate" in {one["action"] for one in alerts}
    (above,) = [one for one in alerts if one["action"] == "identity.revealed"]
    assert above["detail"]["above_rate"]
    assert len(entries(desk, auditor, group="secrets")) == 6


def test_the_log_is_searched_by_case_number_person_and_period(
    desk: Desk, bureau: Bureau, auditor: Principal, open_case: OpenCase, clock: FixedClock
) -> None:
    first, second = open_case(complaint()), open_case(report())
    clock.advance(hours=1)
    commander = bureau.person("CMD")
    reveal(desk, commander, second)
    of_first = entries(desk, auditor, object_no=first.case_no.lower())
    assert {one["object_no"] for one in of_first} == {first.case_no}
    assert entries(desk, auditor, object_no="TS11010120260922999") == []
    assert {one["action"] for one in entries(desk, auditor, actor_id=commander.id)} == {
        "identity.revealed"
    }
    late = entries(desk, auditor, since=clock.now().isoformat(), group="cases")
    assert [one["action"] for one in late] == ["identity.revealed"]
    early = entries(desk, auditor, until=clock.now().isoformat(), group="cases")
    assert "identity.revealed" not in {one["action"] for one in early}


def test_pages_follow_each_other_without_gap_or_repetition(
    desk: Desk, auditor: Principal, session: Session, bureau: Bureau
) -> None:
    with acting(session, bureau.person("CMD")):
        for number in range(5):
            record(session, "case.read", "case", number)
    session.flush()
    seen, cursor = [], None
    while True:
        query = {"group": "cases", "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = desk.get(auditor, "/audit", **query).get_json()
        seen += [one["object_id"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ["4", "3", "2", "1", "0"]


def test_searching_the_log_is_on_record_once_a_search(
    desk: Desk, auditor: Principal, session: Session, open_case: OpenCase
) -> None:
    case = open_case(report())
    entries(desk, auditor, object_no=case.case_no, group="secrets")
    searched = select(AuditEntry).where(AuditEntry.action == "audit.searched")
    (entry,) = session.scalars(searched).all()
    assert entry.actor_id == auditor.id
    assert entry.detail["asked"] == {"object_no": case.case_no, "group": "secrets"}
    desk.get(auditor, "/audit", group="cases", cursor=1_000_000)
    assert len(session.scalars(searched).all()) == 1


def test_an_auditor_reads_only_the_acts_of_their_own_subtree(
    desk: Desk, bureau: Bureau, session: Session
) -> None:
    for place in (bureau.branch, bureau.other):
        with acting(session, bureau.person("UNIT", at=place)):
            record(session, "case.read", "case", place.id)
    session.flush()
    here = entries(desk, bureau.person("AUDIT", at=bureau.branch), group="cases")
    assert [one["object_id"] for one in here] == [str(bureau.branch.id)]


@pytest.mark.parametrize("role", ["ADMIN", "CMD", "LEAD", "DISP", "UNIT", "STAT"])
def test_nobody_else_reads_the_log(desk: Desk, bureau: Bureau, role: str) -> None:
    who = bureau.person(role)
    for path in ("/audit", "/audit/export.csv", "/audit/state"):
        assert desk.get(who, path).status_code == 403
    assert desk.post(who, "/audit/checks", {}).status_code == 403


def test_the_auditor_reads_logs_and_nothing_else(
    desk: Desk, auditor: Principal, open_case: OpenCase
) -> None:
    case = open_case(complaint())
    assert desk.get(auditor, f"/cases/{case.id}").status_code == 403
    assert desk.get(auditor, "/cases").status_code == 403
    assert (
        desk.post(auditor, f"/cases/{case.id}/identity", {"reason_code": "verify"}).status_code
        == 403
    )


@pytest.mark.parametrize(
    "query", [{"group": "x"}, {"since": "yesterday"}, {"since": "2026-09-22T00:00:00"},
              {"limit": 0}, {"cursor": -1}, {"actor_id": "x"}, {"object_no": "x" * 61}],
)  # fmt: skip
def test_a_wrong_filter_is_refused_by_name(
    desk: Desk, auditor: Principal, query: dict[str, Any]
) -> None:
    answer = desk.get(auditor, "/audit", **query)
    assert answer.status_code == 422
    assert answer.get_json()["field"] in query


# -- the file ---------------------------------------------------------------------------------


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_runs_in_a_spreadsheet(start: str) -> None:
    assert harmless(f"{start}1+1") == f"'{start}1+1"


def test_the_export_is_a_sheet_of_the_same_entries_and_on_record(
    desk: Desk, bureau: Bureau, auditor: Principal, session: Session
) -> None:
    with acting(session, bureau.person("CMD")):
        record(session, "identity.revealed", "case", 7, note="=HYPERLINK(1)", reason_code="verify")
    session.flush()
    answer = desk.get(auditor, "/audit/export.csv", group="secrets", lang="zh")
    assert answer.content_type == "text/csv; charset=utf-8"
    head, row = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert head[:3] == ["时间", "人员编号", "人员"]
    assert row[head.index("说明")] == "'=HYPERLINK(1)"
    exported = select(AuditEntry).where(AuditEntry.action == "audit.exported")
    assert len(session.scalars(exported).all()) == 1


# -- state ------------------------------------------------------------------------------------


def test_the_desk_shows_the_chain_its_tail_and_the_last_check(
    desk: Desk, auditor: Principal, auditing: Any, session: Session, clock: FixedClock
) -> None:
    asked = desk.post(auditor, "/audit/checks", {})
    assert (asked.status_code, asked.get_json()["result"]) == (202, None)
    state = desk.get(auditor, "/audit/state").get_json()
    assert (state["position"], state["tail"]["length"]) == (0, session.query(AuditEntry).count())
    assert state["last_check"]["id"] == asked.get_json()["id"]
    auditing.chain.extend(session)
    state = desk.get(auditor, "/audit/state").get_json()
    assert (state["position"], state["tail"]) == (
        session.query(AuditEntry).count(), {"length": 0, "oldest": None},
    )  # fmt: skip


def test_every_group_that_is_offered_can_be_searched(desk: Desk, auditor: Principal) -> None:
    for group in get_args(Group):
        entries(desk, auditor, group=group)
    assert set(get_args(Group)) == {"watched", "secrets", "alerts", *queries.GROUPS}
