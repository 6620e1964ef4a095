"""What the room of cases needs from the installation, chosen by the wiring."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from command_center.cases.supervision.lifecycle import Level, levels
from dispatch.alarms.service import AlarmService
from kernel.crypto import Vault
from kernel.keyring import KeyFolder
from kernel.settings import Settings


def vault_of(settings: Settings) -> Vault:
    """The installation's vault: its first key, and those that were added since."""
    return Vault(settings.identity_key, KeyFolder(settings.key_folder, settings.identity_key))


@dataclass(frozen=True)
class Office:
    """Keys, zone, region, folder and the alarm bell."""

    vault: Vault
    alarms: AlarmService
    zone: ZoneInfo
    region_code: str
    attachments: Path
    originals: Path
    """Files as they were handed in, each sealed."""
    supervision: Mapping[int, Level]
    """How soon a supervision order of each level is answered."""
    roll_weekends: bool = True
    duplicates: timedelta = timedelta(days=30)
    """How far apart in time two cases about the same thing may come in."""

    @classmethod
    def of(cls, settings: Settings, vault: Vault, alarms: AlarmService) -> "Office":
        return cls(
            vault,
            alarms,
            settings.zone,
            settings.region_code,
            settings.var_dir / "attachments",
            settings.var_dir / "originals",
            levels(settings.supervision_sign_hours, settings.supervision_reply_days),
            settings.roll_weekends,
            timedelta(days=settings.duplicate_days),
        )

    @property
    def recordings(self) -> Path:
        return self.attachments.parent / "recordings"

    def day(self, moment: datetime) -> date:
        """The calendar day of a moment where the bureau is."""
        return moment.astimezone(self.zone).date()
