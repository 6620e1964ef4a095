"""Three-party calls on a real database: who is called when, who leaves, what the leader decides."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from dispatch.conference import queries
from dispatch.conference.decision import Said
from dispatch.conference.models import Conference, ConferenceParty
from dispatch.conference.service import RING
from dispatch.orders.authority import Approver
from dispatch.orders.ports import Officer
from dispatch.orders.service import ByCall
from kernel.access import Principal
from kernel.errors import BadInput, Conflict, Forbidden, NotFound
from kernel.jobs import Job
from telephony import news
from telephony.engine_http import NotReached
from telephony.gateways.base import OutcomeUnknown
from tests.integration.dispatch.conftest import (
    COLLEAGUE,
    COMMANDER,
    COMPLAINT,
    DISPATCHER,
    GRAVE,
    REPORT,
    SETUP,
    STRANGER,
    WORKER,
    Desk,
    person,
)

OWN = Officer(DISPATCHER.id, DISPATCHER.name, "+9991000000007", False, "8003")
OTHER = Officer(COLLEAGUE.id, COLLEAGUE.name, "+9991000000008", False, "8007")
LEADER = Officer(COMMANDER.id, COMMANDER.name, "+9991000000009", False, "8004")
DEPUTY = Officer(10, "副局长", "+9991000000010", False)
DEPUTY_ITSELF = replace(person(10, "CMD", name="副局长"))
CALLER_NUMBER = "+9991381234567"
AGENT = person(5, "AGENT", name="接线员")


@dataclass
class Call:
    """A conference as a test follows it."""

    desk: Desk
    id: int

    @property
    def now(self) -> Conference:
        return self.desk.do(lambda s: s.get_one(Conference, self.id), SETUP)

    def party(self, part: str) -> ConferenceParty:
        return next(one for one in reversed(self.now.parties) if one.part == part)

    def leaders(self) -> list[ConferenceParty]:
        return [one for one in self.now.parties if one.part == "leader"]

    def states(self) -> dict[str, str]:
        return {one.part: one.state for one in self.now.parties}

    def hear(self, part: str, said: str, **passed: float) -> None:
        """The exchange says something of that party's line."""
        ident = self.party(part).id
        at = self.desk.clock.now()
        self.desk.do(lambda s: news.party_changed(s, self.id, ident, said, at), WORKER)
        if said != "joined":
            self.desk.line.up.discard(f"conference-{self.id}-{ident}")
        self.desk.work(**passed)

    def called(self) -> list[dict[str, str]]:
        return [
            address for conference, _, address, _ in self.desk.line.rung if conference == self.id
        ]

    def act(self, verb: Callable[[Session], Conference], who: Principal = DISPATCHER) -> Conference:
        found = self.desk.do(verb, who)
        self.desk.work()
        return found

    def drop(self, part: str, who: Principal = DISPATCHER) -> None:
        ident = self.party(part).id
        self.act(lambda s: self.desk.room.conferences.drop(s, self.id, ident), who)

    def decide(self, decision: str, who: Principal = DISPATCHER, **more: object) -> Conference:
        said = Said(decision, **more)  # type: ignore[arg-type]
        return self.act(lambda s: self.desk.room.decisions.decide(s, self.id, said), who)


@pytest.fixture
def line(desk: Desk) -> Desk:
    """Everybody has a phone, a leader is on duty, citizens have left their number."""
    desk.directory.officers.update({one.id: one for one in (OWN, OTHER, LEADER, DEPUTY)})
    desk.directory.officers[AGENT.id] = Officer(AGENT.id, AGENT.name, "", False, "8001")
    desk.directory.duty = [LEADER, DEPUTY]
    desk.directory.approvers[10] = Approver(10, DEPUTY.name, frozenset({"CMD"}), "/1/")
    desk.gate.callers.update(dict.fromkeys((1, 2, 3), CALLER_NUMBER))
    return desk


