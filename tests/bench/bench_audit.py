"""How fast a million entries are chained and proved, and in how much memory."""

import resource
import time
from collections.abc import Callable

from sqlalchemy import text

from kernel.access import system
from kernel.audit_chain import Chain
from kernel.audit_check import check
from kernel.db import Database

ENTRIES = 1_000_000
KEY = "k" * 32
FILL = """
insert into kernel.audit (at, actor_id, actor, roles, organisation_path, action, object_kind,
  object_id, reason_code, note, terminal, correlation_id, detail)
select '2026-01-01Z'::timestamptz + n * interval '10 seconds', n % 200 + 1, '赵卫国', '{CMD}',
  '/1/4/', 'case.verify', 'case', n::text, '', '', '10.20.30.40 a1b2c3d4e5f6 Chrome/140 Windows',
  md5(n::text), jsonb_build_object('state', 'VERIFY', 'level', n % 4)
from generate_series(1, :entries) n
"""


def test_a_million_entries_are_chained_and_proved(make_database: Callable[[], str]) -> None:
    database, who = Database(make_database(), pool_size=2), system("bench")
    with database.unit_of_work(who) as session:
        session.execute(text(FILL), {"entries": ENTRIES})
    began, chain = time.perf_counter(), Chain(KEY)
    while True:
        with database.unit_of_work(who) as session:
            if not chain.extend(session):
                break
    chained = time.perf_counter() - began
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with database.unit_of_work(who) as session:
        proof = check(session, KEY)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(  # noqa: T201
        f"chained {ENTRIES / chained:,.0f} rows/s, proved {proof.links / proof.seconds:,.0f} rows/s"
        f" ({proof.seconds:.1f} s), {(after - before) / 1024:.0f} MB more"
    )
    assert proof.ok
    assert proof.links == ENTRIES
    database.close()
