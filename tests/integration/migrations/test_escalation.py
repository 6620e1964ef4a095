"""An order that waited for its acknowledgement while the house was renewed keeps its alarm."""

from collections.abc import Callable

from sqlalchemy import create_engine, text

from command_center.migrations import schema
from dispatch.escalation.policy import RING, Policy

WAITING = """
with made as (
  insert into dispatch.orders (order_no, idempotency_key, case_id, brief, organisation_path, kind,
    urgency, closed, channels, state, created_at, created_by, created_by_name, issued_at)
  select 'DD' || n, gen_random_uuid(), 1, '{}', '/1/', 'inspect', 1, false, '["sms"]', 'ISSUED',
    now(), 1, 'x', now()
  from generate_series(1, 2) n returning id, order_no
), parts as (
  insert into dispatch.assignments (order_id, target_kind, target_id, target_name, target_path,
    code, state, ack_due_at, acknowledged_at)
  select id, 'branch', 1, 'x', '/1/', 1000 + id, 'ISSUED', timestamptz '2026-11-23 08:05Z',
    case order_no when 'DD2' then now() end
  from made returning id
)
insert into kernel.jobs (kind, payload, run_at, created_at)
select 'dispatch.ack_due', jsonb_build_object('assignment_id', id),
  timestamptz '2026-11-23 08:05Z', now() from parts
"""
COURSES = """
select o.order_no, e.state, e.position, e.due_at = a.ack_due_at as on_time, o.policy
from dispatch.escalations e join dispatch.assignments a on a.id = e.assignment_id
join dispatch.orders o on o.id = e.order_id
"""
JOBS = "select kind, payload - 'assignment_id' as payload, run_at from kernel.jobs order by id"


def test_who_waited_for_an_answer_still_does_and_may_go_back(
    make_database: Callable[[], str],
) -> None:
    url = make_database()
    schema.downgrade(url, "0017")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(WAITING))
        before = connection.execute(text(JOBS)).all()
    schema.upgrade(url)
    with engine.connect() as connection:
        [course] = connection.execute(text(COURSES)).all()
        jobs = connection.execute(text(JOBS)).all()
    schema.downgrade(url, "0017")
    with engine.connect() as connection:
        after = connection.execute(text(JOBS)).all()
    engine.dispose()
    assert (course.order_no, course.state, course.position, course.on_time) == (
        "DD1", "RUNNING", 0, True,
    )  # fmt: skip
    assert [(job.kind, job.payload) for job in jobs] == [("dispatch.escalate", {"position": 0})] * 2
    assert [job.run_at for job in jobs] == [job.run_at for job in before]
    policy = Policy.from_json(course.policy).check()
    assert [step.act for step in policy.steps] == [RING]
    assert after == before
