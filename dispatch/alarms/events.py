"""Facts about alarms, published after commit."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AlarmChanged:
    alarm_id: int
    organisation_path: str