def start(
    desk: Desk, case_id: int = 1, *, with_caller: bool = False, who: Principal = DISPATCHER,
    leader_id: int | None = None,
) -> Call:  # fmt: skip
    made = desk.do(
        lambda s: desk.room.conferences.start(s, case_id, leader_id, with_caller=with_caller), who
    )
    desk.work()
    return Call(desk, made.id)


def joined(desk: Desk, case_id: int = 1, **more: bool) -> Call:
    """The dispatcher and the leader talk."""
    call = start(desk, case_id, **more)
    call.hear("desk", "joined")
    call.hear("leader", "joined")
    return call


def test_the_own_phone_rings_first_then_the_leader_on_duty_on_all_lines(line: Desk) -> None:
    call = start(line)
    assert call.called() == [{"extension": "8003"}]
    assert call.states() == {"desk": "RINGING", "leader": "WAITING"}
    call.hear("desk", "joined")
    assert call.called()[1:] == [{"extension": "8004", "number": LEADER.phone}]
    call.hear("leader", "joined")
    assert call.states() == {"desk": "JOINED", "leader": "JOINED"}
    call.hear("leader", "left")
    assert line.line.hung_up == [(call.id, call.party("desk").id)], "nobody is left to talk to"
    call.hear("desk", "left")
    assert call.now.ended_at is not None
    assert line.told() == ["conference_started", "conference_ended"]


def test_a_complainant_joins_both_and_is_told_of_the_recording(line: Desk) -> None:
    call = start(line, with_caller=True)
    call.hear("desk", "joined")
    assert sorted(map(str, call.called()[1:])) == sorted(
        map(str, [{"extension": "8004", "number": LEADER.phone}, {"number": CALLER_NUMBER}])
    )
    assert [notice for *_, address, notice in line.line.rung if "number" in address] == [
        False,
        True,
    ]


def test_an_informant_has_left_before_the_leader_is_called(line: Desk) -> None:
    call = start(line, REPORT.case_id, with_caller=True)
    call.hear("desk", "joined")
    assert call.called()[1:] == [{"number": CALLER_NUMBER}]
    call.hear("caller", "joined", minutes=2)
    assert call.states()["leader"] == "WAITING"
    call.drop("caller")
    assert call.states() == {"desk": "JOINED", "leader": "WAITING", "caller": "JOINED"}
    call.hear("caller", "left")
    assert call.states() == {"desk": "JOINED", "leader": "RINGING", "caller": "LEFT"}
    call.hear("leader", "joined")
    # Nor does anybody bring them together again.
    call.act(lambda s: line.room.conferences.call_caller(s, call.id))
    assert call.party("caller").state == "WAITING"


def test_an_informant_who_consents_may_be_heard_and_why_is_on_record(line: Desk) -> None:
    call = start(line, REPORT.case_id, with_caller=True)
    call.hear("desk", "joined")
    call.hear("caller", "joined")
    line.gate.informant = "张三"
    for reason, code in (("张三同意", "facts_contain_identity"),):
        with pytest.raises(BadInput, match=code):
            call.act(lambda s, why=reason: line.room.conferences.consent(s, call.id, why))
    call.act(lambda s: line.room.conferences.consent(s, call.id, "愿意当面说明证据"))
    assert call.states()["leader"] == "RINGING"
    found = call.now
    assert (found.consent_by_name, found.consent_reason) == (DISPATCHER.name, "愿意当面说明证据")
    logged = text("select count(*) from kernel.audit where action = 'conference.consent'")
    assert line.do(lambda s: s.scalar(logged), SETUP) >= 1
    assert "caller_consented" in line.told()


def test_consent_is_asked_of_informants_alone(line: Desk) -> None:
    call = start(line)
    with pytest.raises(Conflict, match="no_report"):
        call.act(lambda s: line.room.conferences.consent(s, call.id, "同意"))


