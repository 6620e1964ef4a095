"""The one place where real parts are chosen and events and jobs meet their handlers."""

from dataclasses import dataclass
from typing import Any

from apiflask import APIBlueprint

from command_center.accounts import views as accounts_views
from kernel.access import Principal, system
from kernel.bus import Bus
from kernel.crypto import Vault
from kernel.db import Database
from kernel.events import EventBus
from kernel.jobs import Handlers
from kernel.settings import Settings

WORKER = system("worker")


@dataclass(frozen=True)
class House:
    """The parts of one running process."""

    settings: Settings
    database: Database
    bus: Bus
    vault: Vault
    handlers: Handlers
    principal: Principal = WORKER

    def health(self) -> dict[str, Any]:
        return {"ok": True}

    def public_config(self) -> dict[str, Any]:
        """What a page may know before anyone has signed in."""
        return {
            "mode": self.settings.mode,
            "timezone": self.settings.timezone,
            "hotlines": ["12315", "12365", "96315"],
            "region_code": self.settings.region_code,
            "map": {"lon": 116.39, "lat": 39.92, "zoom": 11},
            "demo_accounts": [],
        }


def build(settings: Settings) -> House:
    """Choose the real parts for these settings. Opens no connection yet."""
    events = EventBus()
    database = Database(settings.sqlalchemy_url, events=events)
    return House(
        settings=settings,
        database=database,
        bus=Bus(settings.bus_url),
        vault=Vault(settings.identity_key),
        handlers=Handlers(),
    )


def blueprints(house: House) -> list[APIBlueprint]:
    """Every room's views."""
    return [accounts_views.blueprint]
