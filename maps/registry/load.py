"""Puts registry rows into the table of businesses, many at a time, and renews what is built on it.

Everything happens in the caller's transaction: readers see the old registry until it commits.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from kernel.audit import record
from kernel.clock import now
from maps import revisions
from maps.geocoding import normalise, tokens
from maps.registry.rows import RegistryRow

PROGRESS_EVERY = 10_000

_TOLD = (
    "name",
    "credit_code",
    "address",
    "district",
    "street",
    "number",
    "phone",
    "legal_representative",
    "scope",
    "promises",
    "service_standards",
    "former_names",
    "other_names",
    "tokens",
)

_STAGE = """
create temporary table registry_stage (
  line bigint, name text, credit_code text, address text, district text, street text,
  number text, phone text, legal_representative text, scope text, promises text,
  service_standards text, former_names text, other_names text, untold text[], tokens int[],
  lon float8, lat float8, target bigint
) on commit drop
"""

_KEEP_LAST = """
delete from registry_stage where line in (
  select line from (
    select line, row_number() over (
      partition by credit_code,
        case when credit_code is null then name end, case when credit_code is null then address end
      order by line desc) as place
    from registry_stage) s
  where place > 1)
"""
_MATCH_CODE = """
update registry_stage s set target = b.id from maps.businesses b
where b.credit_code = s.credit_code and s.target is null
"""
_MATCH_CODELESS = """
update registry_stage s set target = m.id
from (select distinct on (t.line) t.line, b.id from registry_stage t
      join maps.businesses b on b.name = t.name and b.address = t.address
      where t.credit_code is null
        and b.id not in (select target from registry_stage where target is not null)
      order by t.line, b.credit_code nulls first, b.id) m
where s.line = m.line
"""
# A new row without a code is the business of the same name and address that has one.
_LEND_CODES = """
update registry_stage a set credit_code = b.credit_code
from (select name, address, min(credit_code) as credit_code from registry_stage
      where credit_code is not null group by name, address) b
where a.credit_code is null and a.target is null and a.name = b.name and a.address = b.address
"""
_MATCH_NAME = """
update registry_stage s set target = m.id
from (select distinct on (b.id) b.id, t.line from registry_stage t
      join maps.businesses b on b.name = t.name and b.address = t.address
      where t.target is null and b.credit_code is null
        and b.id not in (select target from registry_stage where target is not null)
      order by b.id, t.line desc) m
where s.line = m.line
"""
_MATCH = (
    _KEEP_LAST,
    _MATCH_CODE,
    _MATCH_CODELESS,
    _LEND_CODES,
    _KEEP_LAST,
    _MATCH_CODE,
    _MATCH_NAME,
)
_TOLD_BY_ADDRESS = ("district", "street", "number")
_KEPT = {
    column: f"case when '{column}' = any(s.untold) then b.{column} else s.{column} end"
    for column in _TOLD[_TOLD.index("phone") : -1]
} | {
    column: f"case when '{column}' = any(s.untold) and b.address = s.address"
    f" and b.{column} <> '' then b.{column} else s.{column} end"
    for column in _TOLD_BY_ADDRESS
}
_SAME_TOKENS = " and ".join(
    f"{_KEPT[column]} = s.{column}"
    for column in ("street", "number", "former_names", "other_names")
)
# What the file has no column for stays as it is stored; the place only while the address does.
_KEEP_UNTOLD = f"""
update registry_stage s set
  {", ".join(f"{column} = {kept}" for column, kept in _KEPT.items())},
  tokens = case when {_SAME_TOKENS} then s.tokens end
from maps.businesses b where b.id = s.target and s.untold <> '{{}}'
"""  # noqa: S608 (column names of this module)
_ELSEWHERE = """
select line, name, street, number, former_names, other_names from registry_stage
where tokens is null
"""
_NEW_TOKENS = "update registry_stage set tokens = cast(:tokens as int[]) where line = :line"
_POINT = "st_setsrid(st_makepoint(s.lon, s.lat), 4326)"
# A row that brings no point keeps the one it had, unless it moved.
_UPDATE = f"""
update maps.businesses b set
  {", ".join(f"{c} = s.{c}" for c in _TOLD if c != "credit_code")},
  credit_code = coalesce(s.credit_code, b.credit_code),
  geom = case when s.lon is not null then {_POINT}
              when b.address = s.address then b.geom end,
  point_level = case when s.lon is not null then 'door'
                     when b.address = s.address then b.point_level else 'unknown' end,
  fetched_at = :moment, source = :source