def test_a_number_stands_nowhere(line: Desk) -> None:
    """Not in rows, jobs, the log or what the case's timeline is told."""
    call = start(line, with_caller=True)
    call.hear("desk", "joined")
    call.hear("caller", "joined")
    tables = ("dispatch.conferences", "dispatch.conference_parties", "kernel.jobs", "kernel.audit")
    for table in tables:
        rows = line.do(
            lambda s, t=table: s.scalars(text(f"select t::text from {t} t")).all(), SETUP
        )
        assert not [row for row in rows if CALLER_NUMBER[4:] in row], table
    assert CALLER_NUMBER not in str(line.timeline)


@pytest.mark.parametrize(
    ("said", "problem"), [("busy", "busy"), ("no_answer", "no_answer"), ("dropped", "dropped")]
)
def test_a_leader_who_is_not_reached_is_shown_and_the_next_one_called(
    line: Desk, said: str, problem: str
) -> None:
    call = start(line, with_caller=True)
    call.hear("desk", "joined")
    call.hear("caller", "joined")
    call.hear("leader", said)
    leader, following = call.leaders()
    assert (leader.state, leader.problem) == ("FAILED", problem)
    assert (following.user_id, following.state) == (10, "WAITING")
    call.act(lambda s: line.room.conferences.call_in(s, call.id, 10, takes_over=False))
    assert call.called()[-1] == {"number": DEPUTY.phone}
    call.hear("leader", "joined")
    assert call.party("leader").name == DEPUTY.name
    line.work(minutes=1)
    assert [one.state for one in call.leaders()] == ["FAILED", "LEFT", "JOINED"]
    assert len(call.called()) == 4, "who was called by a press is not called by itself as well"


# -- the next leader is called by itself -------------------------------------------------------

HEAD = Officer(11, "局长", "+9991000000011", False, "8006")


@pytest.mark.parametrize("said", ["busy", "no_answer", "dropped"])
def test_ten_seconds_after_a_leader_was_not_reached_the_next_one_is_called(
    line: Desk, said: str
) -> None:
    call = start(line)
    call.hear("desk", "joined")
    call.hear("leader", said)
    assert call.now.ended_at is None, "the desk waits, it is not taken off"
    line.work(seconds=9)
    assert len(call.called()) == 2
    line.work(seconds=1)
    assert call.called()[2:] == [{"number": DEPUTY.phone}]
    call.hear("leader", "joined")
    line.work(minutes=1)
    assert [one.state for one in call.leaders()] == ["FAILED", "JOINED"]
    told = [(one["kind"], one["params"].get("to")) for one in line.timeline]
    assert told[1:] == [("leader_not_reached", LEADER.name), ("next_leader_called", DEPUTY.name)]
    assert line.timeline[1]["params"]["line"] == said
    assert call.decide("approve").decided_by == DEPUTY.id


def test_the_ladder_ends_and_the_call_with_it(line: Desk) -> None:
    line.directory.duty = [LEADER, DEPUTY, HEAD]
    call = start(line)
    call.hear("desk", "joined")
    for _ in range(3):
        call.hear("leader", "no_answer", seconds=10)
    assert [one.name for one in call.leaders()] == [LEADER.name, DEPUTY.name, HEAD.name]
    assert "no_leader_reached" in line.told()
    call.hear("desk", "left")
    assert call.now.ended_at is not None
    line.work(minutes=2)
    assert len(call.called()) == 4


def test_nobody_is_called_twice_nor_whoever_asks(line: Desk) -> None:
    line.directory.duty = [LEADER, OWN, DEPUTY]
    call = start(line, leader_id=DEPUTY.id)
    call.hear("desk", "joined")
    call.hear("leader", "busy", seconds=10)
    assert [one.user_id for one in call.leaders()] == [DEPUTY.id, LEADER.id]
    call.hear("leader", "busy", seconds=10)
    assert len(call.leaders()) == 2


def test_a_leader_whose_phone_rings_without_end_is_given_up(line: Desk) -> None:
    call = start(line)
    call.hear("desk", "joined")
    line.work(minutes=1, seconds=20)
    leader, following = call.leaders()
    assert (leader.state, leader.problem) == ("FAILED", "no_answer")
    assert (call.id, leader.id) in line.line.hung_up
    assert (following.user_id, following.state) == (DEPUTY.id, "RINGING")


