"""What was composed before the gate stood keeps its way out."""

from collections.abc import Callable

from sqlalchemy import create_engine, text

from command_center.migrations import schema
from kernel.gate import gate

ORDER = """
insert into dispatch.orders (order_no, idempotency_key, case_id, brief, organisation_path, kind,
  urgency, closed, channels, state, created_at, created_by, created_by_name)
values ('DD1', gen_random_uuid(), 1, jsonb_build_object('confidential', true), '/1/', 'inspect',
  0, true, '["sms"]', 'ISSUED', now(), 1, '李文涛') returning id
"""
ASSIGNMENT = """
insert into dispatch.assignments (order_id, target_kind, target_id, target_name, target_path, code,
  state) values (:order_id, 'branch', 12, '东华门市监所', '/1/', '4821', 'ISSUED') returning id
"""
DELIVERY = """
insert into dispatch.deliveries (order_id, assignment_id, order_no, case_id, organisation_path,
  urgency, channel, name, text, state, created_at)
values (:order_id, :assignment_id, 'DD1', 1, '/1/', 0, 'sms', '所', '核查：老王饭店', 'QUEUED',
  now())
"""


def test_a_message_that_waits_while_the_gate_is_built_may_still_leave(
    make_database: Callable[[], str],
) -> None:
    url = make_database()
    schema.downgrade(url, "0007")
    engine = create_engine(url)
    with engine.begin() as connection:
        order_id = connection.scalar(text(ORDER))
        assignment_id = connection.scalar(text(ASSIGNMENT), {"order_id": order_id})
        given = {"order_id": order_id, "assignment_id": assignment_id}
        connection.execute(text(DELIVERY), given)
    schema.upgrade(url)
    with engine.connect() as connection:
        stamp = connection.scalar(text("select cleared from dispatch.deliveries"))
    engine.dispose()
    cleared = gate.restored(stamp, "核查：老王饭店", "核查：老王饭店")
    assert (cleared.purpose, cleared.for_way("sms")) == ("report_order.sms", "核查：老王饭店")
