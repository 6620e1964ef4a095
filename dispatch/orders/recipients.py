"""To whom an order goes and over what, and what stands in the way. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from dispatch.orders.ports import STATION, Branch
from dispatch.recommendation.rank import Reason
from telephony.numbers import NOT_A_NUMBER, normal

Channel = Literal["sms", "fax", "app", "vehicle", "voice"]
CHANNELS: tuple[str, ...] = get_args(Channel)
NO_ENGINE = "no_engine"
"""What forbids a channel that nothing here serves."""
ATTENDANCE = "attendance_unconfirmed"
"""Why a closed fax is held: nobody has said yet who stands at the machine."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One person of a crew."""

    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Address:
    """One message to be: `blocked` says why it cannot go, `held` why it must wait."""

    channel: str
    name: str
    address: str
    blocked: str | None = None
    held: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A unit or branch that the order names; `blocked` forbids the whole order."""

    kind: str
    id: int
    name: str
    path: str
    is_copy: bool
    addresses: tuple[Address, ...]
    blocked: Reason | None = None
    reply_number: str = ""
    predicted_seconds: float | None = None
    predicted_by: str | None = None

    @property
    def usable(self) -> tuple[Address, ...]:
        return tuple(one for one in self.addresses if one.blocked is None)


def of_unit(
    name: str, crew: Sequence[Contact], channels: Collection[str], terminals: Sequence[int] = ()
) -> tuple[Address, ...]:
    """Each crew member's phone, the app of the unit, and its terminals; a car has no fax.

    Calls go out in the order of the crew.
    """
    found = []
    if "sms" in channels:
        found += [_by_phone(one.name, one.phone) for one in crew]
    if "app" in channels and crew:
        found.append(Address("app", name, ""))
    if "vehicle" in channels:
        found += [Address("vehicle", name, str(one)) for one in terminals]
    if "voice" in channels:
        found += [_by_phone(one.name, one.phone, "voice") for one in crew]
    return tuple(found)


def of_branch(branch: Branch, channels: Collection[str], *, closed: bool) -> tuple[Address, ...]:
    """The branch's phone and fax; of a closed order the fax waits for a person at the machine."""
    found = []
    if "sms" in channels:
        found.append(_by_phone(branch.name, branch.phone))
    if "fax" in channels:
        blocked = _fault(branch.fax, "no_fax_number")
        held = ATTENDANCE if closed and not blocked else None
        found.append(Address("fax", branch.name, branch.fax, blocked, held))
    if "voice" in channels:
        found.append(_by_phone(branch.name, branch.phone, "voice"))
    return tuple(found)


def served(addresses: Sequence[Address], engines: Collection[str]) -> tuple[Address, ...]:
    """The same, those of a channel without an engine forbidden."""
    return tuple(
        one if one.channel in engines else replace(one, blocked=NO_ENGINE) for one in addresses
    )


def obstacle(branch: Branch) -> Reason | None:
    """A business's own service station never receives an order."""
    if branch.kind == STATION:
        return Reason("recipient_is_station", {"name": branch.name})
    return None


def without_address(target: Target) -> Reason | None:
    """What to say when none of the chosen channels reaches the target."""
    if target.usable:
        return None
    params: dict[str, Any] = {"name": target.name}
    return Reason("no_channel_reaches", params)


def _by_phone(name: str, phone: str, channel: str = "sms") -> Address:
    return Address(channel, name, phone, _fault(phone, "no_phone"))


def _fault(number: str, missing: str) -> str | None:
    """What is wrong with a number; one bad number never stops the others."""
    if not number:
        return missing
    try:
        normal(number)
    except ValueError:
        return NOT_A_NUMBER
    return None
