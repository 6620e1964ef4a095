"""What a drill tries: every number of every branch, and the mobiles of whoever works there now."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from dispatch.numbers import sender
from dispatch.orders.ports import BRANCH, Branch, Directory
from dispatch.orders.recipients import Address, Contact, of_branch, of_unit
from dispatch.units import queries as units
from kernel.db import principal_of

MOBILES = "sms"
"""Nobody's mobile is called by a machine for a drill."""


@dataclass(frozen=True, slots=True)
class Line:
    """One address to be tried; `person` is whose mobile it is, empty for the branch's own."""

    branch: Branch
    address: Address
    person: str = ""


def lines(session: Session, directory: Directory, channels: Collection[str]) -> list[Line]:
    """Those of the caller's jurisdiction, each branch's own before its people's.

    Its people are the crews that are signed on, and whoever the roster puts at a post there now;
    of somebody who is both, a number is taken once.
    """
    who, found = principal_of(session), list[Line]()
    crews: dict[int, dict[tuple[int, str], Contact]] = defaultdict(dict)
    for member in units.crews_on_duty(session, who):
        key = member.user_id, sender(member.phone)
        crews[member.unit.organisation_id][key] = Contact(member.name, member.phone)
    for contact in directory.contacts(session, who.organisation_path):
        branch = contact.branch
        if branch.kind != BRANCH:
            continue
        found += [Line(branch, one) for one in of_branch(branch, channels, closed=False)]
        people = crews[branch.id]
        for one in contact.on_duty:
            people.setdefault((one.id, sender(one.phone)), Contact(one.name, one.phone))
        mobiles = of_unit(branch.name, list(people.values()), {MOBILES} & set(channels))
        found += [Line(branch, one, one.name) for one in mobiles]
    return found
