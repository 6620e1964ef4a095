"""The registry of terminals for people: who may do what with whose."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from command_center import wiring
from command_center.accounts.models import Organisation
from dispatch.units import service as units
from dispatch.units.models import Unit
from gps_ingest import downlink, terminals
from gps_ingest.models import Credential, Downlink, Quarantined, Terminal, UnknownIdentity
from kernel.access import Principal
from kernel.audit import AuditEntry
from kernel.clock import now
from kernel.gate import gate
from kernel.settings import Settings
from tests.factories.bureau import Bureau, make_bureau
from tests.factories.desk import Desk, OneTransaction

PHONE = "13912345678"


@pytest.fixture
def bureau(session: Session) -> Bureau:
    return make_bureau(session)


@pytest.fixture
def desk(session: Session, settings: Settings) -> Desk:
    return Desk(OneTransaction(session), settings, wiring.blueprints(wiring.build(settings)))


@pytest.fixture
def admin(bureau: Bureau) -> Principal:
    return bureau.person("ADMIN")


def unit_at(session: Session, place: Organisation, name: str = "东车") -> Unit:
    return units.register(
        session, name=name, plate=f"{name}A1", organisation_id=place.id,
        organisation_name=place.name, organisation_path=place.path,
    )  # fmt: skip


def registered(session: Session, place: Organisation, **changes: Any) -> Terminal:
    said = {"identity": PHONE, "protocol": "jt808", "name": "一号终端", **changes}
    return terminals.register(session, organisation_id=place.id, **said)


def said(place: Organisation, **changes: Any) -> dict[str, Any]:
    return {"name": "一号终端", "organisation_id": place.id, **changes}


def new(place: Organisation, **changes: Any) -> dict[str, Any]:
    return {**said(place), "identity": PHONE, "protocol": "jt808", **changes}


def actions(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


# ------------------------------------------------------------------ registering


def test_a_terminal_is_registered_put_into_a_unit_and_listed(
    desk: Desk, bureau: Bureau, admin: Principal, session: Session
) -> None:
    car = unit_at(session, bureau.branch)
    answer = desk.post(admin, "/terminals", new(bureau.branch, unit_id=car.id))
    assert answer.status_code == 201, answer.text
    made = answer.get_json()
    assert (made["identity"], made["unit"]["name"], made["takes_messages"]) == (PHONE, "东车", True)
    assert (made["has_code"], made["connected"]) == (False, False)
    for words in ("", "1234", "一号", "东车", "东车a1"):
        (found,) = desk.get(admin, "/terminals", q=words).get_json()["terminals"]
        assert found["id"] == made["id"]
    assert desk.get(admin, "/terminals", q="100%").get_json() == {"terminals": [], "more": False}
    assert {"gps.terminal_registered", "unit.terminal_attached"} <= set(actions(session))


def test_the_padding_of_a_phone_is_no_part_of_its_name(
    desk: Desk, bureau: Bureau, admin: Principal
) -> None:
    made = desk.post(admin, "/terminals", new(bureau.branch, identity=f"0{PHONE}")).get_json()
    assert made["identity"] == PHONE


def test_whoever_reports_unknown_is_registered_and_no_longer_unknown(
    desk: Desk, bureau: Bureau, admin: Principal, session: Session
) -> None:
    moment = now(session)
    session.add(
        UnknownIdentity(
            identity=PHONE, protocol="jt808", source="192.0.2.7", times=3,
            first_seen_at=moment, last_seen_at=moment,
        )
    )  # fmt: skip
    session.flush()
    (seen,) = desk.get(admin, "/terminals/unknown").get_json()
    assert (seen["identity"], seen["source"], seen["times"]) == (PHONE, "192.0.2.7", 3)
    assert desk.get(bureau.person("ADMIN", at=bureau.branch), "/terminals/unknown").json == []
    desk.post(admin, "/terminals", new(bureau.branch))
    assert desk.get(admin, "/terminals/unknown").get_json() == []


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"identity": " "}, 422, "identity"),
        ({"identity": "phone-0123"}, 422, "identity"),
        ({"protocol": "morse"}, 422, "protocol"),
        ({"organisation_id": 10**9}, 422, "organisation_id"),
        ({"unit_id": 10**9}, 422, "unit_id"),
        ({"listen_port": 80}, 422, "listen_port"),
        ({"listen_port": 9100}, 422, "listen_port"),  # JT/T 808 tells who it is
        ({"settings": {"network": "everywhere"}}, 422, "settings.network"),
        ({"settings": {"network": "0.0.0.0/0"}}, 422, "settings.network"),
        ({"settings": {"edition": 1999}}, 422, "settings.edition"),
        ({"settings": {"code": "x"}}, 422, "settings.code"),
    ],
)
def test_a_wrong_field_is_named(
    desk: Desk, bureau: Bureau, admin: Principal, change: dict[str, Any], status: int, field: str
) -> None:
    answer = desk.post(admin, "/terminals", new(bureau.branch, **change))
    assert (answer.status_code, answer.get_json()["field"]) == (status, field), answer.text


def test_a_name_and_a_port_belong_to_one_terminal(
    desk: Desk, bureau: Bureau, admin: Principal, session: Session
) -> None:
    registered(session, bureau.branch)
    again = desk.post(admin, "/terminals", new(bureau.branch))
    assert (again.status_code, again.get_json()["code"]) == (409, "terminal_exists")
    registered(session, bureau.branch, identity="one", protocol="nmea", listen_port=9100)
    two = registered(session, bureau.branch, identity="two", protocol="nmea")
    taken = desk.put(admin, f"/terminals/{two.id}", said(bureau.branch, listen_port=9100))
    assert (taken.status_code, taken.get_json()["code"]) == (409, "port_taken")
    assert taken.get_json()["field"] == "listen_port"


def test_what_is_said_of_a_terminal_replaces_what_was_said(
    desk: Desk, bureau: Bureau, admin: Principal, session: Session
) -> None:
    one, other = unit_at(session, bureau.branch), unit_at(session, bureau.branch, "南车")
    ident = registered(session, bureau.branch).id
    path = f"/terminals/{ident}"
    body = said(bureau.branch, unit_id=one.id, settings={"network": "10.8.0.0/16", "asks": False})
    assert desk.put(admin, path, body).get_json()["settings"]["network"] == "10.8.0.0/16"
    body = said(bureau.branch, unit_id=other.id, enabled=False, settings={"zone_minutes": 0})
    changed = desk.put(admin, path, body).get_json()
    assert (changed["unit"]["name"], changed["enabled"]) == ("南车", False)
    assert {k: v for k, v in changed["settings"].items() if v is not None} == {"zone_minutes": 0}
    assert desk.put(admin, path, said(bureau.branch)).get_json()["unit"] is None
    assert {"gps.terminal_changed", "gps.terminal_disabled", "gps.terminal_configured"} <= set(
        actions(session)
    )


# ------------------------------------------------------------------ jurisdiction


def test_a_branch_manages_its_own_terminals_alone(
    desk: Desk, bureau: Bureau, session: Session
) -> None:
    east = bureau.person("ADMIN", at=bureau.branch)
    theirs = registered(session, bureau.other)
    nobodys = terminals.register(session, identity="nobody", protocol="nmea")
    west_car = unit_at(session, bureau.other, "西车")
    for ident in (theirs.id, nobodys.id):
        assert desk.get(east, f"/terminals/{ident}").status_code == 404
        for method, path in (
            ("PUT", ""), ("POST", "/window"), ("DELETE", "/window"), ("DELETE", "/code"),
            ("GET", "/downlinks"), ("POST", "/ask"),
        ):  # fmt: skip
            body = {"what": "position"} if path == "/ask" else {}
            answer = desk.send(method, east, f"/terminals/{ident}{path}", json=body)
            assert answer.status_code == 404, (method, path, answer.text)
    assert desk.get(east, "/terminals").get_json()["terminals"] == []
    assert desk.get(east, "/terminals/carriers").get_json() == []
    for wrong in ({"organisation_id": bureau.other.id}, {"organisation_id": None}):
        assert desk.post(east, "/terminals", new(bureau.branch, **wrong)).status_code == 422
    mine = new(bureau.branch, identity="mine", unit_id=west_car.id)
    assert desk.post(east, "/terminals", mine).status_code == 422


def test_a_terminal_in_a_unit_elsewhere_is_not_taken_out_of_it(
    desk: Desk, bureau: Bureau, session: Session
) -> None:
    east = bureau.person("ADMIN", at=bureau.branch)
    mine, ident = unit_at(session, bureau.branch), registered(session, bureau.branch).id
    units.attach_terminal(session, unit_at(session, bureau.other, "西车").id, ident)
    refused = desk.put(east, f"/terminals/{ident}", said(bureau.branch, unit_id=mine.id))
    assert (refused.status_code, refused.get_json()["code"]) == (409, "carried_elsewhere")


def test_officers_own_phones_are_nobody_s_to_manage(
    desk: Desk, bureau: Bureau, admin: Principal, session: Session
) -> None:
    phone = terminals.register(session, identity="phone-00ff", protocol="osmand", name="某警官")
    assert desk.get(admin, f"/terminals/{phone.id}").status_code == 404
    assert desk.get(admin, "/terminals").get_json()["terminals"] == []


# --------------------------------------------------------------------- admission


def test_a_window_is_opened_closed_and_a_code_revoked(
    desk: Desk, bureau: Bureau, admin: Principal, session: Session
) -> None:
    ident = registered(session, bureau.branch).id
    path = f"/terminals/{ident}"
    opened = desk.post(admin, f"{path}/window", {"minutes": 30}).get_json()
    assert opened["window_until"] and not opened["has_code"]
    assert len(desk.get(admin, "/terminals", state="window").get_json()["terminals"]) == 1
    held = session.get_one(Credential, ident)
    held.code_hash, held.issued_at, held.plate = b"x" * 32, now(session), "京A00001"
    session.flush()
    shown = desk.get(admin, path)
    assert shown.get_json()["has_code"] and shown.get_json()["plate"] == "京A00001"
    assert "code_hash" not in shown.text
    assert desk.send("DELETE", admin, f"{path}/window").status_code == 204
    assert desk.get(admin, path).get_json()["window_until"] is None
    assert desk.send("DELETE", admin, f"{path}/code").status_code == 204
    session.expire_all()
    assert session.get(Credential, ident) is None
    assert not desk.get(admin, path).get_json()["has_code"]
    assert actions(session)[-3:] == ["gps.window_opened", "gps.window_closed", "gps.code_revoked"]


def test_only_terminals_that_register_have_a_window(
    desk: Desk, bureau: Bureau, admin: Principal, session: Session
) -> None:
    ident = registered(session, bureau.branch, identity="one", protocol="nmea").id
    refused = desk.post(admin, f"/terminals/{ident}/window", {})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "registers_nobody")


def test_connected_is_who_was_heard_within_three_minutes(
    desk: Desk, bureau: Bureau, admin: Principal, session: Session
) -> None:
    fresh, stale, off, never = (
        registered(session, bureau.branch, identity=name, protocol="nmea")
        for name in ("fresh", "stale", "off", "never")
    )
    fresh.last_seen_at = off.last_seen_at = now(session) - timedelta(minutes=2)
    stale.last_seen_at = now(session) - timedelta(minutes=4)
    off.enabled = False
    session.flush()

    def names(state: str) -> list[str]:
        found = desk.get(admin, "/terminals", state=state).get_json()["terminals"]
        return sorted(one["identity"] for one in found)

    assert names("connected") == ["fresh"]
    assert names("silent") == ["never", "stale"]
    assert names("disabled") == ["off"]
    assert len(names("loose")) == 4
    assert never.last_seen_at is None


# ------------------------------------------------------------------------ asking


def kinds(session: Session, ident: int) -> list[str]:
    query = select(Downlink.kind).where(Downlink.terminal_id == ident).order_by(Downlink.id)
    return list(session.scalars(query))


def test_an_administrator_asks_a_terminal(
    desk: Desk, bureau: Bureau, admin: Principal, session: Session
) -> None:
    ident = registered(session, bureau.branch).id
    path = f"/terminals/{ident}/ask"
    for body in (
        {"what": "position"}, {"what": "follow", "minutes": 2}, {"what": "parameters"},
        {"what": "interval", "seconds": 20},
    ):  # fmt: skip
        assert desk.post(admin, path, body).status_code == 200, body
        again = desk.post(admin, path, body)
        assert (again.status_code, again.get_json()["code"]) == (409, "already_asked")
    assert kinds(session, ident) == ["position", "track", "read_parameters", "parameters"]
    sent = session.scalars(select(Downlink).where(Downlink.kind == "parameters")).one()
    assert sent.content == {"values": {"00000029": "00000014"}}
    first, *_ = desk.get(admin, f"/terminals/{ident}/downlinks").get_json()
    assert first["parameters"] == [{"id": 0x29, "hex": "00000014", "number": 20, "text": None}]
    assert actions(session)[-4:] == [
        "gps.position_asked", "gps.followed", "gps.parameters_asked", "gps.interval_set",
    ]  # fmt: skip


def test_a_receiver_that_only_talks_is_asked_nothing(
    desk: Desk, bureau: Bureau, admin: Principal, session: Session
) -> None:
    car = unit_at(session, bureau.branch)
    ident = registered(session, bureau.branch, identity="one", protocol="nmea").id
    units.attach_terminal(session, car.id, ident)
    answer = desk.post(admin, f"/terminals/{ident}/ask", {"what": "position"})
    assert (answer.status_code, answer.get_json()["code"]) == (422, "takes_no_messages")
    asked = desk.post(bureau.person("DISP"), f"/units/{car.id}/ask", {"what": "position"})
    assert (asked.status_code, asked.get_json()["code"]) == (409, "takes_no_messages")


@pytest.mark.parametrize("role", ["DISP", "CMD"])
def test_whoever_sends_units_asks_those_of_the_jurisdiction(
    desk: Desk, bureau: Bureau, session: Session, role: str
) -> None:
    car, ident = unit_at(session, bureau.branch), registered(session, bureau.branch).id
    units.attach_terminal(session, car.id, ident)
    who = bureau.person(role)
    shown = desk.post(who, f"/units/{car.id}/ask", {"what": "follow"}).get_json()
    (terminal,), (message,) = shown["terminals"], shown["messages"]
    assert (terminal["protocol"], terminal["can_be_asked"]) == ("jt808", True)
    assert (message["kind"], message["state"]) == ("track", "queued")
    stranger = bureau.person(role, at=bureau.other)
    assert desk.post(stranger, f"/units/{car.id}/ask", {"what": "position"}).status_code == 404
    assert desk.get(stranger, f"/units/{car.id}/terminals").status_code == 404


def test_words_are_read_by_whoever_sees_the_order_never_by_the_administrator(
    desk: Desk, bureau: Bureau, admin: Principal, session: Session
) -> None:
    car, ident = unit_at(session, bureau.branch), registered(session, bureau.branch).id
    units.attach_terminal(session, car.id, ident)
    cleared = gate.clear("order.vehicle", {"note": "绕行"}).written(lambda s: str(s["note"]))
    downlink.tell(session, ident, cleared, reference=("delivery", 10**9))  # an order elsewhere
    answer = desk.get(bureau.person("DISP"), f"/units/{car.id}/terminals")
    assert len(answer.get_json()["messages"]) == 1 and "绕行" not in answer.text
    ledger = desk.get(admin, f"/terminals/{ident}/downlinks")
    assert len(ledger.get_json()) == 1 and "绕行" not in ledger.text


def test_parameters_are_read_by_the_administrator_alone(
    desk: Desk, bureau: Bureau, admin: Principal, session: Session
) -> None:
    car, ident = unit_at(session, bureau.branch), registered(session, bureau.branch).id
    units.attach_terminal(session, car.id, ident)
    downlink.set_parameters(session, ident, {0x13: b"192.0.2.1"})
    (line,) = desk.get(admin, f"/terminals/{ident}/downlinks").get_json()
    assert line["parameters"][0]["text"] == "192.0.2.1"
    shown = desk.get(bureau.person("DISP"), f"/units/{car.id}/terminals").get_json()
    assert [one["parameters"] for one in shown["messages"]] == [[]]


# -------------------------------------------------------------------- quarantine


def test_a_doubtful_fix_is_shown_with_what_it_says_and_on_record(
    desk: Desk, bureau: Bureau, admin: Principal, session: Session
) -> None:
    ident = registered(session, bureau.branch, identity="one", protocol="nmea").id
    raw = b"$GNRMC,040000.00,A,3955.2000,N,11623.4000,E,10.0,90.0,220926,,,A*7F"
    session.add(
        Quarantined(terminal_id=ident, received_at=now(session), reason="jump", raw=raw, lat=39.92)
    )
    session.flush()
    listed = desk.get(admin, "/terminals/quarantine")
    (line,) = listed.get_json()
    assert (line["reason"], line["terminal_id"]) == ("jump", ident)
    assert "39.9" not in listed.text  # where it was stands only in what is read on record
    read = desk.get(admin, f"/terminals/quarantine/{line['id']}").get_json()
    assert bytes.fromhex(read["raw"]) == raw
    assert read["messages"][0]["kind"] in ("fix", "error")
    assert actions(session)[-1] == "gps.quarantine_read"
