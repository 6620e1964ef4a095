"""What strangers had texted before is taken from the dispatch desks too."""

from collections.abc import Callable

from sqlalchemy import create_engine, text

from command_center.migrations import schema

TEXTS = """
with root as (
  insert into accounts.organisations (code, name, kind, path, region_code)
  values ('r', '市局', 'bureau', '/1/', '110000') returning id
), inbound as (
  insert into telephony.inbound
    (channel, gateway, provider_id, sender, recipient, text, received_at)
  select 'sms', 'x', n, n, '12315', n, now()
  from unnest(array['stranger', 'crew', 'branch', 'earlier']) n
  returning id, sender
)
insert into dispatch.replies (inbound_id, outcome, why, organisation_path, alarm_of, settled_at)
select id, 'to_person', case sender when 'branch' then 'not_understood'
    else 'no_open_assignment' end,
  case sender when 'crew' then '/1/2/' else '/1/' end, id,
  case sender when 'earlier' then now() end
from inbound
"""
ALARMS = """
insert into dispatch.alarms
  (kind, reference_kind, reference_id, organisation_path, level, rung, params, raised_at)
select 'reply_unmatched', 'inbound', inbound_id, organisation_path, 1, 'DISP',
  jsonb_build_object('inbound_id', inbound_id, 'why', why), now()
from dispatch.replies where settled_at is null
"""
STRANGERS = """
select i.sender from dispatch.replies r join telephony.inbound i on i.id = r.inbound_id
where r.is_stranger order by 1
"""
RINGING = """
select i.sender, a.kind, a.reference_kind, a.rung from dispatch.alarms a
join telephony.inbound i on i.id = a.reference_id order by 1
"""


def test_what_belonged_to_nobody_becomes_a_strangers_and_may_go_back(
    make_database: Callable[[], str],
) -> None:
    url = make_database()
    schema.downgrade(url, "0015")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(TEXTS))
        connection.execute(text(ALARMS))
        before = connection.execute(text("select * from dispatch.alarms order by id")).all()
    schema.upgrade(url)
    with engine.connect() as connection:
        strangers = connection.scalars(text(STRANGERS)).all()
        ringing = [tuple(row) for row in connection.execute(text(RINGING))]
    schema.downgrade(url, "0015")
    with engine.connect() as connection:
        after = connection.execute(text("select * from dispatch.alarms order by id")).all()
    engine.dispose()
    assert strangers == ["earlier", "stranger"]
    assert ringing == [
        ("branch", "reply_unmatched", "inbound", "DISP"),
        ("crew", "reply_unmatched", "inbound", "DISP"),
        ("stranger", "text_from_stranger", "stranger_text", "SHIFT"),
    ]
    assert [row.params for row in after] == [row.params for row in before]