from registry_stage s where b.id = s.target
"""  # noqa: S608 (column names of this module)
_INSERT = f"""
insert into maps.businesses ({", ".join(_TOLD)}, geom, point_level, fetched_at, source)
select {", ".join(f"s.{c}" for c in _TOLD)}, {_POINT},
  case when s.lon is null then 'unknown' else 'door' end, :moment, :source
from registry_stage s where s.target is null order by s.line
"""  # noqa: S608 (column names of this module)

_COUNT_TOKENS = """
insert into maps.token_frequency (token, frequency)
select token, count(*) from maps.businesses, unnest(tokens) as token group by token
"""
_STREETS = """
insert into maps.streets (name, district, source, centre)
select b.street, b.district, 'registry',
  st_closestpoint(st_collect(b.geom), st_centroid(st_collect(b.geom)))
from maps.businesses b
where b.street <> '' and not exists (
  select from maps.streets s where s.name = b.street and s.district = b.district)
group by b.street, b.district
"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did, in rows."""

    new: int
    updated: int
    repeated: int
    """Rows that a later row of the same load replaced."""


def load(
    session: Session,
    rows: Iterable[RegistryRow],
    *,
    source: str,
    replace: bool = False,
    progress: Callable[[int], None] = lambda count: None,
) -> Loaded:
    """Insert or update the rows: by credit code where there is one, else by name and address.

    `replace` empties the registry first, the demo's included; nothing is emptied without rows.
    """
    session.execute(text(_STAGE))
    staged = _stage(session, rows, progress)
    if replace and staged:
        session.execute(text("delete from maps.businesses"))
    for statement in _MATCH:
        session.execute(text(statement))
    _keep_untold(session)
    given = {"moment": now(session), "source": source}
    updated = _count(session, _UPDATE, given)
    new = _count(session, _INSERT, given)
    session.execute(text("drop table registry_stage"))
    renew(session)
    record(
        session, "registry.imported", "registry", source,
        new=new, updated=updated, replaced=replace,
    )  # fmt: skip
    return Loaded(new, updated, staged - new - updated)


def renew(session: Session) -> None:
    """Count the tokens and the registry's streets anew, and tell the caches."""
    # Entries that wait outside the index would be read through by every search.
    session.execute(text("select gin_clean_pending_list('maps.ix_businesses_tokens')"))
    session.execute(text("delete from maps.token_frequency"))
    session.execute(text(_COUNT_TOKENS))
    session.execute(text("delete from maps.streets where source = 'registry'"))
    session.execute(text(_STREETS))
    for table in ("businesses", "token_frequency", "streets"):
        session.execute(text(f"analyze maps.{table}"))
    revisions.mark_changed(session, "businesses", "streets")


def _keep_untold(session: Session) -> None:
    """Fill what the file has no column for from the table; what is found elsewhere by then gets
    the tokens of that place."""
    session.execute(text(_KEEP_UNTOLD))
    elsewhere = [
        {"line": row.line, "tokens": _array(_tokens(row))}
        for row in session.execute(text(_ELSEWHERE))
    ]
    if elsewhere:
        session.execute(text(_NEW_TOKENS), elsewhere)


def _stage(session: Session, rows: Iterable[RegistryRow], progress: Callable[[int], None]) -> int:
    columns = ("line", *_TOLD, "lon", "lat", "untold")
    count = 0
    cursor: Any = session.connection().connection.cursor()
    with cursor, cursor.copy(f"copy registry_stage ({', '.join(columns)}) from stdin") as copy:
        for count, row in enumerate(rows, 1):
            copy.write_row(
                (count, *_told(row), _array(_tokens(row)), row.lon, row.lat, _array(row.untold))
            )
            if count % PROGRESS_EVERY == 0:
                progress(count)
    return count


def _tokens(row: Any) -> list[int]:
    called = (row.name, *normalise.listed(row.former_names), *normalise.listed(row.other_names))
    return tokens.of_business(called, row.street, row.number)


def _array(items: Iterable[object]) -> str:
    # As text: a list is adapted element by element, which takes longer than all the rest.
    return "{" + ",".join(map(str, items)) + "}"


def _told(row: RegistryRow) -> tuple[str | None, ...]:
    return tuple(getattr(row, column) for column in _TOLD if column != "tokens")


def _count(session: Session, statement: str, given: dict[str, Any]) -> int:
    result: Any = session.execute(text(statement), given)
    return int(result.rowcount)