def test_a_leader_without_a_phone_is_passed_over(line: Desk) -> None:
    call = start(line)
    line.line.fails.append(NotReached("ConnectionRefusedError"))
    call.hear("desk", "joined")
    line.work(seconds=10)
    assert [one.problem for one in call.leaders()] == ["engine_unreachable", None]
    assert call.called()[-1] == {"number": DEPUTY.phone}


def test_the_desk_may_hold_the_next_call_back(line: Desk) -> None:
    call = start(line, with_caller=True)
    call.hear("desk", "joined")
    call.hear("caller", "joined")
    call.hear("leader", "busy")
    call.drop("leader")
    line.work(minutes=1)
    assert [one.state for one in call.leaders()] == ["FAILED", "LEFT"]
    assert call.now.ended_at is None
    assert len(call.called()) == 3


def test_who_is_taken_off_is_not_replaced_nor_one_who_has_talked(line: Desk) -> None:
    call = joined(line, with_caller=True)
    call.hear("caller", "joined")
    call.hear("leader", "left", minutes=1)
    assert len(call.leaders()) == 1
    call.act(lambda s: line.room.conferences.end(s, call.id))
    dropped = start(line, 3, with_caller=True)
    dropped.hear("desk", "joined")
    dropped.drop("leader")
    dropped.hear("leader", "no_answer", minutes=1)
    assert [one.state for one in dropped.leaders()] == ["LEFT"]


def test_once_it_is_decided_no_other_leader_is_called(line: Desk) -> None:
    call = joined(line)
    call.act(lambda s: line.room.conferences.call_in(s, call.id, DEPUTY.id, takes_over=False))
    call.decide("approve")
    call.hear("leader", "busy", minutes=1)
    assert len(call.leaders()) == 2


def test_an_informant_who_was_called_back_leaves_before_the_next_leader(line: Desk) -> None:
    call = start(line, REPORT.case_id)
    call.hear("desk", "joined")
    call.hear("leader", "busy")
    call.act(lambda s: line.room.conferences.call_caller(s, call.id))
    assert call.states()["caller"] == "RINGING"
    call.hear("caller", "joined", minutes=1)
    assert call.party("leader").state == "WAITING", "however long it takes"
    call.hear("caller", "left")
    assert call.party("leader").state == "RINGING"


def test_the_next_call_survives_an_outage_and_happens_once(line: Desk) -> None:
    call = start(line)
    call.hear("desk", "joined")
    call.hear("leader", "busy")
    line.outage(minutes=2)
    line.work(seconds=1)
    assert call.called()[2:] == [{"number": DEPUTY.phone}]
    assert line.told().count("next_leader_called") == 1


def test_where_the_bureau_wants_it_the_next_leader_is_called_by_a_press_alone(line: Desk) -> None:
    line.room.conferences.next_leader = timedelta(0)
    call = start(line, with_caller=True)
    call.hear("desk", "joined")
    call.hear("caller", "joined")
    call.hear("leader", "busy", minutes=1)
    assert len(call.leaders()) == 1


def test_the_desk_does_not_answer(line: Desk) -> None:
    call = start(line, with_caller=True)
    call.hear("desk", "no_answer")
    assert call.now.ended_at is not None
    assert {one.problem for one in call.now.parties} == {"no_answer", "deserted"}
    assert len(call.called()) == 1, "nobody is called into an empty call"


