"""Orders that climb while every process is killed in turn: nothing lost, nothing twice unmarked.

The journals of the SMSC and of the exchange outside are the witnesses. `KILLS` is how often (200
for the whole proof), `SEED` which; with `EXCHANGE=1` faxes are sent and people are called by a real
exchange, which is killed as well.
"""

import json
import os
import random
import signal
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from dispatch.escalation.policy import HOUSE
from tests.e2e.client import Client
from tests.e2e.system import System, until
from tests.e2e.test_bad_days import open_case

KILLS = int(os.environ.get("KILLS", "30"))
SEED = int(os.environ.get("SEED", "12315"))
OURS = ("worker", "serve", "smsbox", "bearerbox", "redis")
PACE = {
    "channels": ["app"],
    "limits": HOUSE[0].limits,
    "steps": [
        {"after": 1, "act": "send", "channels": ["sms"], "reach": "next", "every": 1, "rung": ""},
        {"after": 3, "act": "send", "channels": ["sms", "fax", "voice"], "reach": "all",
         "every": 0, "rung": ""},
        {"after": 5, "act": "ring", "channels": [], "reach": "all", "every": 0, "rung": "DISP"},
    ],
}  # fmt: skip
"""As quick as kills come; no policy that a person writes may be."""
pytestmark = pytest.mark.timeout(120 + 20 * KILLS + (900 if os.environ.get("EXCHANGE") else 0))


