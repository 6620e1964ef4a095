"""What leaders see: figures from real cases, areas, and never a point or a single report."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from command_center.cases import actions, queries
from command_center.cases.office import Office
from dispatch.orders.models import Assignment, Order
from kernel.access import Principal, system
from kernel.clock import FixedClock
from maps import folium_assets
from tests.factories.bureau import Bureau, complaint, consultation, report
from tests.factories.desk import Desk, OneTransaction

Register = Callable[..., int]


@pytest.fixture
def leader(bureau: Bureau) -> Principal:
    return bureau.person("LEAD")


def figures(desk: Desk, who: Principal, **query: Any) -> dict[str, Any]:
    answer = desk.get(who, "/insight/indicators", **query)
    assert answer.status_code == 200, answer.text
    return {item["code"]: item for item in answer.get_json()["items"]}


def regions(desk: Desk, who: Principal, **query: Any) -> dict[str, Any]:
    answer = desk.get(who, "/insight/regions", **query)
    return {region["region_code"]: region for region in answer.get_json()}


def test_a_regions_count_goes_up_by_one_as_soon_as_a_case_is_registered(
    desk: Desk, leader: Principal, register: Register
) -> None:
    before = regions(desk, leader)["110101"]["cases"]
    register(complaint())
    after = regions(desk, leader)
    assert after["110101"]["cases"] == before + 1
    assert after["110102"]["cases"] == 0, "every district is named, the quiet ones too"


def test_fewer_than_three_reports_of_a_region_are_not_told(
    desk: Desk, leader: Principal, register: Register
) -> None:
    register(complaint(), report(), report())
    assert regions(desk, leader)["110101"]["reports"] is None
    register(report())
    assert regions(desk, leader)["110101"]["reports"] == 3


def test_no_difference_of_two_figures_tells_few_reports(
    desk: Desk, leader: Principal, register: Register
) -> None:
    register(complaint(), report(), report())
    assert regions(desk, leader)["110101"]["cases"] == 1
    assert figures(desk, leader, region="110101")["received"]["value"] == 1
    assert figures(desk, leader)["received"]["value"] == 3
    register(report())
    assert regions(desk, leader)["110101"]["cases"] == 4
    assert figures(desk, leader, region="110101")["received"]["value"] == 4


def test_the_rate_is_per_ten_thousand_businesses(
    desk: Desk, leader: Principal, register: Register, database: OneTransaction
) -> None:
    with database.unit_of_work(system("set-up")) as session:
        session.execute(text("update maps.businesses set district = '东区'"))
        session.execute(text("insert into maps.revisions values ('businesses', gen_random_uuid())"))
    register(complaint())
    assert regions(desk, leader)["110101"]["per_10k"] == 10_000


def test_figures_follow_a_complaint_through_its_procedure(
    desk: Desk,
    leader: Principal,
    bureau: Bureau,
    database: OneTransaction,
    office: Office,
    register: Register,
    clock: FixedClock,
) -> None:
    case_id = register(complaint())
    register(consultation(person={}))
    unit, commander = bureau.person("UNIT"), bureau.person("CMD")
    steps: list[tuple[Principal, str, dict[str, Any]]] = [
        (commander, "route", {"organisation_id": bureau.branch.id}),
        (unit, "accept", {}),
        (unit, "mediate", {"mode": "phone"}),
        (unit, "agree", {"result": "退款", "amount_recovered": 268.5}),
    ]
    for who, action, given in steps:
        clock.advance(days=1)
        with database.unit_of_work(who) as session:
            actions.act(session, office, case_id, action, given)
    found = figures(desk, leader)
    assert found["received"]["value"] == 1
    assert found["consultations"]["value"] == 1
    assert (found["accepted_rate"]["value"], found["accepted_rate"]["n"]) == (100.0, 1)
    assert found["first_check_on_time"]["value"] == 100.0
    assert found["mediation_success"]["value"] == 100.0
    assert found["recovered"]["value"] == 268.5
    assert found["overdue"]["value"] == 1, "the consultation waits since the day before yesterday"
    clock.advance(days=40)
    later = figures(desk, leader, days=30)
    assert (later["received"]["value"], later["received"]["previous"]) == (0, 1)


def test_a_missed_first_check_counts_against_the_rate(
    desk: Desk, leader: Principal, bureau: Bureau, database: OneTransaction, office: Office,
    register: Register, clock: FixedClock,
) -> None:  # fmt: skip
    late, never = register(complaint()), register(complaint())
    for case_id in (late, never):
        with database.unit_of_work(bureau.person("CMD")) as session:
            given = {"organisation_id": bureau.branch.id}
            actions.act(session, office, case_id, "route", given)
    clock.advance(days=25)
    with database.unit_of_work(bureau.person("UNIT")) as session:
        actions.act(session, office, late, "accept", {})
    found = figures(desk, leader)
    assert found["first_check_on_time"] == {
        "code": "first_check_on_time", "value": 0.0, "unit": "percent", "target": 99.83, "n": 2,
        "previous": None,
    }  # fmt: skip


def test_arrival_and_acknowledgement_times_come_from_the_orders(
    desk: Desk, leader: Principal, database: OneTransaction, bureau: Bureau, register: Register,
    clock: FixedClock,
) -> None:  # fmt: skip
    case_id = register(complaint())
    with database.unit_of_work(system("set-up")) as session:
        for number, minutes in enumerate((6, 10, 30)):
            session.add(_order(case_id, leader.organisation_path, number, clock, minutes))
    clock.advance(hours=1)
    found = figures(desk, leader)
    assert found["orders"]["value"] == 3
    assert found["arrival_median"]["value"] == 10.0
    assert found["arrival_p90"]["value"] == 26.0
    assert found["ack_median"]["value"] == 45.0
    assert figures(desk, leader, region="110102")["orders"]["value"] == 0


def _order(case_id: int, path: str, number: int, clock: FixedClock, minutes: int) -> Order:
    assignment = Assignment(
        target_kind="branch", target_id=1, target_name="所", target_path="/1/", code=f"100{number}",
        state="ON_SCENE", acknowledged_at=clock.at + timedelta(seconds=45),
        on_scene_at=clock.at + timedelta(minutes=minutes),
    )  # fmt: skip
    return Order(
        order_no=f"DD{number}", idempotency_key=f"00000000-0000-0000-0000-00000000000{number}",
        case_id=case_id, brief={"case_no": "x"}, organisation_path=path, kind="inspect", urgency=1,
        closed=False, channels=["sms"], state="ON_SCENE", created_at=clock.at, issued_at=clock.at,
        created_by=1, created_by_name="x", assignments=[assignment],
    )  # fmt: skip


def test_the_trend_names_every_day_in_the_bureaus_zone(
    desk: Desk, leader: Principal, register: Register, clock: FixedClock
) -> None:
    clock.at = clock.at.replace(hour=17)  # already the 23rd in Beijing
    register(complaint(), report())
    days = desk.get(leader, "/insight/trend", days=3).get_json()
    assert [day["day"] for day in days] == ["2026-09-21", "2026-09-22", "2026-09-23"]
    assert days[-1] == {
        "day": "2026-09-23", "complaints": 1, "reports": 1, "consultations": 0,
    }  # fmt: skip


def test_statistics_end_at_the_readers_jurisdiction(
    desk: Desk, bureau: Bureau, database: OneTransaction, office: Office, register: Register
) -> None:
    routed = register(complaint())
    register(complaint())
    with database.unit_of_work(bureau.person("CMD")) as session:
        actions.act(session, office, routed, "route", {"organisation_id": bureau.branch.id})
    there = bureau.person("LEAD", at=bureau.branch)
    assert figures(desk, there)["received"]["value"] == 1
    assert figures(desk, bureau.person("LEAD"))["received"]["value"] == 2


@pytest.mark.parametrize("path", ["indicators", "regions", "trend", "heatmap.html"])
def test_statistics_need_their_permission(desk: Desk, bureau: Bureau, path: str) -> None:
    assert desk.get(bureau.person("AGENT"), f"/insight/{path}").status_code == 403
    assert desk.get(None, f"/insight/{path}").status_code == 401
    assert desk.get(bureau.person("LEAD"), f"/insight/{path}", days=0).status_code == 422


@pytest.mark.skipif(not folium_assets.available(), reason="the front end is not built")
def test_the_heat_map_carries_cells_and_areas_and_no_case(
    desk: Desk, leader: Principal, register: Register, database: OneTransaction
) -> None:
    case_id = register(*[complaint() for _ in range(4)], report())
    answer = desk.get(leader, "/insight/heatmap.html", days=7)
    page = answer.text
    assert answer.status_code == 200
    assert "投诉举报热力图" in page and json.dumps("东区")[1:-1] in page
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    with database.unit_of_work(leader) as session:
        case = queries.get(session, case_id)
    for secret in (case.case_no, "老王饭店", "116.43", "39.92,", "建国路"):
        assert secret not in page and json.dumps(secret)[1:-1] not in page


@pytest.mark.skipif(not folium_assets.available(), reason="the front end is not built")
def test_a_cell_with_two_reports_is_blank_and_adds_nothing_to_the_map_of_all_kinds(
    desk: Desk, leader: Principal, register: Register
) -> None:
    def heat(**query: Any) -> str:
        page = desk.get(leader, "/insight/heatmap.html", **query).text
        return page[page.index("L.heatLayer(") :][:300]

    register(*[complaint() for _ in range(3)])
    complaints_only = heat()
    register(report(), report())
    assert heat(kind="JB").split("(", 1)[1].lstrip().startswith("[]")
    assert heat().split("]]")[0][-60:] == complaints_only.split("]]")[0][-60:]