def test_a_colleague_takes_over_and_the_desk_leaves_when_they_have_joined(line: Desk) -> None:
    call = start(line, with_caller=True)
    call.hear("desk", "joined")
    call.hear("caller", "joined")
    call.drop("leader")
    call.act(lambda s: line.room.conferences.call_in(s, call.id, OTHER.id, takes_over=True))
    assert call.called()[-1] == {"extension": "8007"}
    assert call.party("desk").hang_up_at is None
    call.hear("colleague", "joined")
    assert call.party("desk").hang_up_at is not None
    call.hear("desk", "left")
    assert call.states()["caller"] == "JOINED"
    assert call.now.ended_at is None
    seen = line.do(lambda s: queries.visible(s, COLLEAGUE, call.id), COLLEAGUE)
    assert seen.id == call.id


def test_an_informant_is_not_handed_over_without_their_word(line: Desk) -> None:
    call = start(line, REPORT.case_id, with_caller=True)
    call.hear("desk", "joined")
    call.hear("caller", "joined")
    call.act(lambda s: line.room.conferences.call_in(s, call.id, OTHER.id, takes_over=True))
    assert call.party("colleague").state == "WAITING"


def test_ending_takes_everybody_off(line: Desk) -> None:
    call = joined(line)
    call.act(lambda s: line.room.conferences.end(s, call.id))
    assert len(line.line.hung_up) == 2
    call.hear("desk", "left")
    call.hear("leader", "left")
    assert call.now.ended_at is not None


def test_news_of_a_conference_that_nobody_knows_change_nothing(line: Desk) -> None:
    call, at = start(line), line.clock.now()
    for conference, party in ((999_999, 1), (call.id, 999_999)):
        line.do(lambda s, c=conference, p=party: news.party_changed(s, c, p, "joined", at), WORKER)
    line.work()
    assert call.states() == {"desk": "RINGING", "leader": "WAITING"}
    assert line.do(lambda s: s.scalar(select(func.max(Job.attempt))), SETUP) in (None, 0)


def test_who_answers_after_we_gave_up_is_taken_off_again(line: Desk) -> None:
    call = start(line, REPORT.case_id, with_caller=True)
    call.hear("desk", "joined")
    call.hear("caller", "no_answer")
    call.hear("leader", "joined")
    call.hear("caller", "joined")
    assert (call.id, call.party("caller").id) in line.line.hung_up


def test_lines_that_are_called_at_once_do_not_wait_for_each_other(line: Desk) -> None:
    call = start(line, with_caller=True)
    ident, at = call.party("desk").id, line.clock.now()
    line.do(lambda s: news.party_changed(s, call.id, ident, "joined", at), WORKER)
    worker = line.worker()
    claimed = worker.claim(9)
    while {one.kind for one in claimed} != {RING}:
        for job in claimed:
            worker.run_one(job)
        claimed = worker.claim(9)
    assert len(claimed) == 2
    threads = [threading.Thread(target=line.worker().run_one, args=(job,)) for job in claimed]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert call.states() == {"desk": "JOINED", "leader": "RINGING", "caller": "RINGING"}
    assert line.do(lambda s: s.scalar(select(func.max(Job.attempt))), SETUP) in (None, 0)


# -- the exchange fails ------------------------------------------------------------------------


def test_without_the_exchange_the_call_fails_and_says_so(line: Desk) -> None:
    line.line.fails.append(NotReached("ConnectionRefusedError"))
    call = start(line)
    assert call.party("desk").problem == "engine_unreachable"
    assert call.now.ended_at is not None


def test_lines_that_the_exchange_has_lost_are_gone(line: Desk) -> None:
    call = joined(line)
    line.work(minutes=1)
    assert call.now.ended_at is None
    line.line.up.clear()
    line.line.fails.append(OutcomeUnknown("timed out"))
    line.work(seconds=20)
    assert call.now.ended_at is None, "who does not answer has not said that the lines are gone"
    line.work(seconds=20)
    assert call.now.ended_at is not None
    assert {one.problem for one in call.now.parties} == {"line_lost"}


def test_a_hang_up_is_asked_until_the_exchange_answers(line: Desk) -> None:
    call = joined(line)
    line.line.fails.append(OutcomeUnknown("timed out"))
    call.drop("leader")
    assert line.line.hung_up == []
    line.work(seconds=2)
    assert line.line.hung_up == [(call.id, call.party("leader").id)]