@dataclass
class Siege:
    """Orders to every branch in turn, and who is killed while they climb."""

    system: System
    dispatcher: Client
    cases: list[int]
    branches: list[int]
    source: random.Random
    issued: list[dict[str, Any]] = field(default_factory=list)
    acknowledged: dict[int, int] = field(default_factory=dict)
    """Assignment -> order, of those that a person has taken."""
    killed: Counter[str] = field(default_factory=Counter)

    @property
    def has_exchange(self) -> bool:
        return self.system.settings.uses_exchange

    @property
    def ways(self) -> tuple[str, ...]:
        return ("fax", "sms", "voice") if self.has_exchange else ("fax", "sms")

    @property
    def victims(self) -> tuple[str, ...]:
        return (
            *OURS,
            *(("asterisk-bureau", "call-reports") if self.has_exchange else ("fax-simulator",)),
        )

    def round(self, number: int) -> None:
        victim = self.victims[number % len(self.victims)]
        self.issue(number)
        time.sleep(self.source.uniform(0, 4))
        self.kill(victim)
        if number % 3 == 0:
            self.acknowledge(self.issued[-1])

    def issue(self, number: int) -> None:
        """The same request until it is answered: an order is written once."""
        wanted = {
            "case_id": self.cases[number % len(self.cases)],
            "unit_ids": [],
            "branch_ids": [self.branches[number % len(self.branches)]],
            "channels": [self.ways[number % len(self.ways)]],
            "kind": "verify",
            "idempotency_key": str(uuid.uuid4()),
            "override_reason": "演练",
        }
        self.issued.append(self.insist("/orders", wanted))

    def acknowledge(self, order: dict[str, Any]) -> None:
        assignment = order["assignments"][0]["id"]
        self.insist(f"/assignments/{assignment}/status", {"state": "ACKED"})
        self.acknowledged[assignment] = order["id"]

    def insist(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Ask until the web process is there and has answered."""

        def ask() -> dict[str, Any] | None:
            try:
                answer = self.dispatcher.send("POST", path, **body)
            except requests.RequestException:
                return None
            if answer.status_code >= 500:
                return None
            assert answer.ok, answer.text
            told: dict[str, Any] = answer.json()
            return told

        return until(ask, 180, f"an answer to {path}")

    def kill(self, name: str) -> None:
        file = self.system.settings.var_dir / "run" / f"{name}.pid"
        until(file.exists, 30, f"{name} to be there")
        try:
            os.kill(int(file.read_text().split()[0]), signal.SIGKILL)
        except (ProcessLookupError, ValueError, IndexError):
            return  # it is just being started again
        self.killed[name] += 1

    def sql(self, query: str) -> Any:
        return self.system.sql(query)  # type: ignore[arg-type]


@pytest.fixture
def besieged(running_system: System) -> Iterator[Siege]:
    system = running_system
    agent, dispatcher = Client(system, "agent"), Client(system, "dispatcher")
    system.sql(
        "insert into dispatch.policies (organisation_path, urgency, version, content, created_at,"
        " created_by, created_by_name) select path, 0, 1, %s, now(), 1, 'test'"
        " from accounts.organisations where parent_id is null returning id",
        json.dumps(PACE),
    )
    cases = [open_case(system, agent) for _ in range(6)]
    found = dispatcher.get(f"/cases/{cases[0]}/recommendation")["branches"]
    branches = [one["organisation_id"] for one in found if one["phone"] and one["fax"]]
    yield Siege(system, dispatcher, cases, branches, random.Random(SEED))
    system.sql("update dispatch.policies set replaced_at = now() returning id")
    for order in dispatcher.get("/orders", open=True):
        dispatcher.send("POST", f"/orders/{order['id']}/cancel", reason="演练结束")


def test_whoever_is_killed_each_step_happens_once_and_no_text_is_sent_twice(
    besieged: Siege,
) -> None:
    for number in range(KILLS):
        besieged.round(number)
    ids = [one["id"] for one in besieged.issued]
    system = besieged.system
    until(lambda: system.get("/healthz").get("ok"), 60, "a healthy system")
    patience = 1200 if besieged.has_exchange else 150  # calls wait for lines, one after the other
    until(lambda: _is_quiet(system, ids), patience, "every course at its end and every message out")
    print(f"killed {dict(besieged.killed)}, {len(ids)} orders")  # noqa: T201

    assert sum(besieged.killed.values()) >= KILLS * 0.8
    _every_order_climbed_to_its_end(system, besieged)
    _no_text_came_twice_without_a_mark(system, ids)
    if besieged.has_exchange:
        until(lambda: not _unknown(system, ids), 600, lambda: f"an outcome {_unknown(system, ids)}")
        _nobody_was_called_more_often_than_attempts_say(system)
    _nothing_was_lost(system, ids)


def _is_quiet(system: System, ids: list[int]) -> bool:
    running = system.sql(
        "select count(*) from dispatch.escalations where order_id = any(%s)"
        " and state = 'RUNNING'", ids,
    )[0][0]  # fmt: skip
    waiting = system.sql(
        "select count(*) from dispatch.deliveries where order_id = any(%s)"
        " and state in ('QUEUED', 'SENDING')", ids,
    )[0][0]  # fmt: skip
    return not running and not waiting


def _unknown(system: System, ids: list[int]) -> list[Any]:
    """Calls without an outcome; one that the exchange forgot counts as unknown once no call could
    last so long. Whoever pressed a key has answered, and may talk to the desk for half an hour.
    """
    return system.sql(
        "select d.id, d.channel, m.state, m.parts_confirmed, m.parts_total,"
        " array(select concat_ws(' ', number, outcome, now() - started_at)"
        "       from telephony.attempts where message_id = m.id order by number)"
        " from dispatch.deliveries d join telephony.messages m on m.id = d.message_id"
        " where d.order_id = any(%s)"
        " and d.state = 'SENT' and (d.channel = 'fax'"
        "   or d.channel = 'voice' and m.parts_confirmed = 0)", ids,
    )  # fmt: skip


def _every_order_climbed_to_its_end(system: System, besieged: Siege) -> None:
    rows = system.sql(
        "select e.assignment_id, e.state, e.position,"
        " array(select s.position from dispatch.escalation_steps s"
        "       where s.escalation_id = e.id and s.outcome <> 'late' order by s.id),"
        " a.acknowledged_at,"
        " (select max(d.created_at) from dispatch.deliveries d where d.assignment_id = a.id)"
        " from dispatch.escalations e join dispatch.assignments a on a.id = e.assignment_id"
        " where e.order_id = any(%s)",
        [one["id"] for one in besieged.issued],
    )
    assert len(rows) == len(besieged.issued), "one order for each request, one course for each"
    late = 0
    for assignment, state, position, taken, acknowledged_at, last in rows:
        if acknowledged_at is not None:
            assert state == "ANSWERED"
            assert last <= acknowledged_at, "sent after it was acknowledged"
            assert taken == sorted(set(taken)), f"each step once: {taken}"
        elif state == "LATE":  # a minute without anybody who could act: a person was told
            late += 1
            assert taken == list(range(position)), f"each step once: {taken}"
        else:
            assert assignment not in besieged.acknowledged, "an acknowledgement was lost"
            assert (state, position) == ("EXHAUSTED", 3)
            assert taken == [0, 1, 2], f"each step once: {taken}"
    told = system.sql("select sum((params->>'count')::int) from dispatch.alarms"
                      " where kind = 'overdue_after_outage'")[0][0]  # fmt: skip
    assert late <= (told or 0)
    assert late < len(rows) / 2, "mostly late proves little"


def _no_text_came_twice_without_a_mark(system: System, ids: list[int]) -> None:
    numbers = {row[0] for row in system.sql(
        "select order_no from dispatch.orders where id = any(%s)", ids)}  # fmt: skip
    came = Counter(
        (message["to"], message["text"])
        for message in system.smsc.messages()
        if any(number in message["text"] for number in numbers)
        and "【重发】" not in message["text"]
    )
    assert came, "the witness heard nothing"
    twice = {key: n for key, n in came.items() if n > 1}
    assert not twice, f"came twice: {twice}"


def _nobody_was_called_more_often_than_attempts_say(system: System) -> None:
    """Each attempt is written before its call is made; a whole fax is not sent once more."""
    called = Counter(
        "+" + said["called"][0].strip() for said in system.outside() if "called" in said
    )
    attempts = dict(system.sql(
        "select m.address, count(*) from telephony.attempts a"
        " join telephony.messages m on m.id = a.message_id"
        " where m.channel in ('fax', 'voice') group by 1"))  # fmt: skip
    assert called, "nobody was called"
    assert all(times <= attempts[number] for number, times in called.items()), (called, attempts)
    whole = Counter(
        "+" + said["to"][0].strip() for said in system.outside() if said.get("fax") == ["SUCCESS"]
    )
    faxes = dict(system.sql(
        "select address, count(*) from telephony.messages where channel = 'fax' group by 1"
    ))  # fmt: skip
    assert all(times <= faxes[number] for number, times in whole.items()), (whole, faxes)
    print(f"{called.total()} calls, {whole.total()} faxes came whole")  # noqa: T201


def _nothing_was_lost(system: System, ids: list[int]) -> None:
    """What counts as sent is at the peer; of what nobody knows a person was told."""
    heard = [(message["to"], message["text"]) for message in system.smsc.messages()]
    rows = system.sql(
        "select d.state, d.channel, d.address, d.text, d.assignment_id, d.stopped_at is null"
        " from dispatch.deliveries d where d.order_id = any(%s)", ids,
    )  # fmt: skip
    asked = {row[0] for row in system.sql(
        "select reference_id from dispatch.alarms where kind = 'delivery_problem'")}  # fmt: skip
    for state, channel, address, text, assignment, awaited in rows:
        if channel == "sms" and state in ("SENT", "DELIVERED"):
            assert any(to.endswith(address[-8:]) and said == text for to, said in heard), (
                f"{state} and never came: {address} {text}"
            )
        elif state in ("UNKNOWN", "FAILED") and awaited:
            assert assignment in asked, f"nobody was told of {state}"
