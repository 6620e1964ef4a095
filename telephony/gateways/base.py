"""What every gateway is: telephony's adapter to one engine.

A gateway answers before or after the engine has taken a message, and never leaves that open: it
gives Accepted, gives Refused (certainly not taken), or raises OutcomeUnknown. What becomes of an
accepted message arrives later as receipts (`telephony.receipts`), keyed by message, attempt and
part.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol, runtime_checkable

from kernel.settings import Settings
from telephony.lifecycle import Kind

MODULES = {
    "sms_kannel": "telephony.gateways.sms_kannel",
    "fax_simulator": "telephony.gateways.fax_simulator",
    "fax_asterisk": "telephony.gateways.fax_asterisk",
    "fax_hylafax": "telephony.gateways.fax_hylafax",
    "voice_asterisk": "telephony.gateways.voice_asterisk",
}
"""The registration of a gateway: its name and its module, loaded when asked for."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What an engine takes in one go: one part of an SMS, a whole fax, or what a call says.

    `document`: the pages of a fax, or the sound of a call.
    """

    message_id: int
    attempt: int
    to: str
    part: int = 1
    parts: int = 1
    """Parts of an SMS, pages of a fax."""
    text: str = ""
    document: Path | None = None
    recipient_name: str = ""
    subject: str = ""
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Accepted:
    """The engine has it, and will do the rest. `problem`: it has, but cannot pass it on yet."""

    provider_id: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The engine certainly has not taken it. `again`: it may later."""

    reason: str
    again: bool


class OutcomeUnknown(Exception):
    """The engine may have taken it and may not: the connection broke in between."""


@dataclass(frozen=True, slots=True)
class Health:
    """Whether messages can leave now, and what the engine says about itself."""

    ok: bool
    detail: dict[str, object]


class Gateway(Protocol):
    name: str
    channel: str
    real: bool
    """Whether it reaches people; False for a simulator."""

    def send(self, outgoing: Outgoing) -> Accepted | Refused:
        """Hand over one message; within 15 s. Raises OutcomeUnknown."""
        ...

    def health(self) -> Health:
        """Ask the engine; within 3 s, never raises."""
        ...


@runtime_checkable
class HangsUp(Protocol):
    """A gateway whose calls can be ended while they ring."""

    def hang_up(self, message_id: int, attempt: int) -> None:
        """End the attempt's call if nobody has answered it; within 15 s.

        Raises NotReached, OutcomeUnknown, ValueError while the engine does not say.
        """
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an engine knows of an attempt when it is asked; `part`: the page, or pages passed."""

    kind: Kind
    part: int
    provider_id: str
    reason: str


@runtime_checkable
class Asked(Protocol):
    """A gateway whose engine reports nothing by itself."""

    name: str

    def outcomes(self) -> Mapping[str, Outcome]:
        """Job of an attempt -> what is known; within 15 s. Raises NotReached, OutcomeUnknown."""
        ...


def in_use(settings: Settings) -> dict[str, Gateway]:
    """Channel -> the gateway that serves it."""
    names = {"sms": "sms_kannel", "fax": f"fax_{settings.fax_engine}"}
    if settings.voice_engine != "none":
        names["voice"] = f"voice_{settings.voice_engine}"
    return {channel: load(name, settings) for channel, name in names.items()}


def load(name: str, settings: Settings) -> Gateway:
    """The gateway of that name; raises KeyError for one that is not registered."""
    found: Gateway = import_module(MODULES[name]).create(settings)
    return found