# -- who may -----------------------------------------------------------------------------------


def test_a_case_of_another_jurisdiction_does_not_exist(line: Desk) -> None:
    with pytest.raises(NotFound):
        start(line, who=STRANGER)
    call = start(line)
    for verb in (
        lambda s: queries.visible(s, STRANGER, call.id),
        lambda s: line.room.conferences.end(s, call.id),
        lambda s: line.room.decisions.decide(s, call.id, Said("approve")),
    ):
        with pytest.raises(NotFound):
            line.do(verb, STRANGER)
    with pytest.raises(NotFound):
        line.do(lambda s: line.room.conferences.of_case(s, 1), STRANGER)
    assert line.do(lambda s: queries.of_case(s, STRANGER, 1), STRANGER) == []


def test_an_agent_sees_the_calls_that_they_are_in(line: Desk) -> None:
    mine, others = start(line, who=AGENT), start(line, REPORT.case_id)
    assert line.do(lambda s: queries.visible(s, AGENT, mine.id), AGENT).id == mine.id
    with pytest.raises(NotFound):
        line.do(lambda s: queries.visible(s, AGENT, others.id), AGENT)


def test_what_stands_in_the_way(line: Desk) -> None:
    start(line)
    with pytest.raises(Conflict, match="conference_running"):
        start(line)
    line.directory.officers[DISPATCHER.id] = replace(OWN, extension="")
    with pytest.raises(Conflict, match="no_extension"):
        start(line, 3)
    line.directory.officers[DISPATCHER.id] = OWN
    with pytest.raises(BadInput, match="cannot_be_called"):
        start(line, 3, leader_id=OTHER.id)
    line.gate.callers.clear()
    with pytest.raises(Conflict, match="no_number"):
        start(line, 3, with_caller=True)
    line.directory.duty = []
    with pytest.raises(Conflict, match="no_leader"):
        start(line, 3)


def test_a_pause_holds_citizens_back_and_not_our_own(line: Desk) -> None:
    line.do(lambda s: line.room.outbound.pause(s, "演练"), COMMANDER)
    with pytest.raises(Conflict, match="outbound_paused"):
        start(line, with_caller=True)
    assert start(line, 3).states()["desk"] == "RINGING"


def test_without_an_engine_nobody_is_called(line: Desk) -> None:
    line.room.conferences._exchange = None
    assert not line.do(lambda s: line.room.conferences.choices(s, 1)).ready
    with pytest.raises(Conflict, match="no_exchange"):
        start(line)


def test_the_choices_name_leaders_and_colleagues(line: Desk) -> None:
    found = line.do(lambda s: line.room.conferences.choices(s, 1))
    assert (found.ready, found.extension, found.has_caller) == (True, "8003", True)
    assert [one.id for one in found.leaders] == [9, 10]
    assert [one.id for one in found.colleagues] == [OTHER.id, AGENT.id]
    own = line.do(lambda s: line.room.conferences.choices(s, 1), COMMANDER)
    assert [one.id for one in own.leaders] == [10], "nobody decides about their own order"


# -- the decision ------------------------------------------------------------------------------


def test_the_leader_decides_on_line_and_the_waiting_order_goes(line: Desk) -> None:
    order_id = line.issue(line.unit("京A0001"), case=GRAVE)
    call = joined(line, GRAVE.case_id)
    call.decide("approve", COMMANDER, words="同意出动", order_id=order_id)
    order, found = line.order(order_id), call.now
    assert order.state == "ISSUED"
    assert (order.approval_mode, order.conference_id) == ("call", call.id)
    assert (order.approver_name, order.approved_at) == (COMMANDER.name, found.decided_at)
    assert order.confirmed_at == found.confirmed_at == line.clock.now()
    line.work(hours=1)
    assert line.alarms("oral_unconfirmed") == []
    assert ["decision_recorded", "order_approved"] == [
        kind for kind in line.told() if kind in ("decision_recorded", "order_approved")
    ]


