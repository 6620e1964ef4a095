"""Old cases go when two people say so; a sealed original opens for a reason and closes again."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from command_center import wiring
from command_center.cases import attachments, queries
from kernel.access import system
from kernel.db import Database
from tests.e2e.client import Client
from tests.e2e.desks import SECONDS, Desk
from tests.e2e.system import System, until
from tests.e2e.test_canary import register
from tests.factories.pictures import telling_photo

pytestmark = pytest.mark.timeout(240)
OLD = 3
"""Consultations whose time is over."""


def proposed(running: System) -> int:
    """Some consultations are long past; the clock lists them. Gives the list's id."""
    running.sql(
        "update cases.cases set closed_at = closed_at - interval '35 years' where id in"
        " (select id from cases.cases where kind = 'ZX' and closed_at is not null"
        " order by id limit %s) returning id",
        OLD,
    )
    running.sql("update kernel.jobs set run_at = now() where kind = 'archive.propose' returning id")
    found = until(
        lambda: running.sql("select id from cases.destructions where target = 'ZX'"), 60, "a list"
    )
    ident: int = found[0][0]
    return ident


def photographed(running: System, case_no: str) -> int:
    """A photo of the case, with all that a phone writes into one. Gives its id."""
    house = wiring.build(running.settings)
    database = Database(running.settings.owner_url, pool_size=1)
    try:
        with database.unit_of_work(system("evidence")) as session:
            case = queries.by_number(session, case_no)
            assert case is not None
            kept = attachments.add(session, house.office, case, "IMG_1.jpg", telling_photo("某人"))
            session.flush()
            return kept.id
    finally:
        database.close()
        house.database.close()


def test_what_is_due_is_destroyed_by_two_people_at_their_desks(
    running_system: System, signed_in: Callable[..., Page]
) -> None:
    ident = proposed(running_system)
    archivist = Desk(signed_in("archive", "/archive"))
    archivist.press(f"destruction-{ident}")
    expect(archivist.at("destruction-approve")).to_have_count(0)
    archivist.press("destruction-request")
    archivist.press("destruction-step-confirm")
    expect(archivist.at("destruction-state")).to_have_text("待批准", timeout=SECONDS)

    commander = Desk(signed_in("commander", "/archive"))
    commander.press(f"destruction-{ident}")
    commander.press("destruction-approve")
    commander.press("destruction-step-confirm")
    expect(commander.at("destruction-state")).to_have_text("已销毁", timeout=SECONDS)
    address = str(commander.at("certificate").get_attribute("href"))
    paper = commander.page.request.get(running_system.settings.base_url + address)
    assert paper.body().startswith(b"%PDF-")

    archivist.press("tab-search")
    archivist.at("archive-standing").select_option("destroyed")
    expect(archivist.page.locator("[data-testid^=archived-]")).to_have_count(OLD, timeout=SECONDS)


def test_a_sealed_original_opens_for_a_reason_and_closes_when_nobody_looks(
    running_system: System, signed_in: Callable[..., Page]
) -> None:
    report = register(Client(running_system, "agent"), running_system, "JB")
    photo = photographed(running_system, report["case_no"])
    dispatcher = Desk(signed_in("dispatcher", f"/cases/{report['id']}"))
    expect(dispatcher.at(f"file-{photo}")).to_be_visible(timeout=SECONDS)
    expect(dispatcher.at(f"file-{photo}-original")).to_have_count(0)

    commander = Desk(signed_in("commander", f"/cases/{report['id']}"))
    commander.press(f"file-{photo}-original")
    expect(commander.at("original-confirm")).to_be_disabled()
    commander.at("original-code").select_option("verify")
    commander.press("original-confirm")
    shown = commander.at("original-shown")
    expect(shown).to_be_visible(timeout=SECONDS)
    with commander.page.expect_download() as saved:
        commander.press("original-save")
    assert saved.value.path().read_bytes() == telling_photo("某人")
    commander.page.evaluate("window.dispatchEvent(new Event('pagehide'))")
    expect(shown).to_be_hidden(timeout=SECONDS)
    logged = running_system.sql(
        "select reason_code from kernel.audit where action = 'original.opened' and object_id = %s",
        str(photo),
    )
    assert logged == [("verify",)]
