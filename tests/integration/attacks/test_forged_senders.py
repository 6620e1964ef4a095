"""Texts whose sender is made up. What a carrier calls the sender is a stranger's choice."""

import pytest
from sqlalchemy import Connection, text

from command_center.accounts.models import Organisation, User
from dispatch.orders.models import Assignment
from dispatch.units.models import CrewMember
from tests.factories.siege import SETTER, Siege

SENDERS = ("", " ", "HACKER", "12315-OK", "x", "+", "%", "_", "*", "' or ''='", "00", "NULL", "-1",
           "１２３", "A+99913800000{}", "+99913800000{}x", "sms:+9991380000000{}")  # fmt: skip
"""`{}` stands for the end of a real number."""


def reply(besieged: Siege, sender: str, words: str) -> str:
    """What became of the text."""
    with besieged.database.unit_of_work(SETTER) as session:
        session.execute(
            text("insert into telephony.inbound (channel, gateway, provider_id, sender, recipient,"
                 " text, received_at, state) values ('sms', 'x', gen_random_uuid()::text, :sender,"
                 " '12315', :words, now(), 'new')"),
            {"sender": sender[:40], "words": words},
        )  # fmt: skip
        newest = session.scalar(text("select max(id) from telephony.inbound"))
    with besieged.database.unit_of_work(SETTER) as session:
        besieged.house.dispatch.inbound.received(session, {"inbound_id": newest})
        found = text("select outcome from dispatch.replies where inbound_id = :id")
        return str(session.scalar(found, {"id": newest}))


def scene(besieged: Siege) -> list[str]:
    """A crew and a branch that have no number at all, with an order in hand; gives its codes."""
    with besieged.database.unit_of_work(SETTER) as session:
        session.query(CrewMember).update({"number": "", "phone": ""})
        session.query(Assignment).update({"reply_number": "", "state": "ISSUED"})
        session.query(User).update({"phone": ""})
        session.query(Organisation).update({"phone": ""})
        return [one.code for one in session.query(Assignment)]


@pytest.mark.parametrize("sender", SENDERS)
def test_a_made_up_sender_moves_nothing(besieged: Siege, sender: str) -> None:
    with besieged.database.attack() as connection:
        known = crew_number(connection)
        codes = scene(besieged) if "{}" not in sender else all_codes(connection)
        before = states(connection)
        for words in ("1", "接令", *(f"1 码{code}" for code in codes)):
            assert reply(besieged, sender.format(known[-4:]), words) == "to_person"
        assert states(connection) == before


def test_the_crews_own_number_does(besieged: Siege) -> None:
    """Without this the test above could pass because nothing ever moves."""
    with besieged.database.attack() as connection:
        number = crew_number(connection)
        assert reply(besieged, f"+{number}", "2") == "applied"


def crew_number(connection: Connection) -> str:
    connection.execute(text("select set_config('role', 'none', true)"))
    return str(connection.scalar(text("select number from dispatch.crew order by id limit 1")))


def all_codes(connection: Connection) -> list[str]:
    return list(connection.scalars(text("select code from dispatch.assignments")))


def states(connection: Connection) -> list[tuple[int, str]]:
    connection.execute(text("select set_config('role', 'none', true)"))
    found = connection.execute(text("select id, state from dispatch.assignments order by id"))
    return [(ident, state) for ident, state in found]