def test_what_the_desk_wrote_down_is_confirmed_within_30_minutes_or_an_alarm_climbs(
    line: Desk,
) -> None:
    order_id = line.issue(line.unit("京A0001"), case=GRAVE)
    call = joined(line, GRAVE.case_id)
    call.decide("approve", words="电话里同意", order_id=order_id)
    order = line.order(order_id)
    assert order.state == "ISSUED"
    assert order.confirmed_at is None
    assert order.confirm_due_at == line.clock.now() + timedelta(minutes=30)
    line.work(minutes=29)
    assert line.alarms("oral_unconfirmed") == []
    line.work(minutes=1)
    (alarm,) = line.alarms("oral_unconfirmed")
    assert (alarm.rung, alarm.params["name"]) == ("CMD", COMMANDER.name)
    line.work(minutes=3)
    assert line.alarms("oral_unconfirmed")[0].rung == "DEPUTY"
    with pytest.raises(Forbidden, match="not_the_approver"):
        call.act(lambda s: line.room.decisions.confirm(s, call.id), DEPUTY_ITSELF)
    call.act(lambda s: line.room.decisions.confirm(s, call.id), COMMANDER)
    assert line.alarms("oral_unconfirmed") == []
    assert line.order(order_id).confirmed_at == call.now.confirmed_at == line.clock.now()
    assert line.told().count("decision_confirmed") == 1


def test_an_order_that_is_written_after_the_call_goes_by_it(line: Desk) -> None:
    call = joined(line, GRAVE.case_id)
    with pytest.raises(BadInput, match="not_approved"):
        line.issue(line.unit("京A0001"), case=GRAVE, oral=ByCall(call.id))
    call.decide("approve")
    with pytest.raises(BadInput, match="not_approved"):
        other = joined(line, REPORT.case_id)
        other.decide("approve")
        line.issue(line.unit("京A0002"), case=GRAVE, oral=ByCall(other.id))
    order = line.order(line.issue(line.unit("京A0003"), case=GRAVE, oral=ByCall(call.id)))
    assert (order.state, order.approval_mode, order.conference_id) == ("ISSUED", "call", call.id)
    assert order.confirm_due_at == call.now.confirm_due_at


def test_a_leader_who_refuses_stops_the_order(line: Desk) -> None:
    order_id = line.issue(line.unit("京A0001"), case=GRAVE)
    call = joined(line, GRAVE.case_id)
    call.decide("refuse", words="证据不足", order_id=order_id)
    order = line.order(order_id)
    assert (order.state, order.end_reason, order.conference_id) == ("REFUSED", "证据不足", call.id)
    assert call.now.confirm_due_at is None
    line.work(hours=1)
    assert line.alarms("oral_unconfirmed") == []


def test_nobody_decides_who_was_not_there_and_only_once(line: Desk) -> None:
    call = start(line)
    with pytest.raises(Conflict, match="no_leader_joined"):
        call.decide("approve")
    call.hear("desk", "joined")
    call.hear("leader", "joined")
    with pytest.raises(BadInput, match="did_not_join"):
        call.decide("approve", leader_id=DEPUTY.id)
    line.gate.informant = "张三"
    with pytest.raises(BadInput, match="facts_contain_identity"):
        call.decide("other", words="找张三核实")
    call.decide("other", words="先去现场看")
    assert (call.now.decision, call.now.decided_by) == ("other", COMMANDER.id)
    with pytest.raises(Conflict, match="already_decided"):
        call.decide("approve")


def test_a_colleague_s_order_of_another_case_is_not_let_go(line: Desk) -> None:
    order_id = line.issue(line.unit("京A0001"), case=GRAVE)
    call = joined(line, COMPLAINT.case_id)
    with pytest.raises(NotFound):
        call.decide("approve", order_id=order_id)
    assert line.order(order_id).state == "PENDING_APPROVAL"
    assert call.now.decision is None
