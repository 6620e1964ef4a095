"""The commander looks back at the board, and nobody can take it for now."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.client import Client
from tests.e2e.desks import SECONDS, Desk
from tests.e2e.system import System

pytestmark = pytest.mark.timeout(240)


def played(system: System) -> list[dict[str, Any]]:
    """What the log says of past boards that were shown with places."""
    watched = Client(system, "audit").get("/audit?group=watched")["items"]
    return [one for one in watched if one["action"] == "track.played"]


def test_the_commander_looks_back_for_a_reason_and_comes_back_to_now(
    running_system: System, signed_in: Callable[..., Page]
) -> None:
    known, desk = played(running_system), Desk(signed_in("commander", "/dispatch"))
    desk.press("open-past")
    expect(desk.at("past-begin")).to_be_disabled()
    desk.at("past-reason").select_option("review")
    desk.press("past-begin")
    expect(desk.at("past-board")).to_be_visible(timeout=SECONDS)
    expect(desk.at("dispatch-desk")).to_have_attribute("inert", "")
    desk.page.keyboard.press("Control+k")
    expect(desk.at("command-bar")).to_have_count(0)

    desk.at("time-slider").focus()
    before = desk.at("past-when").inner_text()
    for _ in range(3):
        desk.page.keyboard.press("ArrowRight")
    expect(desk.at("past-when")).not_to_have_text(before)
    desk.press("time-play")
    expect(desk.at("time-play")).to_have_attribute("aria-pressed", "true")

    desk.page.keyboard.press("Escape")
    expect(desk.at("past-board")).to_have_count(0)
    expect(desk.at("dispatch-desk")).not_to_have_attribute("inert", "")
    desk.leave()
    assert [one["reason_code"] for one in played(running_system) if one not in known] == ["review"]
